using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Core.Charges;

/// <summary>What charges need to know of vehicles, stations and tariffs, as the database has it now.</summary>
internal sealed class ChargeFacts
{
    private readonly Dictionary<string, DatedVehicle> _vehicles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(string Zone, DateOnly From, DateOnly To)>> _zones = new(StringComparer.Ordinal);

    private ChargeFacts()
    {
    }

    public static async Task<ChargeFacts> LoadAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ChargeableSighting> sightings, ChargingCity city, CancellationToken cancellationToken)
    {
        var facts = new ChargeFacts { Tariffs = await TariffStore.BookAsync(connection, city, cancellationToken) };
        await facts.LoadVehiclesAsync(connection, transaction, [.. sightings.Select(s => s.Plate).Distinct()], cancellationToken);
        await facts.LoadZonesAsync(connection, transaction, [.. sightings.Select(s => s.StationId).Distinct()], cancellationToken);
        return facts;
    }

    public required TariffBook Tariffs { get; init; }

    /// <summary>Null when the registry does not know the plate.</summary>
    public DatedVehicle? Vehicle(string plate) => _vehicles.GetValueOrDefault(plate);

    /// <summary>The zones that a station belonged to on a day.</summary>
    public string[] Zones(string station, DateOnly day) =>
        _zones.TryGetValue(station, out var zones) ? [.. zones.Where(z => z.From <= day && day < z.To).Select(z => z.Zone).Distinct()] : [];

    private async Task LoadVehiclesAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string[] plates, CancellationToken cancellationToken)
    {
        // One statement: facts and discounts of one moment, whatever an import does meanwhile.
        await using var command = new NpgsqlCommand(
            """
            select plate, from_day, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class, null as discount, null::date as last_day, type_approval from vehicle_history where plate = any($1)
            union all select plate, since, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class, null, null, type_approval from vehicles where plate = any($1)
            union all select plate, from_day, null, null, null, null, null, null, null, discount, last_day, null from vehicle_discounts where plate = any($1)
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = plates } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var records = new Dictionary<string, List<DatedFacts>>(StringComparer.Ordinal);
        var discounts = new Dictionary<string, List<DatedDiscount>>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.Text(9) is { } discount)
            {
                Of(discounts, reader.GetString(0)).Add(new DatedDiscount(discount, reader.GetFieldValue<DateOnly>(1), reader.GetFieldValue<DateOnly>(10)));
                continue;
            }

            Of(records, reader.GetString(0)).Add(new DatedFacts(reader.GetFieldValue<DateOnly>(1), new ChargedVehicle(
                reader.GetString(2),
                reader.GetString(3),
                reader.Int(4),
                reader.IsDBNull(5) ? null : reader.GetFieldValue<DateOnly>(5),
                reader.Int(6),
                reader.Int(7),
                reader.Text(8),
                [])
            { TypeApproval = reader.Text(11) }));
        }

        foreach (var (plate, known) in records)
        {
            known.Sort((a, b) => a.From.CompareTo(b.From));
            _vehicles[plate] = new DatedVehicle(known, discounts.TryGetValue(plate, out var registered) ? registered : []);
        }
    }

    private static List<T> Of<T>(Dictionary<string, List<T>> lists, string plate) => lists.TryGetValue(plate, out var list) ? list : lists[plate] = [];

    private async Task LoadZonesAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string[] stations, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select station_id, zone, from_day, to_day from station_zones where station_id = any($1)", connection, transaction)
        {
            Parameters = { new() { Value = stations } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var station = reader.GetString(0);
            Of(_zones, station).Add((reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetFieldValue<DateOnly>(3)));
        }
    }
}
