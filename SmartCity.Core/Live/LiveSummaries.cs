using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Ops;

namespace SmartCity.Core.Live;

/// <summary>What stands today. Worked out once for all who ask within two seconds.</summary>
internal sealed class LiveSummaries(NpgsqlDataSource dataSource, HeartbeatConsumer heartbeats, IngestStatistics statistics, ChargingCity city, TimeProvider time) : IDisposable
{
    private const int MostKept = 100;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Dictionary<string, LiveSummary> _newest = new(StringComparer.Ordinal);

    /// <param name="only">The stations that whoever asks is limited to; null for all.</param>
    public async Task<LiveSummary> GetAsync(string[]? only, CancellationToken cancellationToken)
    {
        var of = only is null ? "" : string.Join('/', only.Order(StringComparer.Ordinal)) + "/";
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_newest.TryGetValue(of, out var newest) && time.GetUtcNow() - newest.At < Fresh)
            {
                return newest;
            }

            if (_newest.Count > MostKept)
            {
                _newest.Clear();
            }

            return _newest[of] = await MakeAsync(only, cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<LiveSummary> MakeAsync(string[]? only, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var day = city.DayOf(now);
        var (from, to) = (city.StartOf(day).ToUniversalTime(), city.StartOf(day.AddDays(1)).ToUniversalTime());
        var stations = await StationsAsync(from, to, now, only, cancellationToken);
        await using var command = dataSource.CreateCommand(
            """
            select coalesce(sum(owed) filter (where scheme = 'congestion'), 0), count(distinct plate) filter (where scheme = 'congestion' and owed > 0),
                   coalesce(sum(owed) filter (where scheme <> 'congestion'), 0), count(distinct plate) filter (where scheme <> 'congestion' and owed > 0),
                   (select count(*) from alerts where raised_at >= $2 and raised_at < $3 and ($4::text[] is null or station_id = any($4))), (select count(*) from alerts where raised_at >= $2 and raised_at < $3 and state = 'open' and ($4::text[] is null or station_id = any($4)))
            from (select scheme, plate, sum(amount) as owed from charge_entries where day = $1 and ($4::text[] is null or station_id = any($4)) group by scheme, plate) as standing
            """);
        command.Parameters.Add(new() { Value = day });
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = to });
        command.Parameters.Add(TextParameter.Of(only));
        var rows = await command.ReadAllAsync(
            r => new LiveSummary
            {
                At = now,
                Day = day,
                Sightings = stations.Sum(s => s.Today),
                SightingsLastMinute = only is null ? statistics.Summarise().Count : stations.Sum(s => s.LastMinute),
                Toll = r.GetDecimal(0),
                TollVehicles = r.GetInt32(1),
                Pollution = r.GetDecimal(2),
                PollutionVehicles = r.GetInt32(3),
                Currency = city.Currency,
                Alerts = r.GetInt32(4),
                OpenAlerts = r.GetInt32(5),
                Stations = stations,
            },
            cancellationToken);
        return rows[0];
    }

    private async Task<List<StationNow>> StationsAsync(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now, string[]? only, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select s.id, coalesce(f.today, 0), t.newest
            from stations s
            left join (select station_id, sum(sightings)::bigint as today from station_flow where at >= $1 and at < $2 group by 1) f on f.station_id = s.id
            left join station_totals t on t.station_id = s.id
            where $3::text[] is null or s.id = any($3)
            """);
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = to });
        command.Parameters.Add(TextParameter.Of(only));
        var stations = await command.ReadAllAsync(
            r => new StationNow(r.GetString(0), OpsRules.Station(heartbeats.Newest.GetValueOrDefault(r.GetString(0))?.Heartbeat, now), statistics.LastMinuteOf(r.GetString(0)), r.GetInt64(1), r.IsDBNull(2) ? null : r.Time(2)),
            cancellationToken);
        return [.. stations.OrderByDescending(s => s.LastMinute).ThenByDescending(s => s.Today).ThenBy(s => s.StationId, StringComparer.Ordinal)];
    }
}
