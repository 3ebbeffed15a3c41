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
    public static readonly string[] Columns = ["zone", "class", "fuel", "euro", "passages", "kilometres", "noxGrams", "pmGrams", "co2Kilograms"];

    public static object?[] Values(EmissionsRow r) => [r.Zone, r.Class, r.Fuel, r.Euro, r.Passages, r.Kilometres, r.NoxGrams, r.PmGrams, r.Co2Kilograms];

    public static async Task<Report<EmissionsRow>> RunAsync(NpgsqlDataSource dataSource, EmissionFactors factors, ReportRange range, CancellationToken cancellationToken)
    {
        var assumed = factors.Assumptions;
        var stations = await StationsAsync(dataSource, cancellationToken);
        await using var command = TrafficReports.Over(
            dataSource, range,
            """
            with steps as (
                select plate, station_id, (first_at at time zone (select time_zone from city))::date as day, lead(station_id) over w as next,
                       lead(first_at) over w - last_at <= $3 as soon
                from passages where first_at >= $1 and first_at < $2 window w as (partition by plate order by first_at, id)),
            counted as (
                select s.station_id, case when s.soon and s.next <> s.station_id then s.next end as next, s.day, v.class, v.fuel, v.euro, count(*) as passages
                from steps s left join vehicles v on v.plate = s.plate group by 1, 2, 3, 4, 5, 6)
            select z.zone, c.station_id,
                   case when exists (select 1 from station_zones n where n.station_id = c.next and n.zone = z.zone and c.day >= n.from_day and c.day < n.to_day) then c.next end as inside,
                   c.class, c.fuel, c.euro, sum(c.passages)::bigint
            from counted c join station_zones z on z.station_id = c.station_id and c.day >= z.from_day and c.day < z.to_day
            group by 1, 2, 3, 4, 5, 6
            """);
        command.Parameters.Add(new() { Value = TimeSpan.FromMinutes(assumed.LegWithinMinutes) });
        var rows = await command.ReadAllAsync(
            r => (Zone: r.GetString(0), Station: r.GetString(1), Next: r.Text(2), Class: r.Text(3), Fuel: r.Text(4), Euro: r.Int(5), Passages: r.GetInt64(6)), cancellationToken);
        var (all, without) = (rows.Sum(r => r.Passages), 0L);
        var sums = new Dictionary<(string Zone, string Class, string Fuel, int? Euro), (long Passages, double Kilometres)>();
        foreach (var row in rows)
        {
            if (row.Class is null || row.Fuel is null || factors.Find(row.Class, row.Fuel, row.Euro) is null)
            {
                without += row.Passages;
                continue;
            }

            var kilometres = row.Next is { } next && stations.TryGetValue(row.Station, out var from) && stations.TryGetValue(next, out var to)
                ? Journey.Kilometres(from, to) * assumed.Detour
                : assumed.KilometresPerPassage;
            var key = (row.Zone, row.Class, row.Fuel, row.Euro);
            var (passages, sum) = sums.GetValueOrDefault(key);
            sums[key] = (passages + row.Passages, sum + kilometres * row.Passages);
        }

        return new Report<EmissionsRow>(
            range.First,
            range.Last,
            [.. sums.OrderBy(s => s.Key.Zone, StringComparer.Ordinal).ThenByDescending(s => s.Value.Passages).Select(s => Row(s.Key, s.Value, factors))],
            [
                $"An estimate. Factors {factors.Version}.",
                .. factors.Sources,
                $"Distance: to the zone's station where the vehicle was seen next within {assumed.LegWithinMinutes} minutes, straight line times {assumed.Detour}; {assumed.KilometresPerPassage} km for any other passage.",
                $"{without} of {all} passages, counted once in each zone, are left out: their vehicle is not registered, or there is no factor for it.",
                "A station in several zones counts in each.",
            ]);
    }

    private static EmissionsRow Row((string Zone, string Class, string Fuel, int? Euro) of, (long Passages, double Kilometres) sum, EmissionFactors factors)
    {
        var factor = factors.Find(of.Class, of.Fuel, of.Euro)!.Value;
        return new EmissionsRow(
            of.Zone, of.Class, of.Fuel, of.Euro, sum.Passages, Math.Round(sum.Kilometres, 1), Math.Round(sum.Kilometres * factor.Nox, 2), Math.Round(sum.Kilometres * factor.Pm, 4), Math.Round(sum.Kilometres * factor.Co2 / 1000, 3));
    }

    private static async Task<Dictionary<string, (string Name, double Latitude, double Longitude)>> StationsAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id, name, latitude, longitude from stations");
        return (await command.ReadAllAsync(r => (Id: r.GetString(0), Station: (r.GetString(1), r.GetDouble(2), r.GetDouble(3))), cancellationToken)).ToDictionary(s => s.Id, s => s.Station);
    }
}
