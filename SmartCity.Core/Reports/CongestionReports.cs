using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Reports;

/// <summary>Travel times between stations, and how long vehicles stay.</summary>
internal static class CongestionReports
{
    /// <summary>Days at most: every vehicle's passages are put in order.</summary>
    public const int MostDays = 7;

    public static readonly string[] TravelColumns = ["from", "fromName", "to", "toName", "vehicles", "medianSeconds", "p90Seconds", "kilometres", "kilometresAnHour"];
    public static readonly string[] DwellColumns = ["day", "vehicles", "medianMinutes", "p90Minutes"];

    public static object?[] Values(TravelRow r) => [r.FromStationId, r.From, r.ToStationId, r.To, r.Vehicles, r.Median.TotalSeconds, r.P90.TotalSeconds, r.Kilometres, r.KilometresAnHour];

    public static object?[] Values(DwellRow r) => [r.Day, r.Vehicles, Math.Round(r.Median.TotalMinutes, 1), Math.Round(r.P90.TotalMinutes, 1)];

    public static async Task<Report<TravelRow>> TravelAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        await using var command = TrafficReports.Over(
            dataSource, range,
            """
            with legs as (
                select station_id as f, lead(station_id) over w as t, lead(first_at) over w - last_at as taken
                from passages where first_at >= $1 and first_at < $2 window w as (partition by plate order by first_at, id))
            select a.id, a.name, b.id, b.name, count(*), percentile_disc(0.5) within group (order by taken), percentile_disc(0.9) within group (order by taken),
                   a.latitude, a.longitude, b.latitude, b.longitude
            from legs join stations a on a.id = legs.f join stations b on b.id = legs.t
            where f <> t and taken > interval '0' and taken <= interval '2 hours'
            group by a.id, b.id order by count(*) desc, a.id, b.id limit 500
            """);
        var rows = await command.ReadAllAsync(
            r =>
            {
                var kilometres = Math.Round(Journey.Kilometres(("", r.GetDouble(7), r.GetDouble(8)), ("", r.GetDouble(9), r.GetDouble(10))), 2);
                var median = r.GetFieldValue<TimeSpan>(5);
                return new TravelRow(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt64(4), median, r.GetFieldValue<TimeSpan>(6), kilometres, Math.Round(kilometres / median.TotalHours, 1));
            },
            cancellationToken);
        return new Report<TravelRow>(range.First, range.Last, rows, ["Vehicles that were seen at one station and next at another within two hours, including those that stopped on the way. Distances are straight lines. Only the 500 busiest pairs are listed."]);
    }

    public static async Task<Report<DwellRow>> DwellAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        await using var command = TrafficReports.Over(
            dataSource, range,
            """
            select day, count(*), percentile_disc(0.5) within group (order by stay), percentile_disc(0.9) within group (order by stay)
            from (select (first_at at time zone (select time_zone from city))::date as day, max(last_at) - min(first_at) as stay
                  from passages where first_at >= $1 and first_at < $2 group by 1, plate having count(*) > 1) v
            group by day order by day
            """);
        var rows = await command.ReadAllAsync(r => new DwellRow(r.GetFieldValue<DateOnly>(0), r.GetInt64(1), r.GetFieldValue<TimeSpan>(2), r.GetFieldValue<TimeSpan>(3)), cancellationToken);
        return new Report<DwellRow>(range.First, range.Last, rows, ["The time from a vehicle's first to its last passage of the day. Vehicles that passed only once are left out."]);
    }
}
