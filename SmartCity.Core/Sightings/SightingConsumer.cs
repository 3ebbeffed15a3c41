using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Polly;
using Polly.Retry;
using SmartCity.Contracts;
using SmartCity.Core.Database;
using SmartCity.Core.Kafka;
using SmartCity.Core.Live;
using SmartCity.Core.Ops;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Sightings;

/// <summary>
/// From the core Kafka to Postgres: read a batch, send its dead letters, one transaction with the positions reached, then offsets for tools, then the live feed, which reads from the database what it must not miss.
/// </summary>
internal sealed class SightingConsumer(
    IConfiguration configuration,
    DatabaseStartup database,
    SightingIngest ingest,
    ConsumerPositions positions,
    SightingOrigins origins,
    CoreProducer producer,
    LivePublisher live,
    IngestStatistics statistics,
    IEnumerable<DoneWith> doneWith,
    IOptions<SightingOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<SightingConsumer> logger) : BackgroundService
{
    private const string Worker = "ingest";
    // The year 9999.
    private const long MostMilliseconds = 253_370_764_800_000;

    private static readonly Counter<long> Forged = Telemetry.Meter.CreateCounter<long>("smartcity.ingest.forged", "{record}", "Records that claimed to be another station's, by the topic that brought them.");
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Restart = TimeSpan.FromSeconds(2);

    // More records of a topic than may be wrong one after another for the same reason: then the reason lies elsewhere.
    private const int MostAlike = 20;

    // For so long health tells of a record that could not be stored.
    private static readonly TimeSpan UnstorableShown = TimeSpan.FromMinutes(10);

    // A statement may take half a minute before it is given up, and a batch has several.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(3);

    private readonly AlikeFaults _alike = new();
    private volatile Unstorable? _unstorable;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker, "It waits for the database.");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        health.Expect(Worker, LongestSilence);
        await health.KeepAsync(Worker, RunAsync, logger, stoppingToken);
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var kafka = KafkaConnection.Core(configuration);
                var config = kafka.Consumer("smartcity-core-ingest", options.Value.Group);
                await using var reader = new BatchReader(
                    config, Topics.MirroredSightings, (1 + options.Value.Lanes) * options.Value.BatchSize, logger, DoneWith.Tell(doneWith, kafka), (partitions, token) => positions.FindAsync(options.Value.Group, partitions, token));
                statistics.LagSource = () => reader.Lags;
                await ReadAsync(reader, stoppingToken);
            }
            catch (KafkaException e)
            {
                health.Degraded(Worker, $"Kafka: {e.Error.Reason}");
                logger.LogError(e, "The Kafka consumer of sightings failed and is started again.");
                await Task.Delay(Restart, time, stoppingToken);
            }
        }
    }

    private Task ReadAsync(BatchReader reader, CancellationToken stoppingToken)
    {
        var lanes = new IngestLanes(options.Value.Lanes, options.Value.BatchSize, time);
        return lanes.RunAsync(
            async token =>
            {
                var batch = await reader.ReadAsync(options.Value.BatchSize * options.Value.Lanes, options.Value.Linger, Idle, token);
                if (reader.Fault is { } fault)
                {
                    health.Degraded(Worker, $"Kafka: {fault}");
                }
                else if (ingest.OwedBecause is { } owed)
                {
                    health.Degraded(Worker, $"Sightings are stored, but days whose charges are in doubt cannot be worked out: {owed}");
                }
                else if (lanes.GetOn(LongestSilence))
                {
                    if (_unstorable is { } last && time.GetUtcNow() - last.At < UnstorableShown)
                    {
                        health.Degraded(Worker, $"A record of {last.Topic} could not be stored and lies among the dead letters: {last.Reason}");
                    }
                    else
                    {
                        health.Healthy(Worker);
                    }
                }

                if (batch.Count == 0)
                {
                    await ingest.WorkOffAsync(token);
                }

                return batch;
            },
            lane =>
            {
                var retry = Retry(lane);
                return (batch, token) => StoreAsync(reader, batch, retry, token);
            },
            stoppingToken);
    }

    private async Task StoreAsync(BatchReader reader, List<ConsumeResult<byte[]?, byte[]?>> batch, ResiliencePipeline retry, CancellationToken cancellationToken)
    {
        var (records, letters) = await ParseAsync(batch, retry, cancellationToken);
        await SendAsync(letters, retry, cancellationToken);
        await ApplyAsync(records, letters, ConsumerPositions.After(options.Value.Group, batch), retry, false, cancellationToken);
        reader.Store(batch);
    }

    private async Task<(List<ReceivedRecord> Records, List<DeadLetter> Letters)> ParseAsync(List<ConsumeResult<byte[]?, byte[]?>> batch, ResiliencePipeline retry, CancellationToken cancellationToken)
    {
        var (records, letters) = Parse(batch);
        await retry.ExecuteAsync(async token => await origins.RefreshAsync(records.Select(r => r.Sighting.Sighting), token), cancellationToken);
        var own = new List<ReceivedRecord>(records.Count);
        foreach (var record in records)
        {
            if (origins.Fault(record.Sighting.Sighting, record.Result.Topic) is not var (reason, forged))
            {
                own.Add(record);
                continue;
            }

            letters.Add(Letter(record.Result, reason) with { IsForged = forged });
            if (forged)
            {
                Forged.Add(1, new KeyValuePair<string, object?>("topic", record.Result.Topic));
            }
        }

        return (own, letters);
    }

    private (List<ReceivedRecord> Records, List<DeadLetter> Letters) Parse(List<ConsumeResult<byte[]?, byte[]?>> batch)
    {
        var now = time.GetUtcNow();
        var records = new List<ReceivedRecord>(batch.Count);
        var letters = new List<DeadLetter>();
        foreach (var result in batch)
        {
            var message = result.Message;
            var schema = message.Headers is not null && message.Headers.TryGetLastBytes(RecordHeaders.Schema, out var bytes) && bytes is not null ? Encoding.UTF8.GetString(bytes) : null;
            var (sighting, reason) = SightingParser.Parse(message.Value, schema, now, options.Value);
            if (sighting is null)
            {
                letters.Add(Letter(result, reason!));
            }
            else
            {
                var position = new RecordPosition(result.Topic, result.Partition.Value, result.Offset.Value);
                records.Add(new ReceivedRecord(new SightingRecord(sighting, position, TracePropagation.Extract(message.Headers)) { SentAt = SentAt(message.Headers), ReplayOf = ReplayOf(message.Headers) }, result));
            }
        }

        return (records, letters);
    }

    // What was stored in a try before, of which nobody heard, counts now.
    private async Task ApplyAsync(List<ReceivedRecord> records, List<DeadLetter> letters, IReadOnlyList<ConsumerPosition> reached, ResiliencePipeline retry, bool again, CancellationToken cancellationToken)
    {
        var tries = again ? 1 : 0;
        var spans = records.ConvertAll(r => Telemetry.Source.StartActivity("ingest", ActivityKind.Consumer, r.Sighting.Trace));
        IngestResult result;
        try
        {
            result = await retry.ExecuteAsync(
                async token =>
                {
                    tries++;
                    try
                    {
                        return await ingest.ApplyAsync(records.ConvertAll(r => r.Sighting), letters, reached, token);
                    }
                    catch (Exception e) when (records.Count == 1 && IsFaultOfRecord(e) && !IsClaim(e) && _alike.Before(records[0].Result.Topic, e) >= MostAlike)
                    {
                        throw new AlikeFaultException(records[0].Result.Topic, MostAlike, e);
                    }
                },
                cancellationToken);
            _alike.Stored(records.Select(r => r.Result.Topic));
        }
        catch (Exception e) when (IsFaultOfRecord(e))
        {
            await IsolateAsync(records, letters, reached, e, retry, cancellationToken);
            return;
        }
        finally
        {
            spans.ForEach(s => s?.Dispose());
        }

        statistics.Add(result, letters.Count, tries > 1);
        await live.PublishAsync(result, cancellationToken);
    }

    // Before the transaction that says where to go on: a core that ends in between sends them twice.
    private async Task SendAsync(List<DeadLetter> letters, ResiliencePipeline retry, CancellationToken cancellationToken)
    {
        foreach (var letter in letters)
        {
            logger.LogWarning("The record at {Topic} [{Partition}] @{Offset} cannot be used and goes to {DeadLetters}: {Reason}", letter.Position.Topic, letter.Position.Partition, letter.Position.Offset, Topics.DeadLetters, letter.Reason);
            await retry.ExecuteAsync(async token => await SendAsync(letter, token), cancellationToken);
        }
    }

    // A record as large as a record may be has no room for the reason: then only the database has its bytes.
    private async Task SendAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        try
        {
            await producer.ProduceAsync(Topics.DeadLetters, letter.ToMessage(), cancellationToken);
        }
        catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.MsgSizeTooLarge)
        {
            logger.LogWarning("The record at {Topic} [{Partition}] @{Offset} is too large for {DeadLetters}; its bytes are only in the table dead_letters.", letter.Position.Topic, letter.Position.Partition, letter.Position.Offset, Topics.DeadLetters);
            await producer.ProduceAsync(Topics.DeadLetters, (letter with { Key = null, Value = null, Headers = null }).ToMessage(), cancellationToken);
        }
    }

    // Some record of the batch can't be stored: halves until it stands alone, the rest is stored. The positions go with the last of them.
    private async Task IsolateAsync(List<ReceivedRecord> records, List<DeadLetter> letters, IReadOnlyList<ConsumerPosition> reached, Exception fault, ResiliencePipeline retry, CancellationToken cancellationToken)
    {
        if (records.Count <= 1)
        {
            if (records.Count == 0)
            {
                throw new InvalidOperationException("Dead letters could not be stored.", fault);
            }

            if (!IsClaim(fault))
            {
                _alike.Add(records[0].Result.Topic, fault);
                _unstorable = new Unstorable(records[0].Result.Topic, fault.Message, time.GetUtcNow());
            }

            var letter = Letter(records[0].Result, $"Could not be stored: {fault.Message}") with { IsForged = fault is ForgedSightingException };
            await SendAsync([letter], retry, cancellationToken);
            await ApplyAsync([], [.. letters, letter], reached, retry, true, cancellationToken);
            return;
        }

        logger.LogWarning("A batch of {Count} records cannot be stored ({Error}). The core looks for the record that causes this.", records.Count, fault.Message);
        var half = records.Count / 2;
        await ApplyAsync(records[..half], letters, [], retry, true, cancellationToken);
        await ApplyAsync(records[half..], [], reached, retry, true, cancellationToken);
    }

    private ResiliencePipeline Retry(IngestLanes.Lane lane) => new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = new PredicateBuilder().Handle<Exception>(e => e is not OperationCanceledException && !IsFaultOfRecord(e)),
        MaxRetryAttempts = int.MaxValue,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = TimeSpan.FromMilliseconds(50),
        MaxDelay = TimeSpan.FromSeconds(5),
        OnRetry = attempt =>
        {
            lane.IsFailing = true;
            health.Degraded(Worker, $"A batch of sightings cannot be stored and waits in Kafka: {attempt.Outcome.Exception?.Message}");
            logger.LogWarning("A batch of sightings cannot be stored and waits in Kafka (attempt {Attempt}): {Error}", attempt.AttemptNumber + 1, attempt.Outcome.Exception?.Message);
            return ValueTask.CompletedTask;
        },
    }).Build();

    // SQLSTATE classes 22 (data) and 23 (constraints) will fail again with the same record, as will the rules on values; all else is the surroundings' fault and passes.
    // A key that is taken is a race with another core and passes too, but for that of archive_queue: a revision waits there once, so two sightings have one id.
    private static bool IsFaultOfRecord(Exception e) => e switch
    {
        PostgresException p when SightingPartitions.IsMissing(p) => false,
        PostgresException p => p.SqlState.StartsWith("22", StringComparison.Ordinal)
            || (p.SqlState.StartsWith("23", StringComparison.Ordinal) && (p.SqlState != PostgresErrorCodes.UniqueViolation || p.ConstraintName == "archive_queue_pkey")),
        ForgedSightingException or ContradictorySightingException or ArgumentException or InvalidCastException or OverflowException or FormatException or KeyNotFoundException or NullReferenceException => true,
        _ => false,
    };

    // What the record itself says is wrong; anything else may as well be a fault of the core, or of the facts and tariffs that it works with.
    private static bool IsClaim(Exception e) => e is ForgedSightingException or ContradictorySightingException;

    private DeadLetter Letter(ConsumeResult<byte[]?, byte[]?> result, string reason) => new(
        new RecordPosition(result.Topic, result.Partition.Value, result.Offset.Value), result.Message.Key, result.Message.Value, result.Message.Headers, time.GetUtcNow(), reason)
    {
        ReplayOf = ReplayOf(result.Message.Headers),
    };

    private static DateTimeOffset? SentAt(Headers? headers) =>
        headers is not null && headers.TryGetLastBytes(RecordHeaders.SentAt, out var text) && text is not null
            && long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var milliseconds) && milliseconds < MostMilliseconds
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    private static Guid? ReplayOf(Headers? headers) =>
        headers is not null && headers.TryGetLastBytes(RecordHeaders.DeadLetter, out var id) && id is not null && Guid.TryParse(Encoding.UTF8.GetString(id), out var letter) ? letter : null;

    private sealed record Unstorable(string Topic, string Reason, DateTimeOffset At);

    private sealed record ReceivedRecord(SightingRecord Sighting, ConsumeResult<byte[]?, byte[]?> Result);
}
