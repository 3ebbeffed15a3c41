using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using SmartCity.Bricks.Kafka;
using SmartCity.Contracts;
using SmartCity.Edge.Mirroring;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// From each station's spool to its Kafka: wanted vehicles first, then what is new and what the core was found not to have, in turns. Pictures go
/// their own way, and no sighting waits for one.
/// </summary>
internal sealed class SpoolDelivery(
    SightingPublisher publisher,
    EdgeProducers producers,
    IOptions<EdgeOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<SpoolDelivery> logger) : BackgroundService
{
    private const int BatchSize = 200;

    // What the headers and the record's frame add at most.
    private const int HeaderBytes = 512;
    private static readonly TopicPartition Topic = new(Topics.Sightings, Partition.Any);
    private static readonly Counter<long> Published = Telemetry.Meter.CreateCounter<long>("smartcity.edge.published", "{sighting}", "Sightings that Kafka acknowledged.");
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TrimEvery = TimeSpan.FromMinutes(1);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var spool in publisher.Spools)
        {
            health.Starting(Worker(spool));
        }

        return base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(publisher.Spools.Select(spool => health.KeepAsync(Worker(spool), token => DeliverAsync(spool, token), logger, stoppingToken)));

    private static string Worker(StationSpool spool) => $"publish {spool.StationId}";

    private async Task DeliverAsync(StationSpool spool, CancellationToken stoppingToken)
    {
        var worker = Worker(spool);
        var retry = Retry(worker, spool.StationId);
        var budget = options.Value.BrokerPartitionBytes is { } bytes
            ? new PartitionBudget(() => producers.For(spool.StationId).Admin, [MirrorLink.Group(spool.StationId)], bytes, time)
            : null;
        async Task SendAsync(List<SpooledSighting> sightings)
        {
            if (sightings.Count > 0)
            {
                await retry.ExecuteAsync(async token => await this.SendAsync(spool, sightings, budget, token), stoppingToken);
            }
        }

        spool.FindAhead();
        spool.Trim();
        var trimmed = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            if (time.GetElapsedTime(trimmed) > TrimEvery)
            {
                trimmed = time.GetTimestamp();
                spool.Trim();
            }

            var ahead = spool.Ahead(BatchSize);
            await SendAsync(ahead);
            spool.MarkAhead(ahead);
            var again = spool.Again(BatchSize);
            await SendAsync(again);
            var batch = spool.Undelivered(BatchSize);
            if (batch.Records.Count > 0)
            {
                var sightings = Sightings(spool, batch);
                await SendAsync(spool.InTurn(sightings));
                spool.MarkDelivered(batch, sightings);
            }

            Report(worker, spool, $"{spool.Waiting} sightings wait");
            if (ahead.Count + again.Count + batch.Records.Count == 0)
            {
                await spool.WaitAsync(Idle, stoppingToken);
            }
        }
    }

    private static List<SpooledSighting> Sightings(StationSpool spool, SpoolBatch batch)
    {
        var sightings = new List<SpooledSighting>(batch.Records.Count);
        foreach (var record in batch.Records)
        {
            if (SpooledSighting.TryRead(record.Payload, out var spooled))
            {
                sightings.Add(spooled);
            }
            else
            {
                spool.SetAside(record);
            }
        }

        return sightings;
    }

    private async Task SendAsync(StationSpool spool, List<SpooledSighting> sightings, PartitionBudget? budget, CancellationToken cancellationToken)
    {
        if (budget is not null)
        {
            await budget.WaitAsync(cancellationToken);
        }

        var producer = producers.For(spool.StationId);
        var offsets = await Task.WhenAll(sightings.ConvertAll(async spooled =>
        {
            using var activity = Telemetry.Source.StartActivity("publish", ActivityKind.Producer, spooled.Trace);
            var message = Message(spool.Pictures.IsShed(spooled.Name) ? spooled with { Sighting = spooled.Sighting with { Evidence = null, EvidenceSha256 = null, PatchSha256 = null } } : spooled, activity?.Context ?? spooled.Trace);
            var delivered = await producer.ProduceAsync(Topic, message, cancellationToken);
            budget?.Sent(delivered, message.Key!.Length + message.Value!.Length + HeaderBytes);
            return (delivered.Partition.Value, delivered.Offset.Value);
        }));
        spool.Sent(sightings, offsets);
        Published.Add(sightings.Count, new KeyValuePair<string, object?>("station", spool.StationId));
    }

    // While the disk takes no sightings this worker may be well; it is the one that is looked at.
    private void Report(string worker, StationSpool spool, string detail)
    {
        if (spool.Trouble is { } trouble)
        {
            health.Degraded(worker, trouble);
        }
        else
        {
            health.Healthy(worker, detail);
        }
    }

    private Message<byte[]?, byte[]?> Message(SpooledSighting spooled, ActivityContext trace)
    {
        var sighting = spooled.Sighting;
        var headers = new Headers
        {
            { RecordHeaders.ContentType, Encoding.ASCII.GetBytes(RecordHeaders.Json) },
            { RecordHeaders.Schema, Encoding.ASCII.GetBytes(RecordHeaders.SightingSchema) },
            { RecordHeaders.SentAt, Encoding.ASCII.GetBytes(time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)) },
        };
        EventHeaders.Add(headers, $"{sighting.Id}/{sighting.Revision}", "/stations/" + sighting.StationId, CityEvents.SightingMade, sighting.CapturedAt);
        TracePropagation.Inject(headers, trace);
        return new Message<byte[]?, byte[]?>
        {
            Key = Encoding.UTF8.GetBytes(sighting.Plate ?? "?" + sighting.CameraId),
            Value = JsonSerializer.SerializeToUtf8Bytes(sighting, ContractsJson.Default.Sighting),
            Headers = headers,
        };
    }

    private ResiliencePipeline Retry(string worker, string stationId) => new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = new PredicateBuilder().Handle<Exception>(e => e is not OperationCanceledException),
        MaxRetryAttempts = int.MaxValue,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = TimeSpan.FromMilliseconds(200),
        MaxDelay = TimeSpan.FromSeconds(15),
        OnRetry = attempt =>
        {
            health.Degraded(worker, $"Sightings wait in the spool: {attempt.Outcome.Exception?.Message}");
            logger.LogWarning("Station {Station}: sightings cannot be delivered and wait in the spool (attempt {Attempt}): {Error}", stationId, attempt.AttemptNumber + 1, attempt.Outcome.Exception?.Message);
            return ValueTask.CompletedTask;
        },
    }).Build();
}
