using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Reports;

/// <summary>
/// What came out of exhausts in each zone, estimated: kilometres from passage to passage times published factors. A vehicle that is next seen at
/// another station of the zone within the hour has driven the way between; any other passage counts for a fixed distance.
/// </summary>
internal static class EmissionsReport
{
    public static readonly DayReport<EmissionsDay> Day = new("emissions.1", DayReport.Traffic, DayAsync);

    public static readonly string[] Columns = ["zone", "class", "fuel", "euro", "passages", "kilometres", "noxGrams", "pmGrams", "co2Kilograms"];

    public static object?[] Values(EmissionsRow r) => [r.Zone, r.Class, r.Fuel, r.Euro, r.Passages, r.Kilometres, r.NoxGrams, r.PmGrams, r.Co2Kilograms];

    public static async Task<Report<EmissionsRow>> RunAsync(NpgsqlDataSource dataSource, EmissionFactors factors, ReportRange range, CancellationToken cancellationToken)
    {
        var assumed = factors.Assumptions;
        var days = await CountedDays.ReadAsync(dataSource, Day, range, cancellationToken);
        var rows = days.Rows.ToList();
        var known = rows.FindAll(r => r.Class is not null && r.Fuel is not null && factors.Find(r.Class, r.Fuel, r.Euro) is not null);
        var all = rows.Sum(r => r.Passages);
        var without = all - known.Sum(r => r.Passages);
        var sums = known.GroupBy(r => (r.Zone, Class: r.Class!, Fuel: r.Fuel!, r.Euro)).Select(g => (g.Key, Value: (Passages: g.Sum(r => r.Passages), Kilometres: g.Sum(r => r.Kilometres))));
        return new Report<EmissionsRow>(
            range.First,
            range.Last,
            [.. sums.OrderBy(s => s.Key.Zone, StringComparer.Ordinal).ThenByDescending(s => s.Value.Passages).Select(s => Row(s.Key, s.Value, factors))],
            [
                $"An estimate. Factors {factors.Version}.",
                .. factors.Sources,
                $"Distance: to the zone's station where the vehicle was seen next within {assumed.LegWithinMinutes} minutes, straight line times {assumed.Detour}; {assumed.KilometresPerPassage} km for any other passage.",
                $"{without} of {all} passages, counted once in each zone, are left out: their vehicle is not registered, or there is no factor for it.",
                "A station in several zones counts in each. Vehicles are as the registry has them for each day.",
                .. days.Notes,
            ]);
    }

    private static EmissionsRow Row((string Zone, string Class, string Fuel, int? Euro) of, (long Passages, double Kilometres) sum, EmissionFactors factors)
    {
        var factor = factors.Find(of.Class, of.Fuel, of.Euro)!.Value;
        return new EmissionsRow(
            of.Zone, of.Class, of.Fuel, of.Euro, sum.Passages, Math.Round(sum.Kilometres, 1), Math.Round(sum.Kilometres * factor.Nox, 2), Math.Round(sum.Kilometres * factor.Pm, 4), Math.Round(sum.Kilometres * factor.Co2 / 1000, 3));
    }

    private static async Task<List<EmissionsDay>> DayAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken)
    {
        var assumed = EmissionFactors.Published.Assumptions;
        var places = await TrafficReports.PlacesAsync(dataSource, cancellationToken);

        // Those who set out on the day, also when they are seen again on the next.
        await using var command = TrafficReports.Over(
            dataSource, day,
            $"""
            with steps as (
                select plate, station_id, first_at, lead(station_id) over w as next, lead(first_at) over w - last_at <= $3 as soon
                from passages where first_at >= $1 and first_at < $2 + $3 window w as (partition by plate order by first_at, id)),
            counted as (
                select s.station_id, case when s.soon and s.next <> s.station_id then s.next end as next, v.class, v.fuel, v.euro, count(*) as passages
                from steps s left join {LateFacts.RegistryOn("$4")} v on v.plate = s.plate where s.first_at < $2 group by 1, 2, 3, 4, 5)
            select z.zone, c.station_id,
                   case when exists (select 1 from station_zones n where n.station_id = c.next and n.zone = z.zone and $4 >= n.from_day and $4 < n.to_day) then c.next end as inside,
                   c.class, c.fuel, c.euro, sum(c.passages)::bigint
            from counted c join station_zones z on z.station_id = c.station_id and $4 >= z.from_day and $4 < z.to_day
            group by 1, 2, 3, 4, 5, 6
            """);
        command.Parameters.Add(new() { Value = TimeSpan.FromMinutes(assumed.LegWithinMinutes) });
        command.Parameters.Add(new() { Value = day.First });
        var rows = await command.ReadAllAsync(
            r => (Zone: r.GetString(0), Station: r.GetString(1), Next: r.Text(2), Class: r.Text(3), Fuel: r.Text(4), Euro: r.Int(5), Passages: r.GetInt64(6)), cancellationToken);
        double Kilometres(string station, string? next) => next is not null && places.TryGetValue(station, out var from) && places.TryGetValue(next, out var to)
            ? Journey.Kilometres(from, to) * assumed.Detour
            : assumed.KilometresPerPassage;
        return [.. rows.GroupBy(r => (r.Zone, r.Class, r.Fuel, r.Euro)).Select(g => new EmissionsDay(g.Key.Zone, g.Key.Class, g.Key.Fuel, g.Key.Euro, g.Sum(r => r.Passages), g.Sum(r => Kilometres(r.Station, r.Next) * r.Passages)))];
    }
}

/// <param name="Class">Null for vehicles that are not in the registry.</param>
/// <param name="Kilometres">That are assumed to have been driven.</param>
internal sealed record EmissionsDay(string Zone, string? Class, string? Fuel, int? Euro, long Passages, double Kilometres);
