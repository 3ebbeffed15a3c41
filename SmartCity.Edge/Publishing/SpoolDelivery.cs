using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
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
    IConfiguration configuration,
    IOptions<EdgeOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<SpoolDelivery> logger) : BackgroundService
{
    private const int BatchSize = 200;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TrimEvery = TimeSpan.FromMinutes(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(publisher.Spools.Select(spool => DeliverAsync(spool, stoppingToken)));

    private async Task DeliverAsync(StationSpool spool, CancellationToken stoppingToken)
    {
        var worker = $"publish {spool.StationId}";
        health.Starting(worker);
        var retry = Retry(worker, spool.StationId);
        using var budget = options.Value.BrokerPartitionBytes is { } bytes
            ? new PartitionBudget(KafkaConnection.Edge(configuration, spool.StationId), [MirrorLink.Group(spool.StationId)], bytes, time)
            : null;
        var trimmed = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            var records = spool.Log.Read(spool.Delivered, BatchSize);
            if (records.Count == 0)
            {
                health.Healthy(worker, "nothing waits");
                if (time.GetElapsedTime(trimmed) > TrimEvery)
                {
                    trimmed = time.GetTimestamp();
                    spool.Log.Trim(spool.Delivered, time.GetUtcNow() - options.Value.SpoolRetention, options.Value.SpoolBytes);
                }

                await spool.WaitAsync(Idle, stoppingToken);
                continue;
            }

            var sightings = records.ConvertAll(r => SpooledSighting.Read(r.Payload));
            await retry.ExecuteAsync(async token => await SendAsync(spool, sightings, budget, token), stoppingToken);
            spool.MarkDelivered(records[^1].Next, sightings.ConvertAll(s => s.Sighting.Id));
            health.Healthy(worker);
        }
    }

    private async Task SendAsync(StationSpool spool, List<SpooledSighting> sightings, PartitionBudget? budget, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(sightings, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken }, async (spooled, token) =>
        {
            if (spooled.Sighting.Evidence is { } key)
            {
                await UploadAsync(spool.PictureFile(spooled.Sighting.Id), key, token);
                await UploadAsync(spool.PatchFile(spooled.Sighting.Id), Sighting.PatchKey(key), token);
            }
        });
        if (budget is not null)
        {
            await budget.WaitAsync(cancellationToken);
        }

        var producer = producers.For(spool.StationId);
        await Task.WhenAll(sightings.ConvertAll(async spooled =>
        {
            using var activity = Telemetry.Source.StartActivity("publish", ActivityKind.Producer, spooled.Trace);
            var message = Message(spooled, activity?.Context ?? spooled.Trace);
            var delivered = await producer.ProduceAsync(Topics.Sightings, message, cancellationToken);
            budget?.Sent(delivered.TopicPartitionOffset, message.Key!.Length + message.Value!.Length + 256);
        }));
    }

    // Deleted only after delivery, so a file that is gone was uploaded before.
    private async Task UploadAsync(string file, string key, CancellationToken cancellationToken)
    {
        if (File.Exists(file))
        {
            await objects.PutFileAsync(key, file, "image/jpeg", cancellationToken);
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
            Timestamp = new Timestamp(sighting.CapturedAt),
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
            logger.LogWarning("Station {Station}: sightings wait in the spool (attempt {Attempt}): {Error}", stationId, attempt.AttemptNumber + 1, attempt.Outcome.Exception?.Message);
            return ValueTask.CompletedTask;
        },
    }).Build();
}
