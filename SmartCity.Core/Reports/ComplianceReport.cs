using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Reports;

/// <summary>Vehicles that passed, by class, fuel and Euro standard, and how many of them the schemes' own rules would not charge.</summary>
internal static class ComplianceReport
{
    public static readonly DayReport<ComplianceDay> Day = new("compliance.1", DayReport.Traffic, DayAsync);

    public static readonly string[] Columns = ["class", "fuel", "euro", "vehicles", "compliant"];

    // Any hour will do: ULEZ and LEZ hold all day.
    private static readonly string[] Zones = [ChargeRules.Ulez, ChargeRules.Lez];

    public static object?[] Values(ComplianceRow r) => [r.Class, r.Fuel, r.Euro, r.Vehicles, r.Compliant];

    public static async Task<Report<ComplianceRow>> RunAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        var days = await CountedDays.ReadAsync(dataSource, Day, range, cancellationToken);
        var rows = days.Rows.ToList();
        return new Report<ComplianceRow>(
            range.First,
            range.Last,
            [
                .. rows.Where(r => r.Class is not null).GroupBy(r => (Class: r.Class!, Fuel: r.Fuel!, r.Euro))
                    .OrderBy(g => g.Key.Class, StringComparer.Ordinal).ThenBy(g => g.Key.Fuel, StringComparer.Ordinal).ThenBy(g => g.Key.Euro)
                    .Select(g => new ComplianceRow(g.Key.Class, g.Key.Fuel, g.Key.Euro, g.Sum(r => r.Vehicles), g.Sum(r => r.Compliant))),
            ],
            [
                $"Left out: {rows.Where(r => r.Class is null).Sum(r => r.Vehicles)} that passed and are not in the registry.",
                "Compliant are those that neither the ULEZ nor the LEZ would charge on the day, exemptions included; where the rules cannot tell, a vehicle does not count as compliant.",
                "A vehicle counts once for each day, as the registry has it for that day.",
                .. days.Notes,
            ]);
    }

    private static async Task<List<ComplianceDay>> DayAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken)
    {
        var tariffs = await TariffStore.BookAsync(dataSource, day.City, cancellationToken);
        await using var command = dataSource.CreateCommand(
            $"""
            select v.class, v.fuel, v.euro, v.first_registered, v.gross_kg, v.unladen_kg, v.tax_class,
                array(select d.discount from vehicle_discounts d where d.plate = v.plate and $3 between d.from_day and d.last_day)
            from (select distinct plate from passages where first_at >= $1 and first_at < $2) p left join {LateFacts.RegistryOn("$3")} v on v.plate = p.plate
            """);
        command.Parameters.Add(new() { Value = day.From });
        command.Parameters.Add(new() { Value = day.To });
        command.Parameters.Add(new() { Value = day.First });
        ZonePassage[] noon = [new(day.From.AddHours(12), Zones)];
        var counts = new Dictionary<(string? Class, string? Fuel, int? Euro), (long Vehicles, long Compliant)>();
        await foreach (var vehicle in command.StreamAsync(Read, cancellationToken))
        {
            var kind = (vehicle?.Class, vehicle?.Fuel, vehicle?.Euro);
            var (vehicles, compliant) = counts.GetValueOrDefault(kind);
            var complies = vehicle is not null && ChargeRules.Assess(vehicle, noon, tariffs).All(a => a.Verdict == Verdict.NotCharged);
            counts[kind] = (vehicles + 1, compliant + (complies ? 1 : 0));
        }

        return [.. counts.Select(c => new ComplianceDay(c.Key.Class, c.Key.Fuel, c.Key.Euro, c.Value.Vehicles, c.Value.Compliant))];
    }

    private static ChargedVehicle? Read(NpgsqlDataReader r) => r.IsDBNull(0)
        ? null
        : new ChargedVehicle(r.GetString(0), r.GetString(1), r.Int(2), r.IsDBNull(3) ? null : r.GetFieldValue<DateOnly>(3), r.Int(4), r.Int(5), r.Text(6), r.GetFieldValue<string[]>(7));
}

/// <param name="Class">Null for vehicles that are not in the registry.</param>
internal sealed record ComplianceDay(string? Class, string? Fuel, int? Euro, long Vehicles, long Compliant);
