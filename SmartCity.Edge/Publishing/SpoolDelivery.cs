using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using SmartCity.Contracts;
using SmartCity.Edge.Mirroring;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Publishing;

/// <summary>From each station's spool: pictures to the object store, then records to its Kafka, then the position moves on.</summary>
internal sealed class SpoolDelivery(
    SightingPublisher publisher,
    EdgeProducers producers,
    IObjectStore objects,
    IOptions<EdgeOptions> options,
    IEnumerable<NewestAtCore> newestAtCore,
    WorkerHealth health,
    TimeProvider time,
    ILogger<SpoolDelivery> logger) : BackgroundService
{
    private const int BatchSize = 200;

    // What the headers and the record's frame add at most.
    private const int HeaderBytes = 256;
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
        foreach (var core in newestAtCore)
        {
            var newest = await retry.ExecuteAsync(async token => await core.Ask(spool.StationId, token), stoppingToken);
            spool.Rewind(newest - NewestAtCore.Margin);
        }

        spool.Trim();
        var trimmed = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            if (time.GetElapsedTime(trimmed) > TrimEvery)
            {
                trimmed = time.GetTimestamp();
                spool.Trim();
            }

            var batch = spool.Undelivered(BatchSize);
            if (batch.Records.Count == 0)
            {
                Report(worker, spool, "nothing waits");
                await spool.WaitAsync(Idle, stoppingToken);
                continue;
            }

            var sightings = Sightings(spool, batch);
            await retry.ExecuteAsync(async token => await SendAsync(spool, sightings, budget, token), stoppingToken);
            spool.MarkDelivered(batch, sightings.ConvertAll(s => s.Sighting));
            Published.Add(sightings.Count, new KeyValuePair<string, object?>("station", spool.StationId));
            Report(worker, spool, $"{spool.Waiting} sightings wait");
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
        var evidenced = new SpooledSighting[sightings.Count];
        await Parallel.ForAsync(0, sightings.Count, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken }, async (i, token) =>
        {
            var sighting = sightings[i].Sighting;
            evidenced[i] = sighting.Evidence is { } key && !await spool.Pictures.UploadAsync(sighting, key, objects, token)
                ? sightings[i] with { Sighting = sighting with { Evidence = null } }
                : sightings[i];
        });
        if (budget is not null)
        {
            await budget.WaitAsync(cancellationToken);
        }

        var producer = producers.For(spool.StationId);
        await Task.WhenAll(evidenced.Select(async spooled =>
        {
            using var activity = Telemetry.Source.StartActivity("publish", ActivityKind.Producer, spooled.Trace);
            var message = Message(spooled, activity?.Context ?? spooled.Trace);
            var delivered = await producer.ProduceAsync(Topic, message, cancellationToken);
            budget?.Sent(delivered, message.Key!.Length + message.Value!.Length + HeaderBytes);
        }));
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

    private static Message<byte[]?, byte[]?> Message(SpooledSighting spooled, ActivityContext trace)
    {
        var sighting = spooled.Sighting;
        var headers = new Headers
        {
            { RecordHeaders.ContentType, Encoding.ASCII.GetBytes(RecordHeaders.Json) },
            { RecordHeaders.Schema, Encoding.ASCII.GetBytes(RecordHeaders.SightingSchema) },
        };
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
