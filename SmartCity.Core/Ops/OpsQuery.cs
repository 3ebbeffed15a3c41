using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Database;
using SmartCity.Core.Sightings;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Ops;

/// <summary>Puts together what the Ops page shows. While Postgres is away its figures are those of the last time.</summary>
internal sealed class OpsQuery(
    NpgsqlDataSource dataSource,
    DatabaseWatch watch,
    HeartbeatConsumer heartbeats,
    IngestStatistics statistics,
    Arrivals arrivals,
    ArchiveStatistics archive,
    KafkaFigures kafka,
    DatabaseFigures postgres,
    StorageFigures storage,
    EvidenceChecks evidence,
    ProcessUsage usage,
    WorkerHealth health,
    IConfiguration configuration,
    IHostEnvironment environment,
    TimeProvider time)
{
    private const string Suffix = "." + Topics.Sightings;

    private Stored _stored = new(new Dictionary<string, Totals>(StringComparer.Ordinal), 0);

    public async Task<OpsView> RunAsync(CancellationToken cancellationToken)
    {
        var unreachable = await LookAsync(cancellationToken);
        var now = time.GetUtcNow();
        var lags = statistics.LagSource().GroupBy(l => l.Partition.Topic).ToDictionary(g => g.Key, g => g.Sum(l => l.Records));
        var rates = (kafka.Newest?.Topics ?? []).ToDictionary(t => t.Name, t => t.RecordsPerSecond, StringComparer.Ordinal);
        var ids = _stored.Stations.Keys.Union(heartbeats.Newest.Keys).Union(_stored.Forged.Keys).Union(heartbeats.Forged.Keys).Where(id => _stored.Stations.GetValueOrDefault(id)?.IsRetired != true);
        WorkerStatus[] workers = [.. health.Reports.Select(r => new WorkerStatus(r.Name, r.State.ToString().ToLowerInvariant(), r.Detail, r.LastSuccess))];
        return new OpsView
        {
            At = now,
            Stations = [.. ids.Select(id => Station(id, now, lags, rates)).OrderBy(OpsRules.Rank).ThenBy(s => s.StationId, StringComparer.Ordinal)],
            Workers = workers,
            Core = Core(workers, lags.Values.Sum()),
            Kafka = new KafkaStatus
            {
                Node = OpsRules.Kafka(kafka.Newest, kafka.Error),
                MeasuredAt = kafka.Newest?.At,
                Brokers = kafka.Newest?.Brokers ?? 0,
                RecordsPerSecond = rates.Values.All(r => r is null) ? null : Math.Round(rates.Values.Sum(r => r ?? 0), 2),
                Topics = kafka.Newest?.Topics ?? [],
                Groups = kafka.Newest?.Groups ?? [],
            },
            Database = Database(unreachable),
            Storage = new StorageStatus
            {
                Node = OpsRules.Storage(storage.Disk(), storage.Error, Array.Find(workers, w => w.Name == "archive"), evidence.Changed),
                MeasuredAt = storage.MeasuredAt,
                Kind = storage.Kind,
                Objects = storage.Objects,
                Disk = storage.Disk(),
                ArchivedAt = archive.Newest.WrittenAt,
            },
        };
    }

    private CoreStatus Core(WorkerStatus[] workers, long lag)
    {
        var minute = statistics.Summarise();
        var (cpu, resident) = usage.Measure();
        return new CoreStatus
        {
            // In the all-in-one, the edges' workers are in this process too; they are listed with their stations.
            Node = OpsRules.Core(workers.Where(w => !heartbeats.Newest.Keys.Any(station => w.Name.Contains(station, StringComparison.Ordinal))), lag),
            Service = Telemetry.ServiceName(configuration, environment),
            CpuPercent = cpu,
            ResidentBytes = resident,
            SightingsPerSecond = Math.Round(minute.Count / 60.0, 2),
            Lag = lag,
            SightingsStored = _stored.Stations.Values.Sum(t => t.Stored),
            Duplicates = _stored.Stations.Values.Sum(t => t.Duplicates),
            DeadLetters = _stored.DeadLetters,
            AlertsRaised = statistics.Alerts,
            ArchivedObjects = archive.Newest.Objects,
            ArchivedRows = archive.Newest.Rows,
            ArchivedBytes = archive.Newest.Bytes,
            ArchiveWaiting = archive.Newest.Waiting,
            NewestSighting = _stored.Stations.Values.Max(t => t.Newest),
            CaptureToStoredP50 = minute.P50,
            CaptureToStoredP99 = minute.P99,
        };
    }

    private DatabaseStatus Database(string? unreachable)
    {
        var newest = postgres.Newest;
        return new DatabaseStatus
        {
            Node = OpsRules.Database(newest, unreachable ?? postgres.Error),
            MeasuredAt = newest?.At,
            Version = newest?.Version,
            SizeBytes = newest?.SizeBytes ?? 0,
            Connections = newest?.Connections ?? 0,
            MaximumConnections = newest?.MaximumConnections ?? 0,
            OldestTransactionSeconds = newest?.OldestTransactionSeconds,
            TransactionsPerSecond = newest?.TransactionsPerSecond,
            CacheHits = newest?.CacheHits,
            Tables = postgres.Tables,
        };
    }

    private StationStatus Station(string id, DateTimeOffset now, Dictionary<string, long> lags, Dictionary<string, double?> rates)
    {
        var received = heartbeats.Newest.GetValueOrDefault(id);
        var beat = received?.Heartbeat;
        var totals = _stored.Stations.GetValueOrDefault(id);
        TimeSpan? behind = beat?.Kafka?.Newest is { } sent && totals?.Newest is { } stored ? sent > stored ? sent - stored : TimeSpan.Zero : null;
        long? lag = lags.TryGetValue(id + Suffix, out var waiting) ? waiting : null;
        return new StationStatus
        {
            StationId = id,
            Name = totals?.Name,
            State = OpsRules.Station(beat, now),
            Edge = OpsRules.Forged(OpsRules.Edge(beat, now), _stored.Forged.GetValueOrDefault(id), heartbeats.Forged.TryGetValue(id, out var at) && now - at < OpsRules.ForgedShown),
            EdgeKafka = OpsRules.EdgeKafka(beat, now),
            Mirror = OpsRules.Mirror(beat, received?.Delay, behind, lag ?? 0, arrivals.Missing.GetValueOrDefault(id), now),
            Missing = arrivals.Missing.GetValueOrDefault(id)?.Missing ?? 0,
            Heartbeat = beat,
            LinkDelay = received?.Delay.TotalMilliseconds,
            NewestSighting = totals?.Newest,
            SightingsLastMinute = statistics.LastMinuteOf(id),
            ArrivingPerSecond = rates.GetValueOrDefault(id + Suffix),
            BehindSeconds = behind is { } b ? Math.Round(b.TotalSeconds, 1) : null,
            Lag = lag,
        };
    }

    // What keeps Postgres from answering; null when it does.
    private async Task<string?> LookAsync(CancellationToken cancellationToken)
    {
        if (watch.Away is { } away)
        {
            return away;
        }

        try
        {
            return await ReadAsync(cancellationToken).WaitAsync(watch.Gone);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return watch.Away ?? "Postgres did not answer for a while.";
        }
    }

    private async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var stations = dataSource.CreateCommand(
                """
                select coalesce(s.id, t.station_id), s.name, coalesce(t.stored, 0), coalesce(t.duplicates, 0), t.newest, s.retired_at is not null
                from stations s full join station_totals t on t.station_id = s.id
                """);
            var rows = await stations.ReadAllAsync(
                r => (Id: r.GetString(0), Totals: new Totals(r.Text(1), r.GetInt64(2), r.GetInt64(3), r.IsDBNull(4) ? null : r.Time(4), r.GetBoolean(5))),
                cancellationToken);
            await using var claims = dataSource.CreateCommand("select left(topic, -length($2)), count(*) from dead_letters where forged and recorded_at > $1 and state = 'open' and right(topic, length($2)) = $2 group by 1");
            claims.Parameters.Add(new() { Value = time.GetUtcNow() - OpsRules.ForgedShown });
            claims.Parameters.Add(new() { Value = Suffix });
            var forged = (await claims.ReadAllAsync(r => (Station: r.GetString(0), Count: r.GetInt64(1)), cancellationToken)).ToDictionary(r => r.Station, r => r.Count, StringComparer.Ordinal);
            await using var letters = dataSource.CreateCommand("select count(*) from dead_letters where state in ('open', 'replaying')");
            _stored = new Stored(rows.ToDictionary(r => r.Id, r => r.Totals, StringComparer.Ordinal), (long)(await letters.ExecuteScalarAsync(cancellationToken))!) { Forged = forged };
            return null;
        }
        catch (NpgsqlException e)
        {
            return e.Message;
        }
    }

    private sealed record Stored(IReadOnlyDictionary<string, Totals> Stations, long DeadLetters)
    {
        public IReadOnlyDictionary<string, long> Forged { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);
    }

    private sealed record Totals(string? Name, long Stored, long Duplicates, DateTimeOffset? Newest, bool IsRetired);
}
