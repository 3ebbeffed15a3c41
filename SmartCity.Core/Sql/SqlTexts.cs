using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Sql;

/// <summary>Statements that come with the product: examples, and what reports say as SQL. Pure.</summary>
internal static class SqlTexts
{
    public static IReadOnlyList<SqlExample> Examples(ChargingCity city) =>
    [
        new("Toll and pollution by day, fuel and Euro standard",
            """
            -- The ledger as it is now, with what the registry says of each vehicle.
            select day, fuel, euro,
                   sum(amount) filter (where scheme = 'congestion') as toll,
                   sum(amount) filter (where scheme in ('ulez', 'lez')) as pollution
            from city.live_charges
            where day >= current_date - 30
            group by day, fuel, euro
            order by day, fuel, euro
            """),
        new("Toll and pollution by day, from the lake",
            """
            -- Every line that was ever archived: here the last 90 days.
            select day,
                   sum(case when scheme = 'congestion' then amount else 0.00 end) as toll,
                   sum(case when scheme = 'congestion' then 0.00 else amount end) as pollution
            from city.charges
            where day >= current_date - 90
            group by day
            order by day
            """),
        new("Vehicles an hour by station",
            $"""
            -- The last 24 hours, live. Older days are in city.passages, in the lake.
            select date_trunc('hour', first_at at time zone '{city.TimeZone}') as hour, station_id, count(*) as vehicles
            from city.live_passages
            where first_at >= now() - interval '24 hours'
            group by 1, 2
            order by 1, 2
            """),
        new("Vehicles by hour of the day and station, from the lake",
            """
            select hour, station_id, count(*) as vehicles
            from city.passages
            where day >= current_date - 30
            group by hour, station_id
            order by hour, station_id
            """),
        new("Most seen makes",
            """
            select make, count(*) as passages
            from city.live_passages
            where first_at >= now() - interval '7 days' and make is not null
            group by make
            order by passages desc
            limit 20
            """),
    ];

    /// <summary>The statement that gives the numbers of a report; null if there is none.</summary>
    public static string? Report(string name, DateOnly from, DateOnly to, ChargingCity city) => name switch
    {
        "charges" =>
            $"""
            -- Charges by scheme and day, as the report shows them. The report counts restricted plates too.
            select day, scheme,
                   case when scheme = 'congestion' then 'toll' else 'pollution' end as purpose,
                   count(*) filter (where kind = 'charge') - count(*) filter (where kind = 'reversal') as vehicles,
                   sum(amount) as amount,
                   -coalesce(sum(amount) filter (where kind = 'reversal'), 0) as reversed
            from city.live_charges
            where day >= date '{Day(from)}' and day <= date '{Day(to)}'
            group by day, scheme
            order by day, scheme
            """,
        "hours" =>
            $"""
            -- Passages by hour of the day and station, as the report shows them. The report counts restricted plates too.
            select extract(hour from p.first_at at time zone '{city.TimeZone}')::int as hour,
                   p.station_id as station, coalesce(s.name, p.station_id) as name, count(*) as passages
            from city.live_passages p
            left join city.live_stations s on s.id = p.station_id
            where p.first_at >= timestamp '{Day(from)} 00:00' at time zone '{city.TimeZone}'
              and p.first_at < timestamp '{Day(to.AddDays(1))} 00:00' at time zone '{city.TimeZone}'
            group by 1, 2, 3
            order by 1, 2
            """,
        _ => CountedReportSql.Of(name, $"c.day >= date '{Day(from)}' and c.day <= date '{Day(to)}'"),
    };

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
