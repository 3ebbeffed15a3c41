using System.Collections.Concurrent;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.Core.Kafka;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Ops;

/// <summary>A heartbeat, and when it was read here.</summary>
internal sealed record ReceivedHeartbeat(StationHeartbeat Heartbeat, DateTimeOffset At)
{
    /// <summary>The way through both Kafkas, as far as the two clocks agree.</summary>
    public TimeSpan Delay => At > Heartbeat.At ? At - Heartbeat.At : TimeSpan.Zero;
}

/// <summary>The newest heartbeat of each station. Each core listens to all of them: its group is its own.</summary>
internal sealed class HeartbeatConsumer(IConfiguration configuration, IEnumerable<DoneWith> doneWith, Arrivals arrivals, WorkerHealth health, TimeProvider time, ILogger<HeartbeatConsumer> logger) : BackgroundService
{
    private const string Worker = "heartbeats";
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Restart = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, ReceivedHeartbeat> _newest = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _forged = new(StringComparer.Ordinal);

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
                var config = kafka.Consumer("smartcity-core-heartbeats", ConsumerGroups.Heartbeats + Environment.MachineName);
                await using var reader = new BatchReader(config, Topics.MirroredHeartbeats, 10_000, logger, DoneWith.Tell(doneWith, kafka));
                while (true)
                {
                    var batch = await reader.ReadAsync(1_000, Linger, Idle, stoppingToken);
                    batch.ForEach(Apply);
                    reader.Store(batch);
                    if (reader.Fault is { } fault)
                    {
                        health.Degraded(Worker, $"Kafka: {fault}");
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

    private void Apply(ConsumeResult<byte[]?, byte[]?> result)
    {
        try
        {
            if (JsonSerializer.Deserialize(result.Message.Value, ContractsJson.Default.StationHeartbeat) is { } heartbeat)
            {
                if (result.Topic != Topics.Mirrored(heartbeat.StationId, Topics.StationHeartbeats))
                {
                    _forged[result.Topic[..^(Topics.StationHeartbeats.Length + 1)]] = time.GetUtcNow();
                    logger.LogError("A heartbeat that came by topic {Topic} claims to be of station {Station} and is ignored. Whoever sent it holds another station's credentials.", result.Topic, heartbeat.StationId);
                    return;
                }

                var received = new ReceivedHeartbeat(heartbeat, time.GetUtcNow());
                _newest.AddOrUpdate(heartbeat.StationId, received, (_, old) => heartbeat.At > old.Heartbeat.At ? received : old);
                if (result.Topic == Topics.Mirrored(heartbeat.StationId, Topics.StationHeartbeats))
                {
                    arrivals.Hear(heartbeat.StationId, heartbeat.Published ?? []);
                }
            }
        }
        catch (JsonException e)
        {
            // Nothing is derived from heartbeats and another comes in ten seconds: the log is enough.
            logger.LogWarning("The record at {Topic} @{Offset} is not a heartbeat and is skipped: {Error}", result.Topic, result.Offset.Value, e.Message);
        }
    }
}
