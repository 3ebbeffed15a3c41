using System.Runtime.InteropServices;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Reports;

/// <summary>Travel times between stations, and how long vehicles stay.</summary>
internal static class CongestionReports
{
    public static readonly DayReport<TravelDay> TravelDay = new("travel.1", DayReport.Traffic, TravelDayAsync);
    public static readonly DayReport<DwellRow> DwellDay = new("dwell.1", DayReport.Traffic, DwellDayAsync);

    /// <summary>Of a day, and of a report.</summary>
    public const int MostPairs = 500;

    public static readonly string[] TravelColumns = ["from", "fromName", "to", "toName", "vehicles", "medianSeconds", "p90Seconds", "kilometres", "kilometresAnHour"];
    public static readonly string[] DwellColumns = ["day", "vehicles", "medianMinutes", "p90Minutes"];

    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);

    public static object?[] Values(TravelRow r) => [r.FromStationId, r.From, r.ToStationId, r.To, r.Vehicles, r.Median.TotalSeconds, r.P90.TotalSeconds, r.Kilometres, r.KilometresAnHour];

    public static object?[] Values(DwellRow r) => [r.Day, r.Vehicles, Minutes(r.Median), Minutes(r.P90)];

    /// <summary>To a tenth; halves go up, as in Postgres.</summary>
    public static double Minutes(TimeSpan time) => (double)Math.Round((decimal)time.TotalMinutes, 1, MidpointRounding.AwayFromZero);

    public static async Task<Report<TravelRow>> TravelAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        var pairs = new Dictionary<(string From, string To), TravelTimes>();
        var notes = await CountedDays.ReadAsync(dataSource, TravelDay, range, (_, day) => day.ForEach(pair => TimesOf(pair).Add(pair)), cancellationToken);
        var places = await TrafficReports.PlacesAsync(dataSource, cancellationToken);
        var rows = from pair in pairs
                   where places.ContainsKey(pair.Key.From) && places.ContainsKey(pair.Key.To)
                   select Row(pair.Key.From, places[pair.Key.From], pair.Key.To, places[pair.Key.To], pair.Value);
        return new Report<TravelRow>(
            range.First,
            range.Last,
            [.. rows.OrderByDescending(r => r.Vehicles).ThenBy(r => r.FromStationId, StringComparer.Ordinal).ThenBy(r => r.ToStationId, StringComparer.Ordinal).Take(MostPairs)],
            [
                $"Vehicles that were seen at one station and next at another within two hours, including those that stopped on the way. Distances are straight lines. Only the {MostPairs} busiest pairs of each day are counted.",
                "Times are to 2.5 %.",
                .. notes,
            ]);

        TravelTimes TimesOf(TravelDay pair) => CollectionsMarshal.GetValueRefOrAddDefault(pairs, (pair.From, pair.To), out _) ??= new TravelTimes();
    }

    public static async Task<Report<DwellRow>> DwellAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        var days = await CountedDays.ReadAsync(dataSource, DwellDay, range, cancellationToken);
        return new Report<DwellRow>(range.First, range.Last, [.. days.Rows], ["The time from a vehicle's first to its last passage of the day. Vehicles that passed only once are left out.", .. days.Notes]);
    }

    private static TravelRow Row(string from, (string Name, double, double) start, string to, (string Name, double, double) end, TravelTimes times)
    {
        var kilometres = Math.Round(Journey.Kilometres(start, end), 2);
        var median = times.Percentile(0.5);
        return new TravelRow(from, start.Name, to, end.Name, times.Vehicles, median, times.Percentile(0.9), kilometres, Math.Round(kilometres / median.TotalHours, 1));
    }

    private static async Task<List<TravelDay>> TravelDayAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken)
    {
        // Those who set out on the day, also when they arrive on the next.
        await using var command = TrafficReports.Over(
            dataSource, day,
            """
            with legs as (
                select station_id as f, lead(station_id) over w as t, lead(first_at) over w - last_at as taken, first_at
                from passages where first_at >= $1 and first_at < $2 + $3 window w as (partition by plate order by first_at, id)),
            gone as (select f, t, round(ln(greatest(1, extract(epoch from taken)::float8)) / ln(1.05::float8))::int as bin from legs where first_at < $2 and f <> t and taken > interval '0' and taken <= $3),
            busiest as (select f, t from gone group by f, t order by count(*) desc, f, t limit $4)
            select f, t, bin, count(*) from gone join busiest using (f, t) group by f, t, bin order by f, t, bin
            """);
        command.Parameters.Add(new() { Value = Longest });
        command.Parameters.Add(new() { Value = MostPairs });
        var rows = await command.ReadAllAsync(r => (From: r.GetString(0), To: r.GetString(1), Bin: r.GetInt32(2), Vehicles: r.GetInt64(3)), cancellationToken);
        return [.. rows.GroupBy(r => (r.From, r.To)).Select(g => new TravelDay(g.Key.From, g.Key.To, [.. g.Select(r => r.Bin)], [.. g.Select(r => r.Vehicles)]))];
    }

    private static async Task<List<DwellRow>> DwellDayAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken)
    {
        await using var command = TrafficReports.Over(
            dataSource, day,
            """
            select count(*), percentile_disc(0.5) within group (order by stay), percentile_disc(0.9) within group (order by stay)
            from (select max(last_at) - min(first_at) as stay from passages where first_at >= $1 and first_at < $2 group by plate having count(*) > 1) v
            having count(*) > 0
            """);
        return await command.ReadAllAsync(r => new DwellRow(day.First, r.GetInt64(0), r.GetFieldValue<TimeSpan>(1), r.GetFieldValue<TimeSpan>(2)), cancellationToken);
    }
}

/// <summary>How many vehicles took how long.</summary>
/// <param name="Bins">Of <see cref="TravelTimes"/>, the shortest first.</param>
/// <param name="Vehicles">How many took each of them.</param>
internal sealed record TravelDay(string From, string To, int[] Bins, long[] Vehicles);
