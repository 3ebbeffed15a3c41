using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.Core.Kafka;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Ops;

/// <summary>A heartbeat, and when it was read here.</summary>
internal sealed record ReceivedHeartbeat(StationHeartbeat Heartbeat, DateTimeOffset At)
{
    /// <summary>The way through both Kafkas, as far as the two clocks agree.</summary>
    public TimeSpan Delay => At > Heartbeat.At ? At - Heartbeat.At : TimeSpan.Zero;
}

/// <summary>The newest heartbeat of each station, by arrival. Each core listens to all of them: its group is its own, and it begins with the last minutes.</summary>
internal sealed class HeartbeatConsumer(IConfiguration configuration, IEnumerable<DoneWith> doneWith, Arrivals arrivals, WorkerHealth health, TimeProvider time, ILogger<HeartbeatConsumer> logger) : BackgroundService
{
    // The edge has a worker of the name "heartbeats", perhaps in this process.
    private const string Worker = "heartbeats of the stations";

    // At the end of a partition so many are read again when a core starts: those of some minutes.
    private const int ReadAgain = 20;
    private const int MostNamed = 3;

    private static readonly Counter<long> Refused = Telemetry.Meter.CreateCounter<long>("smartcity.core.heartbeats.refused", "{record}", "Heartbeats that could not be used, by the topic that brought them.");

    // Clocks that are synchronised agree to less.
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(10);

    // A station says something every ten seconds: what it said wrong is over when nothing has come for longer.
    private static readonly TimeSpan WrongShown = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Restart = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, ReceivedHeartbeat> _newest = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _forged = new(StringComparer.Ordinal);

    // What was wrong with the last heartbeat of a topic.
    private readonly Dictionary<string, (string Reason, DateTimeOffset At)> _wrong = new(StringComparer.Ordinal);
    private readonly string _group = $"{ConsumerGroups.Heartbeats}{Environment.MachineName}-{Guid.NewGuid():N}";

    public IReadOnlyDictionary<string, ReceivedHeartbeat> Newest => _newest;

    /// <summary>Stations whose topic last brought a heartbeat that claimed to be another station's, and when.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Forged => _forged;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker);
        return base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => health.KeepAsync(Worker, RunAsync, logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var kafka = KafkaConnection.Core(configuration);
                var config = kafka.Consumer("smartcity-core-heartbeats", _group);
                config.EnableAutoCommit = false; // the group ends with the process, and Kafka keeps nothing of it
                await using var reader = new BatchReader(config, Topics.MirroredHeartbeats, 10_000, logger, DoneWith.Tell(doneWith, kafka), (partitions, _) => Task.FromResult(Begin(partitions)));
                while (true)
                {
                    var batch = await reader.ReadAsync(1_000, Linger, Idle, stoppingToken);
                    batch.ForEach(Apply);
                    reader.Store(batch);
                    if (reader.Fault is { } fault)
                    {
                        health.Degraded(Worker, $"Kafka: {fault}");
                    }
                    else if (Wrong() is { } wrong)
                    {
                        health.Degraded(Worker, wrong);
                    }
                    else
                    {
                        health.Healthy(Worker);
                    }
                }
            }
            catch (KafkaException e)
            {
                health.Degraded(Worker, $"Kafka: {e.Error.Reason}");
                logger.LogError(e, "The Kafka consumer of heartbeats failed and is started again.");
                await Task.Delay(Restart, time, stoppingToken);
            }
        }
    }

    private static IReadOnlyList<TopicPartitionOffset> Begin(IReadOnlyList<TopicPartition> partitions) => [.. partitions.Select(p => new TopicPartitionOffset(p, Tail(ReadAgain)))];

    // How librdkafka is told of a place so many records before the end.
    private static Offset Tail(int records) => new(-2000 - records);

    private void Apply(ConsumeResult<byte[]?, byte[]?> result)
    {
        var (heartbeat, reason) = HeartbeatParser.Parse(result.Message.Value);
        var now = time.GetUtcNow();
        if (heartbeat is null)
        {
            // Another comes in ten seconds: it is said and needs no dead letter.
            _wrong[result.Topic] = (reason!, now);
            Refused.Add(1, new KeyValuePair<string, object?>("topic", result.Topic));
            logger.LogWarning("The heartbeat at {Topic} @{Offset} cannot be used and is left out: {Reason}", result.Topic, result.Offset.Value, reason);
            return;
        }

        if (result.Topic != Topics.Mirrored(heartbeat.StationId, Topics.StationHeartbeats))
        {
            _forged[StationOf(result.Topic)] = now;
            logger.LogError("A heartbeat that came by topic {Topic} claims to be of station {Station} and is ignored. Whoever sent it holds another station's credentials.", result.Topic, heartbeat.StationId);
            return;
        }

        _wrong.Remove(result.Topic);
        _newest[heartbeat.StationId] = new ReceivedHeartbeat(NotAhead(heartbeat, now), now);
        arrivals.Hear(heartbeat.StationId, heartbeat.Published ?? []);
    }

    // What a clock that is ahead says would make a station look alive for as long after its end.
    private static StationHeartbeat NotAhead(StationHeartbeat heartbeat, DateTimeOffset now) => heartbeat.At <= now ? heartbeat : heartbeat with
    {
        At = now,
        Cameras = [.. heartbeat.Cameras.Select(c => c.PictureAt > now ? c with { PictureAt = now } : c)],
        Problems = heartbeat.At - now <= Ahead ? heartbeat.Problems : [.. heartbeat.Problems, string.Create(
            CultureInfo.InvariantCulture, $"Its heartbeat says {heartbeat.At:yyyy-MM-dd HH:mm:ss} UTC, and that is in the future: its clock, or the core's, is wrong. Sightings from the future wait for a person.")],
    };

    private string? Wrong()
    {
        var now = time.GetUtcNow();
        foreach (var old in _wrong.Where(w => now - w.Value.At > WrongShown).Select(w => w.Key).ToList())
        {
            _wrong.Remove(old);
        }

        return _wrong.Count == 0 ? null : string.Join(' ', _wrong.Take(MostNamed).Select(w => $"The last heartbeat of {StationOf(w.Key)} cannot be used and is left out: {w.Value.Reason}")) + (_wrong.Count > MostNamed ? $" The same holds for {_wrong.Count - MostNamed} other stations." : "");
    }

    private static string StationOf(string topic) => topic[..^(Topics.StationHeartbeats.Length + 1)];
}
