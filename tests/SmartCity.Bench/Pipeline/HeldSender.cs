using System.Buffers.Binary;
using System.Diagnostics;
using Confluent.Kafka;
using SmartCity.Contracts;

namespace SmartCity.Bench.Pipeline;

/// <summary>
/// Sends each sighting when it is captured. It waits while so many are not stored that the broker, which keeps 5 MB of a partition and forgets the rest,
/// might lose some; those go out later than they were captured.
/// </summary>
internal sealed class HeldSender : IDisposable
{
    private const int MostWaitingForAStation = 4_000; // about 2.2 MB
    private const int QueuedAtMost = 1_000_000;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    private readonly IProducer<byte[], byte[]> _producer;
    private readonly Action<DeliveryReport<byte[], byte[]>> _delivered;
    private readonly Dictionary<string, string> _topics;
    private readonly long _mostWaiting;
    private long _sent;
    private long _stored;
    private long _refused;

    public HeldSender(string kafka, IReadOnlyCollection<string> stations)
    {
        _topics = stations.ToDictionary(s => s, s => Topics.Mirrored(s, Topics.Sightings), StringComparer.Ordinal);
        _mostWaiting = (long)MostWaitingForAStation * stations.Count;
        _delivered = report => Interlocked.Add(ref _refused, report.Error.IsError ? 1 : 0);
        _producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = kafka, LingerMs = 5, QueueBufferingMaxMessages = QueuedAtMost }).Build();
    }

    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>What the core has stored, for whoever sends to wait for.</summary>
    public long Stored
    {
        get => Interlocked.Read(ref _stored);
        set => Interlocked.Exchange(ref _stored, value);
    }

    /// <summary>The sum of <see cref="Number"/> of all ids that were sent.</summary>
    public long Ids { get; private set; }

    /// <summary>How long it has waited for the core.</summary>
    public TimeSpan HeldBack { get; private set; }

    /// <summary>The last 32 bits of an id, which are random.</summary>
    public static uint Number(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]);
    }

    /// <exception cref="InvalidOperationException">Kafka did not take all of them.</exception>
    public async Task RunAsync(IEnumerable<Sighting> sightings, CancellationToken cancellationToken)
    {
        using var tick = new PeriodicTimer(Tick);
        foreach (var sighting in sightings)
        {
            while (TimeProvider.System.GetUtcNow() < sighting.CapturedAt)
            {
                await tick.WaitForNextTickAsync(cancellationToken);
            }

            if (_sent - Stored >= _mostWaiting)
            {
                var since = Stopwatch.GetTimestamp();
                while (_sent - Stored >= _mostWaiting)
                {
                    await tick.WaitForNextTickAsync(cancellationToken);
                }

                HeldBack += Stopwatch.GetElapsedTime(since);
            }

            _producer.Produce(_topics[sighting.StationId], SimulatedRecord.Of(sighting), _delivered);
            Ids += Number(sighting.Id);
            Interlocked.Increment(ref _sent);
        }

        _producer.Flush(cancellationToken);
        if (Interlocked.Read(ref _refused) is > 0 and var refused)
        {
            throw new InvalidOperationException($"Kafka did not take {refused} sightings.");
        }
    }

    public void Dispose() => _producer.Dispose();
}
