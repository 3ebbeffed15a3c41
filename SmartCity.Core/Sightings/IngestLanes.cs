using System.Collections.Concurrent;
using System.Threading.Channels;
using Confluent.Kafka;

namespace SmartCity.Core.Sightings;

/// <summary>
/// Batches side by side, so that one is built while Postgres works on another. A topic, which is a station's, has one lane: its records keep their order,
/// and no two lanes wait for the same station.
/// </summary>
/// <param name="count">How many batches at once.</param>
/// <param name="most">Records in a batch.</param>
internal sealed class IngestLanes(int count, int most, TimeProvider time)
{
    private readonly Lane[] _lanes = [.. Enumerable.Range(0, count).Select(_ => new Lane())];
    private readonly ConcurrentDictionary<string, Lane> _laneOf = new(StringComparer.Ordinal);

    /// <summary>Whether every lane gets on: none tries a batch again, and none has had one for longer than this.</summary>
    public bool GetOn(TimeSpan longest) =>
        Array.TrueForAll(_lanes, l => !l.IsFailing && (l.Began is not { } began || time.GetElapsedTime(began) < longest));

    /// <summary>Until it is cancelled, or until reading or storing fails; then nothing is in work any more.</summary>
    /// <param name="read">The next records; empty when there were none for a while.</param>
    /// <param name="storing">For a lane, once: what stores its records. It sets <see cref="Lane.IsFailing"/> while it tries again.</param>
    public async Task RunAsync(
        Func<CancellationToken, Task<List<ConsumeResult<byte[]?, byte[]?>>>> read,
        Func<Lane, Func<List<ConsumeResult<byte[]?, byte[]?>>, CancellationToken, Task>> storing,
        CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] all = [DealAsync(read, ending.Token), .. _lanes.Select(l => Task.Run(() => WorkAsync(l, storing(l), ending.Token), CancellationToken.None))];
        try
        {
            await await Task.WhenAny(all);
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task DealAsync(Func<CancellationToken, Task<List<ConsumeResult<byte[]?, byte[]?>>>> read, CancellationToken stop)
    {
        while (true)
        {
            foreach (var part in (await read(stop)).GroupBy(r => LaneOf(r.Topic)))
            {
                foreach (var batch in part.Chunk(most))
                {
                    await part.Key.Batches.Writer.WriteAsync([.. batch], stop);
                }
            }
        }
    }

    private async Task WorkAsync(Lane lane, Func<List<ConsumeResult<byte[]?, byte[]?>>, CancellationToken, Task> store, CancellationToken stop)
    {
        await foreach (var batch in lane.Batches.Reader.ReadAllAsync(stop))
        {
            lane.Began = time.GetTimestamp();
            await store(batch, stop);
            (lane.Began, lane.IsFailing) = (null, false);
        }
    }

    // One after another, as topics come: about as many for each lane.
    private Lane LaneOf(string topic) => _laneOf.GetOrAdd(topic, _ => _lanes[_laneOf.Count % count]);

    internal sealed class Lane
    {
        private long _began;

        public Channel<List<ConsumeResult<byte[]?, byte[]?>>> Batches { get; } = Channel.CreateBounded<List<ConsumeResult<byte[]?, byte[]?>>>(1);

        /// <summary>Whether the batch in work was tried in vain.</summary>
        public volatile bool IsFailing;

        /// <summary>When the batch in work was begun; null when there is none.</summary>
        public long? Began
        {
            get => Interlocked.Read(ref _began) is > 0 and var began ? began : null;
            set => Interlocked.Exchange(ref _began, value ?? 0);
        }
    }
}
