using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Reports;

/// <summary>Vehicles that passed, by class, fuel and Euro standard, and how many of them the schemes' own rules would not charge.</summary>
internal static class ComplianceReport
{
    public static readonly string[] Columns = ["class", "fuel", "euro", "vehicles", "compliant"];

    // Any hour will do: ULEZ and LEZ hold all day.
    private static readonly string[] Zones = [ChargeRules.Ulez, ChargeRules.Lez];

    public static object?[] Values(ComplianceRow r) => [r.Class, r.Fuel, r.Euro, r.Vehicles, r.Compliant];

    public static async Task<Report<ComplianceRow>> RunAsync(NpgsqlDataSource dataSource, TariffBook tariffs, ReportRange range, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select v.class, v.fuel, v.euro, v.first_registered, v.gross_kg, v.unladen_kg, v.tax_class,
                array(select d.discount from vehicle_discounts d where d.plate = v.plate and $3 between d.from_day and d.last_day)
            from (select distinct plate from passages where first_at >= $1 and first_at < $2) p left join vehicles v on v.plate = p.plate
            """);
        command.Parameters.Add(new() { Value = range.From });
        command.Parameters.Add(new() { Value = range.To });
        command.Parameters.Add(new() { Value = range.Last });
        ZonePassage[] noon = [new(range.City.StartOf(range.Last).AddHours(12), Zones)];
        var counts = new Dictionary<(string Class, string Fuel, int? Euro), (long Vehicles, long Compliant)>();
        var unregistered = 0L;
        await foreach (var vehicle in command.StreamAsync(Read, cancellationToken))
        {
            if (vehicle is null)
            {
                unregistered++;
                continue;
            }

            var kind = (vehicle.Class, vehicle.Fuel, vehicle.Euro);
            var (vehicles, compliant) = counts.GetValueOrDefault(kind);
            var charged = ChargeRules.Assess(vehicle, noon, tariffs).Any(a => a.Verdict != Verdict.NotCharged);
            counts[kind] = (vehicles + 1, compliant + (charged ? 0 : 1));
        }

        return new Report<ComplianceRow>(
            range.First,
            range.Last,
            [.. counts.OrderBy(c => c.Key.Class, StringComparer.Ordinal).ThenBy(c => c.Key.Fuel, StringComparer.Ordinal).ThenBy(c => c.Key.Euro)
                .Select(c => new ComplianceRow(c.Key.Class, c.Key.Fuel, c.Key.Euro, c.Value.Vehicles, c.Value.Compliant))],
            [$"Left out: {unregistered} that passed and are not in the registry.", "Compliant are those that neither the ULEZ nor the LEZ would charge on the last day, exemptions included; where the rules cannot tell, a vehicle does not count as compliant."]);
    }

    private static ChargedVehicle? Read(NpgsqlDataReader r) => r.IsDBNull(0)
        ? null
        : new ChargedVehicle(r.GetString(0), r.GetString(1), r.Int(2), r.IsDBNull(3) ? null : r.GetFieldValue<DateOnly>(3), r.Int(4), r.Int(5), r.Text(6), r.GetFieldValue<string[]>(7));
}
