using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Ops;

/// <summary>Puts together what the Ops page shows.</summary>
internal sealed class OpsQuery(
    NpgsqlDataSource dataSource,
    HeartbeatConsumer heartbeats,
    IngestStatistics statistics,
    ArchiveStatistics archive,
    ProcessUsage usage,
    WorkerHealth health,
    TimeProvider time)
{
    private const string Suffix = "." + Topics.Sightings;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    public async Task<OpsView> RunAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var totals = await TotalsAsync(cancellationToken);
        var deadLetters = await CountAsync("select count(*) from dead_letters", cancellationToken);
        var lags = statistics.LagSource().GroupBy(l => l.Partition.Topic).ToDictionary(g => g.Key, g => g.Sum(l => l.Records));
        var minute = statistics.Summarise();
        var (cpu, resident) = usage.Measure();
        return new OpsView
        {
            At = now,
            Stations = [.. totals.Keys.Union(heartbeats.Newest.Keys).Order(StringComparer.Ordinal).Select(id => Station(id, now, totals, lags))],
            Workers = [.. health.Reports.Select(r => new WorkerStatus(r.Name, r.State.ToString().ToLowerInvariant(), r.Detail, r.LastSuccess))],
            Core = new CoreStatus
            {
                CpuPercent = cpu,
                ResidentBytes = resident,
                SightingsPerSecond = Math.Round(minute.Count / 60.0, 2),
                Lag = lags.Values.Sum(),
                SightingsStored = totals.Values.Sum(t => t.Stored),
                Duplicates = totals.Values.Sum(t => t.Duplicates),
                DeadLetters = deadLetters,
                AlertsRaised = statistics.Alerts,
                ArchivedObjects = archive.Newest.Objects,
                ArchivedRows = archive.Newest.Rows,
                ArchivedBytes = archive.Newest.Bytes,
                ArchiveWaiting = archive.Newest.Waiting,
                CaptureToStoredP50 = minute.P50,
                CaptureToStoredP99 = minute.P99,
            },
        };
    }

    private StationStatus Station(string id, DateTimeOffset now, Dictionary<string, Totals> totals, Dictionary<string, long> lags)
    {
        var heartbeat = heartbeats.Newest.GetValueOrDefault(id);
        return new StationStatus
        {
            StationId = id,
            State = heartbeat is null ? "unknown" : now - heartbeat.At <= Silence ? "up" : "down",
            Heartbeat = heartbeat,
            NewestSighting = totals.GetValueOrDefault(id)?.Newest,
            SightingsLastMinute = statistics.LastMinuteOf(id),
            Lag = lags.TryGetValue(id + Suffix, out var lag) ? lag : null,
        };
    }

    private async Task<Dictionary<string, Totals>> TotalsAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select coalesce(s.id, t.station_id), coalesce(t.stored, 0), coalesce(t.duplicates, 0), t.newest
            from stations s full join station_totals t on t.station_id = s.id
            """);
        var rows = await command.ReadAllAsync(
            r => (Id: r.GetString(0), Totals: new Totals(r.GetInt64(1), r.GetInt64(2), r.IsDBNull(3) ? null : r.Time(3))),
            cancellationToken);
        return rows.ToDictionary(r => r.Id, r => r.Totals, StringComparer.Ordinal);
    }

    private async Task<long> CountAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private sealed record Totals(long Stored, long Duplicates, DateTimeOffset? Newest);
}
