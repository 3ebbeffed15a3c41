using Npgsql;

namespace SmartCity.Core.Charges;

/// <summary>What charges need to know of vehicles, stations and tariffs, as the database has it now.</summary>
internal sealed class ChargeFacts
{
    private readonly Dictionary<string, ChargedVehicle> _vehicles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(string Zone, DateOnly From, DateOnly To)>> _zones = new(StringComparer.Ordinal);

    private ChargeFacts()
    {
    }

    public static async Task<ChargeFacts> LoadAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ChargeableSighting> sightings, CancellationToken cancellationToken)
    {
        var facts = new ChargeFacts { Tariffs = await TariffStore.BookAsync(connection, cancellationToken) };
        await facts.LoadVehiclesAsync(connection, transaction, [.. sightings.Select(s => s.Plate).Distinct()], cancellationToken);
        await facts.LoadZonesAsync(connection, transaction, [.. sightings.Select(s => s.StationId).Distinct()], cancellationToken);
        return facts;
    }

    public required TariffBook Tariffs { get; init; }

    /// <summary>Null when the registry does not know the plate.</summary>
    public ChargedVehicle? Vehicle(string plate) => _vehicles.GetValueOrDefault(plate);

    /// <summary>The zones that a station belonged to on a day.</summary>
    public string[] Zones(string station, DateOnly day) =>
        _zones.TryGetValue(station, out var zones) ? [.. zones.Where(z => z.From <= day && day < z.To).Select(z => z.Zone).Distinct()] : [];

    private async Task LoadVehiclesAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string[] plates, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select plate, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class, discounts from vehicles where plate = any($1)", connection, transaction)
        {
            Parameters = { new() { Value = plates } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            _vehicles[reader.GetString(0)] = new ChargedVehicle(
                reader.GetString(1),
                reader.GetString(2),
                reader.IsDBNull(3) ? null : reader.GetInt32(3),
                reader.IsDBNull(4) ? null : reader.GetFieldValue<DateOnly>(4),
                reader.IsDBNull(5) ? null : reader.GetInt32(5),
                reader.IsDBNull(6) ? null : reader.GetInt32(6),
                reader.IsDBNull(7) ? null : reader.GetString(7),
                reader.GetFieldValue<string[]>(8));
        }
    }

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
            if (!_zones.TryGetValue(station, out var zones))
            {
                _zones[station] = zones = [];
            }

            zones.Add((reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetFieldValue<DateOnly>(3)));
        }
    }
}
