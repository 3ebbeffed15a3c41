using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Reports;

/// <summary>Passages by hour of the day, and the busiest stations.</summary>
internal static class TrafficReports
{
    public static readonly DayReport<StationDay> Day = new("stations.1", DayReport.Traffic, DayAsync);

    public static readonly string[] HourColumns = ["hour", "station", "name", "passages"];
    public static readonly string[] StationColumns = ["station", "name", "passages", "vehicles", "busiestHour"];

    public static object?[] Values(HourRow r) => [r.Hour, r.StationId, r.Station, r.Passages];

    public static object?[] Values(StationRow r) => [r.StationId, r.Station, r.Passages, r.Vehicles, r.BusiestHour];

    public static async Task<Report<HourRow>> HoursAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        var (stations, notes) = await SumAsync(dataSource, range, cancellationToken);
        return new Report<HourRow>(
            range.First,
            range.Last,
            [.. from hour in Enumerable.Range(0, 24) from s in stations where s.Hours[hour] > 0 orderby hour, s.Id select new HourRow(hour, s.Id, s.Name, s.Hours[hour])],
            ["Hours are those of the city's time zone. On the day that has 25 hours, the hour that comes twice holds the vehicles of both.", .. notes]);
    }

    public static async Task<Report<StationRow>> StationsAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        var (stations, notes) = await SumAsync(dataSource, range, cancellationToken);
        return new Report<StationRow>(
            range.First,
            range.Last,
            [.. stations.Select(s => new StationRow(s.Id, s.Name, s.Hours.Sum(), s.Vehicles, Array.IndexOf(s.Hours, s.Hours.Max()))).OrderByDescending(s => s.Passages).ThenBy(s => s.StationId, StringComparer.Ordinal)],
            ["A vehicle counts once for each day.", .. notes]);
    }

    /// <summary>A statement over the passages or sightings of a range.</summary>
    internal static NpgsqlCommand Over(NpgsqlDataSource dataSource, ReportRange range, string sql)
    {
        var command = dataSource.CreateCommand(sql);
        command.Parameters.Add(new() { Value = range.From });
        command.Parameters.Add(new() { Value = range.To });
        return command;
    }

    /// <summary>Name and place of each station, by its id.</summary>
    internal static async Task<Dictionary<string, (string Name, double Latitude, double Longitude)>> PlacesAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id, name, latitude, longitude from stations");
        return (await command.ReadAllAsync(r => (Id: r.GetString(0), Station: (r.GetString(1), r.GetDouble(2), r.GetDouble(3))), cancellationToken)).ToDictionary(s => s.Id, s => s.Station);
    }

    private static async Task<(List<(string Id, string Name, long[] Hours, long Vehicles)> Stations, IReadOnlyList<string> Notes)> SumAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        var days = await CountedDays.ReadAsync(dataSource, Day, range, cancellationToken);
        var places = await PlacesAsync(dataSource, cancellationToken);
        return (
            [
                .. days.Rows.GroupBy(s => s.Station).OrderBy(s => s.Key, StringComparer.Ordinal)
                    .Select(g => (g.Key, places.TryGetValue(g.Key, out var place) ? place.Name : g.Key, Enumerable.Range(0, 24).Select(h => g.Sum(s => s.Hours[h])).ToArray(), g.Sum(s => s.Vehicles))),
            ],
            days.Notes);
    }

    private static async Task<List<StationDay>> DayAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken)
    {
        await using var command = Over(
            dataSource, day,
            """
            with p as (select station_id, plate, extract(hour from first_at at time zone (select time_zone from city))::int as hour from passages where first_at >= $1 and first_at < $2)
            select v.station_id, v.vehicles, h.hour, h.passages
            from (select station_id, count(distinct plate) as vehicles from p group by 1) v
            join (select station_id, hour, count(*) as passages from p group by 1, 2) h on h.station_id = v.station_id
            """);
        var stations = new Dictionary<string, StationDay>(StringComparer.Ordinal);
        foreach (var (station, vehicles, hour, passages) in await command.ReadAllAsync(r => (r.GetString(0), r.GetInt64(1), r.GetInt32(2), r.GetInt64(3)), cancellationToken))
        {
            stations.TryAdd(station, new StationDay(station, new long[24], vehicles));
            stations[station].Hours[hour] = passages;
        }

        return [.. stations.Values];
    }
}

/// <param name="Hours">Passages by hour of the city's clocks.</param>
/// <param name="Vehicles">Vehicles that were seen, each once.</param>
internal sealed record StationDay(string Station, long[] Hours, long Vehicles);
