using System.Diagnostics;
using System.Diagnostics.Metrics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using SmartCity.Bricks.Kafka;
using SmartCity.Contracts;
using SmartCity.Edge.Publishing;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Edge.Mirroring;

/// <summary>
/// Carries one topic of a station to the core, bytes to bytes: same partition, key, value, headers and, unless the core refuses it, timestamp, order kept,
/// offsets committed after delivery. After a crash some records arrive twice; none is lost.
/// </summary>
internal sealed class MirrorLink(
    string stationId,
    string topic,
    KafkaConnection source,
    KafkaConnection target,
    KafkaProducer producer,
    PartitionBudget? budget,
    Action<TopicPartitionOffset> doneWith,
    int batchSize,
    MirrorStatistics? statistics,
    WorkerHealth health,
    TimeProvider time,
    ILogger logger)
{
    private static readonly Counter<long> Records = Telemetry.Meter.CreateCounter<long>("smartcity.mirror.records", "{record}", "Records carried to the core.");
    private static readonly Histogram<double> Latency = Telemetry.Meter.CreateHistogram<double>("smartcity.mirror.latency", "s", "From a record's timestamp to its delivery on the core.", advice: Telemetry.Delays);
    private static readonly Gauge<long> Lag = Telemetry.Meter.CreateGauge<long>("smartcity.mirror.lag", "{record}", "Records of the source not yet carried.");
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Restart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AdminTimeout = TimeSpan.FromSeconds(5);

    private readonly string _target = Topics.Mirrored(stationId, topic);
    private readonly TagList _tags = new() { { "station", stationId }, { "topic", topic } };

    // The reader stays in its group meanwhile: a core that comes back is served at once.
    private readonly ResiliencePipeline _retry = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = new PredicateBuilder().Handle<KafkaException>(),
        MaxRetryAttempts = int.MaxValue,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = TimeSpan.FromMilliseconds(200),
        MaxDelay = TimeSpan.FromSeconds(15),
        OnRetry = attempt =>
        {
            var reason = attempt.Outcome.Exception?.Message;
            health.Degraded(Worker(stationId, topic), $"Kafka of the core: {reason}");
            logger.LogWarning("Mirror {Station} {Topic}: the core's Kafka takes no records (attempt {Attempt}): {Error}", stationId, topic, attempt.AttemptNumber + 1, reason);
            return ValueTask.CompletedTask;
        },
    }).Build();

    /// <summary>The consumer group with which a station's topics are read.</summary>
    public static string Group(string stationId) => $"mirror-{stationId}";

    /// <summary>A link's name in the health reports.</summary>
    public static string Worker(string stationId, string topic) => $"mirror {stationId} {topic}";

    /// <summary>This link's name in the health reports.</summary>
    public string Name { get; } = Worker(stationId, topic);

    /// <summary>Carries until it is cancelled; starts over when either side fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await EnsureTargetAsync();
                await using var reader = new BatchReader(source.Consumer($"mirror-{stationId}", $"{Group(stationId)}{(topic == Topics.Sightings ? "" : "-" + topic)}"), topic, 2 * batchSize, logger, doneWith);
                await CarryAsync(reader, cancellationToken);
            }
            catch (KafkaException e)
            {
                health.Degraded(Name, $"Kafka: {e.Error.Reason}");
                logger.LogWarning("The worker {Worker} failed and starts again: {Error}", Name, e.Error.Reason);
                await Task.Delay(Restart, time, cancellationToken);
            }
        }
    }

    private async Task CarryAsync(BatchReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var batch = await reader.ReadAsync(batchSize, Linger, Idle, cancellationToken);
            Report(reader);
            if (batch.Count == 0)
            {
                continue;
            }

            if (budget is not null)
            {
                await budget.WaitAsync(cancellationToken);
            }

            var spans = Traces(batch).Select(trace => Telemetry.Source.StartActivity("mirror", ActivityKind.Producer, trace, _tags)).ToList();
            try
            {
                await _retry.ExecuteAsync(async token => await Task.WhenAll(batch.ConvertAll(record => DeliverAsync(record, token))), cancellationToken);
            }
            finally
            {
                spans.ForEach(s => s?.Dispose());
            }

            reader.Store(batch);
            Records.Add(batch.Count, _tags);
            var now = time.GetUtcNow();
            batch.ForEach(r => statistics?.Carried(now, now.UtcDateTime - r.Message.Timestamp.UtcDateTime));
            var oldest = batch.Min(r => r.Message.Timestamp.UtcDateTime);
            Latency.Record(Math.Max(0, (now.UtcDateTime - oldest).TotalSeconds), _tags);
        }
    }

    private void Report(BatchReader reader)
    {
        var behind = reader.Lags.Sum(l => l.Records);
        Lag.Record(behind, _tags);
        statistics?.Lag = behind;
        if (reader.Fault is { } fault)
        {
            health.Degraded(Name, $"Kafka of the edge: {fault}");
        }
        else
        {
            health.Healthy(Name, $"{behind} records behind");
        }
    }

    private static IEnumerable<ActivityContext> Traces(List<ConsumeResult<byte[]?, byte[]?>> batch) =>
        Telemetry.Source.HasListeners() ? batch.Select(r => TracePropagation.Extract(r.Message.Headers)).Where(c => c != default) : [];

    private async Task DeliverAsync(ConsumeResult<byte[]?, byte[]?> record, CancellationToken cancellationToken)
    {
        var message = new Message<byte[]?, byte[]?>
        {
            Key = record.Message.Key,
            Value = record.Message.Value,
            Headers = record.Message.Headers,
            Timestamp = record.Message.Timestamp,
        };
        var delivered = await SendAsync(new TopicPartition(_target, record.Partition), message, cancellationToken);
        budget?.Sent(delivered, (message.Key?.Length ?? 0) + (message.Value?.Length ?? 0) + 256);
    }

    // Kafka refuses times from the future: a clock that is wrong at the edge must not block the station.
    private async Task<TopicPartitionOffset> SendAsync(TopicPartition to, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken)
    {
        try
        {
            return await producer.ProduceAsync(to, message, cancellationToken);
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.InvalidTimestamp)
        {
            message.Timestamp = Timestamp.Default;
            return await producer.ProduceAsync(to, message, cancellationToken);
        }
    }

    // What fails is thrown; its own words on the console, twenty a second, help nobody.
    private static IAdminClient Admin(KafkaConnection connection) => new AdminClientBuilder(connection.Admin("mirror")).SetErrorHandler((_, _) => { }).SetLogHandler((_, _) => { }).Build();

    // The target has as many partitions as the source, so that a record keeps its own.
    private async Task EnsureTargetAsync()
    {
        using var from = Admin(source);
        using var to = Admin(target);
        var partitions = from.GetMetadata(topic, AdminTimeout).Topics[0].Partitions.Count;
        if (partitions == 0)
        {
            throw new KafkaException(new Error(ErrorCode.UnknownTopicOrPart, $"Topic {topic} of station {stationId} does not exist yet."));
        }

        var existing = to.GetMetadata(AdminTimeout).Topics.Find(t => t.Topic == _target)?.Partitions.Count ?? 0;
        if (existing >= partitions)
        {
            return;
        }

        try
        {
            if (existing == 0)
            {
                await to.CreateTopicsAsync([new TopicSpecification { Name = _target, NumPartitions = partitions, ReplicationFactor = -1 }], new CreateTopicsOptions { RequestTimeout = AdminTimeout });
            }
            else
            {
                await to.CreatePartitionsAsync([new PartitionsSpecification { Topic = _target, IncreaseTo = partitions }]);
            }
        }
        catch (CreateTopicsException e) when (e.Results.All(r => r.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            logger.LogDebug("{Topic} was made meanwhile.", _target);
        }
        catch (KafkaException e)
        {
            // The broker in the process knows no such request; it makes a topic when it is asked about it, with a number of partitions of its own.
            var made = to.GetMetadata(_target, AdminTimeout).Topics[0].Partitions.Count;
            if (made < partitions)
            {
                throw new KafkaException(new Error(e.Error.Code, $"Topic {_target} has {made} partitions where {topic} of station {stationId} has {partitions}, and can't be made so ({e.Error.Reason}); make it with {partitions}."), e);
            }
        }
    }
}
