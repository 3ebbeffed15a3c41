using System.Globalization;
using SmartCity.Core.Reports;

namespace SmartCity.Core.Sql;

/// <summary>Reports as SQL over the days that were counted for them: the statements need no plates. Pure.</summary>
internal static class CountedReportSql
{
    private const string Head = "-- As the report shows it, of days that are over, as they were last counted. Today is in the report alone.";

    /// <param name="days">The condition on the day.</param>
    /// <returns>Null for a report that is not made of such days.</returns>
    public static string? Of(string name, string days) => name switch
    {
        "compliance" =>
            $"""
            {Head}
            select r."Class" as class, r."Fuel" as fuel, r."Euro" as euro, sum(r."Vehicles") as vehicles, sum(r."Compliant") as compliant
            from city.counted_days c, json_to_recordset(c.rows) as r("Class" text, "Fuel" text, "Euro" int, "Vehicles" bigint, "Compliant" bigint)
            where c.report = '{ComplianceReport.Day.Name}' and {days} and r."Class" is not null
            group by r."Class", r."Fuel", r."Euro"
            order by r."Class" collate "C", r."Fuel" collate "C", r."Euro" nulls first
            """,
        "stations" =>
            $"""
            {Head}
            with counted as (
                select r.* from city.counted_days c, json_to_recordset(c.rows) as r("Station" text, "Hours" bigint[], "Vehicles" bigint)
                where c.report = '{TrafficReports.Day.Name}' and {days}),
            hours as (
                select d."Station" as station, h.number - 1 as hour, sum(h.passages) as passages from counted d, unnest(d."Hours") with ordinality as h(passages, number) group by 1, 2),
            busiest as (select distinct on (station) station, hour from hours order by station, passages desc, hour)
            select p.station, coalesce(s.name, p.station) as name, p.passages, v.vehicles, b.hour as "busiestHour"
            from (select station, sum(passages) as passages from hours group by 1) p
            join (select "Station" as station, sum("Vehicles") as vehicles from counted group by 1) v on v.station = p.station
            join busiest b on b.station = p.station
            left join city.live_stations s on s.id = p.station
            order by p.passages desc, p.station collate "C"
            """,
        "reads" =>
            $"""
            {Head}
            select r."Station" as station, r."Camera" as camera, sum(r."Sightings") as sightings, sum(r."Read") as read,
                   round((sum(r."Confidence") / nullif(sum(r."Read"), 0)::float8)::numeric, 4) as "meanConfidence", sum(r."Reviewed") as reviewed, sum(r."Corrected") as corrected
            from city.counted_days c,
                 json_to_recordset(c.rows) as r("Station" text, "Camera" text, "Sightings" bigint, "Read" bigint, "Confidence" float8, "Reviewed" bigint, "Corrected" bigint)
            where c.report = '{ReadsReport.Day.Name}' and {days}
            group by r."Station", r."Camera"
            order by r."Station" collate "C", r."Camera" collate "C"
            """,
        "versions" =>
            $"""
            {Head}
            select c.day, r."Version" as version, r."Station" as station, r."Sightings" as sightings, r."Read" as read, r."Reviewed" as reviewed, r."Corrected" as corrected
            from city.counted_days c,
                 json_to_recordset(c.rows) as r("Version" text, "Station" text, "Sightings" bigint, "Read" bigint, "Reviewed" bigint, "Corrected" bigint)
            where c.report = '{VersionsReport.Day.Name}' and {days} and r."Version" is not null
            order by c.day, r."Version" collate "C", r."Station" collate "C"
            """,
        "travel" =>
            $"""
            {Head}
            -- Times are counted in steps of 5 %.
            with steps as (
                select r."From" as f, r."To" as t, s.step, sum(s.vehicles) as vehicles
                from city.counted_days c, json_to_recordset(c.rows) as r("From" text, "To" text, "Bins" int[], "Vehicles" bigint[]), unnest(r."Bins", r."Vehicles") as s(step, vehicles)
                where c.report = '{CongestionReports.TravelDay.Name}' and {days}
                group by 1, 2, 3),
            summed as (select f, t, step, sum(vehicles) over (partition by f, t order by step) as up_to, sum(vehicles) over (partition by f, t) as vehicles from steps),
            times as (
                select f, t, vehicles, round(power(1.05::float8, min(step) filter (where up_to >= ceil(0.5 * vehicles)))) as median,
                       round(power(1.05::float8, min(step) filter (where up_to >= ceil(0.9 * vehicles)))) as p90
                from summed group by f, t, vehicles)
            select x.f as "from", a.name as "fromName", x.t as "to", b.name as "toName", x.vehicles, x.median as "medianSeconds", x.p90 as "p90Seconds",
                   k.kilometres, round((k.kilometres::float8 / (x.median / 3600))::numeric, 1) as "kilometresAnHour"
            from times x
            join city.live_stations a on a.id = x.f
            join city.live_stations b on b.id = x.t,
            lateral (select round((2 * 6371.0088 * asin(sqrt(power(sin(radians(b.latitude - a.latitude) / 2), 2)
                         + cos(radians(a.latitude)) * cos(radians(b.latitude)) * power(sin(radians(b.longitude - a.longitude) / 2), 2))))::numeric, 2) as kilometres) k
            order by x.vehicles desc, x.f collate "C", x.t collate "C"
            limit {CongestionReports.MostPairs.ToString(CultureInfo.InvariantCulture)}
            """,
        "dwell" =>
            $"""
            {Head}
            select c.day, r."Vehicles" as vehicles, round(extract(epoch from {Interval("Median")})::numeric / 60, 1) as "medianMinutes", round(extract(epoch from {Interval("P90")})::numeric / 60, 1) as "p90Minutes"
            from city.counted_days c, json_to_recordset(c.rows) as r("Vehicles" bigint, "Median" text, "P90" text)
            where c.report = '{CongestionReports.DwellDay.Name}' and {days}
            order by c.day
            """,
        "emissions" => Emissions(EmissionFactors.Published, days),
        _ => null,
    };

    private static string Emissions(EmissionFactors factors, string days)
    {
        var grams = string.Join(",\n    ", factors.All.Select(f => string.Create(CultureInfo.InvariantCulture, $"('{f.Class}', '{f.Fuel}', {f.Euro}, {f.Factor.Nox}::float8, {f.Factor.Pm}::float8, {f.Factor.Co2}::float8)")));
        return
            $"""
            {Head}
            -- Grams a kilometre of {factors.Version}; {string.Join(", ", factors.None)}: none.
            with factors (class, fuel, euro, nox, pm, co2) as (values
                {grams}),
            counted as (
                select r."Zone" as zone, r."Class" as class, r."Fuel" as fuel, r."Euro" as euro, sum(r."Passages") as passages, sum(r."Kilometres") as kilometres
                from city.counted_days c,
                     json_to_recordset(c.rows) as r("Zone" text, "Class" text, "Fuel" text, "Euro" int, "Passages" bigint, "Kilometres" float8)
                where c.report = '{EmissionsReport.Day.Name}' and {days}
                group by 1, 2, 3, 4)
            select k.zone, k.class, k.fuel, k.euro, k.passages, round(k.kilometres::numeric, 1) as kilometres, round((k.kilometres * coalesce(f.nox, 0))::numeric, 2) as "noxGrams",
                   round((k.kilometres * coalesce(f.pm, 0))::numeric, 4) as "pmGrams", round((k.kilometres * coalesce(f.co2, 0) / 1000)::numeric, 3) as "co2Kilograms"
            from counted k
            left join factors f on f.class = k.class and f.fuel = k.fuel and f.euro = k.euro
            where k.class is not null and (f.class is not null or k.fuel in ({string.Join(", ", factors.None.Select(n => $"'{n}'"))}))
            order by k.zone collate "C", k.passages desc
            """;
    }

    // A time as .NET writes it, which has a dot after its days.
    private static string Interval(string column) => $"regexp_replace(r.\"{column}\", '^(\\d+)\\.(\\d\\d:)', '\\1 days \\2')::interval";
}
