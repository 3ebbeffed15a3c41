using Npgsql;
using NpgsqlTypes;

namespace SmartCity.Core.Vehicles;

/// <summary>
/// Facts and discounts of a vehicle that come late, for days that are over: reports count the days again on which it passed meanwhile. One that was not known before is the
/// matter of the table, whoever fills it.
/// </summary>
internal static class LateFacts
{
    private static readonly DateOnly Ever = DateOnly.MaxValue;

    /// <summary>The days before today on which a timeline says something else than it did, from the first until the last of each stretch. Pure.</summary>
    public static IEnumerable<(DateOnly First, DateOnly Last)> Between(VehicleTimeline before, VehicleTimeline after, DateOnly today)
    {
        DateOnly[] begins = [.. Begins(before).Concat(Begins(after)).Append(DateOnly.MinValue).Distinct().Where(d => d < today).Order()];
        for (var i = 0; i < begins.Length; i++)
        {
            if (!Says(before, begins[i]).Equals(Says(after, begins[i]), StringComparison.Ordinal))
            {
                yield return (begins[i], i + 1 < begins.Length ? begins[i + 1].AddDays(-1) : today.AddDays(-1));
            }
        }
    }

    /// <summary>Makes the days due on which the vehicles passed.</summary>
    public static async Task MakeDueAsync(NpgsqlConnection connection, IReadOnlyList<(string Plate, DateOnly First, DateOnly Last)> late, CancellationToken cancellationToken)
    {
        if (late.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            """
            insert into report_days_due (part, day)
            select distinct 'traffic', (p.first_at at time zone c.time_zone)::date as day
            from unnest($1, $2, $3) as l (plate, first, last), city c, lateral (
                select first_at from passages where plate = l.plate and first_at >= l.first::timestamp at time zone c.time_zone and first_at < (l.last + 1)::timestamp at time zone c.time_zone offset 0) p
            order by day
            on conflict (part, day) do update set mark = excluded.mark
            """,
            connection);
        command.Parameters.Add(new() { Value = late.Select(l => l.Plate).ToArray() });
        command.Parameters.Add(new() { Value = late.Select(l => l.First).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date });
        command.Parameters.Add(new() { Value = late.Select(l => l.Last).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static IEnumerable<DateOnly> Begins(VehicleTimeline timeline) =>
        timeline.Records.Select(r => r.From).Concat(timeline.Discounts.Select(d => d.From)).Concat(timeline.Discounts.Where(d => d.Last < Ever).Select(d => d.Last.AddDays(1)));

    // What a report may read of it: not its keeper, its colour or what it is called.
    private static string Says(VehicleTimeline timeline, DateOnly day)
    {
        var facts = timeline.Records.LastOrDefault(r => r.From <= day)?.Facts;
        var discounts = timeline.Discounts.Where(d => d.From <= day && d.Last >= day).Select(d => d.Discount).Distinct().Order(StringComparer.Ordinal);
        return facts is null ? "" : $"{facts.Class}|{facts.Fuel}|{facts.Euro}|{facts.FirstRegistered:O}|{facts.GrossKg}|{facts.UnladenKg}|{facts.TaxClass}|{string.Join(',', discounts)}";
    }

    /// <summary>The registry as it was on a day, in place of the table.</summary>
    /// <param name="day">A parameter.</param>
    public static string RegistryOn(string day) =>
        $"""
        (select plate, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class from vehicles v
            where since <= {day} and not exists (select from vehicle_history h where h.plate = v.plate and h.from_day > v.since and h.from_day <= {day}) -- has begun, and is not in the table yet
         union all select plate, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class from vehicle_history where from_day <= {day} and to_day > {day})
        """;
}
