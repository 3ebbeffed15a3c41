using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Reports;

/// <summary>Passages by hour of the day, and the busiest stations.</summary>
internal static class TrafficReports
{
    public static readonly string[] HourColumns = ["hour", "station", "name", "passages"];
    public static readonly string[] StationColumns = ["station", "name", "passages", "vehicles", "busiestHour"];

    public static object?[] Values(HourRow r) => [r.Hour, r.StationId, r.Station, r.Passages];

    public static object?[] Values(StationRow r) => [r.StationId, r.Station, r.Passages, r.Vehicles, r.BusiestHour];

    public static async Task<Report<HourRow>> HoursAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        await using var command = Over(
            dataSource, range,
            """
            select h.hour, h.station_id, coalesce(s.name, h.station_id), h.passages
            from (select extract(hour from first_at at time zone (select time_zone from city))::int as hour, station_id, count(*) as passages
                  from passages where first_at >= $1 and first_at < $2 group by 1, 2) h
            left join stations s on s.id = h.station_id order by h.hour, h.station_id
            """);
        var rows = await command.ReadAllAsync(r => new HourRow(r.GetInt32(0), r.GetString(1), r.GetString(2), r.GetInt64(3)), cancellationToken);
        return new Report<HourRow>(range.First, range.Last, rows, ["Hours are those of the city's time zone. On the day that has 25 hours, the hour that comes twice holds the vehicles of both."]);
    }

    public static async Task<Report<StationRow>> StationsAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        await using var command = Over(
            dataSource, range,
            """
            select t.station_id, coalesce(s.name, t.station_id), t.passages, t.vehicles, t.busiest
            from (select station_id, count(*) as passages, count(distinct plate) as vehicles,
                         mode() within group (order by extract(hour from first_at at time zone (select time_zone from city))::int) as busiest
                  from passages where first_at >= $1 and first_at < $2 group by 1) t
            left join stations s on s.id = t.station_id order by t.passages desc, t.station_id
            """);
        var rows = await command.ReadAllAsync(r => new StationRow(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetInt32(4)), cancellationToken);
        return new Report<StationRow>(range.First, range.Last, rows, []);
    }

    internal static NpgsqlCommand Over(NpgsqlDataSource dataSource, ReportRange range, string sql)
    {
        var command = dataSource.CreateCommand(sql);
        command.Parameters.Add(new() { Value = range.From });
        command.Parameters.Add(new() { Value = range.To });
        return command;
    }
}
