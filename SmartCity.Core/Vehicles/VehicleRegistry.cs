using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Vehicles;

/// <summary>The registry of vehicles in Postgres.</summary>
public sealed class VehicleRegistry(NpgsqlDataSource dataSource)
{
    /// <summary>Columns of <c>vehicles v</c> in the order that <see cref="Read"/> expects.</summary>
    internal const string Columns =
        "v.plate, v.make, v.model, v.colour, v.year, v.class, v.fuel, v.euro, v.first_registered, v.gross_kg, v.unladen_kg, v.tax_class, v.type_approval, v.keeper, v.discounts";

    internal const int ColumnCount = 15;

    /// <summary>Those of the plates that are registered.</summary>
    public async Task<Dictionary<string, VehicleView>> FindAsync(IReadOnlyCollection<string> plates, CancellationToken cancellationToken)
    {
        if (plates.Count == 0)
        {
            return [];
        }

        await using var command = dataSource.CreateCommand($"select {Columns} from vehicles v where plate = any($1)");
        command.Parameters.Add(new() { Value = plates.ToArray() });
        var found = await command.ReadAllAsync(reader => Read(reader, 0)!, cancellationToken);
        return found.ToDictionary(v => v.Plate, StringComparer.Ordinal);
    }

    /// <summary>Adds vehicles, or replaces those that are there, in one statement; of two with the same plate the last counts.</summary>
    public async Task SaveAsync(IEnumerable<VehicleView> vehicles, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync("create temp table incoming (like vehicles including defaults, row bigint) on commit drop");
        await using (var copy = await connection.BeginBinaryImportAsync(
            "copy incoming (plate, make, model, colour, year, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class, type_approval, keeper, discounts, row) from stdin (format binary)", cancellationToken))
        {
            long row = 0;
            foreach (var vehicle in vehicles)
            {
                await WriteAsync(copy, vehicle, row++, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await ExecuteAsync(
            """
            insert into vehicles (plate, make, model, colour, year, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class, type_approval, keeper, discounts)
            select distinct on (plate) plate, make, model, colour, year, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class, type_approval, keeper, discounts
            from incoming order by plate, row desc
            on conflict (plate) do update set
                make = excluded.make, model = excluded.model, colour = excluded.colour, year = excluded.year, class = excluded.class, fuel = excluded.fuel,
                euro = excluded.euro, first_registered = excluded.first_registered, gross_kg = excluded.gross_kg, unladen_kg = excluded.unladen_kg,
                tax_class = excluded.tax_class, type_approval = excluded.type_approval, keeper = excluded.keeper, discounts = excluded.discounts
            """);
        await transaction.CommitAsync(cancellationToken);

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>A vehicle from its columns, null when they are (a left join that found none).</summary>
    internal static VehicleView? Read(NpgsqlDataReader reader, int first) => reader.IsDBNull(first) ? null : new VehicleView
    {
        Plate = reader.GetString(first),
        Make = reader.Text(first + 1),
        Model = reader.Text(first + 2),
        Colour = reader.Text(first + 3),
        Year = reader.Int(first + 4),
        Class = reader.GetString(first + 5),
        Fuel = reader.GetString(first + 6),
        Euro = reader.Int(first + 7),
        FirstRegistered = reader.IsDBNull(first + 8) ? null : reader.GetFieldValue<DateOnly>(first + 8),
        GrossKg = reader.Int(first + 9),
        UnladenKg = reader.Int(first + 10),
        TaxClass = reader.Text(first + 11),
        TypeApproval = reader.Text(first + 12),
        Keeper = reader.Text(first + 13),
        Discounts = reader.GetFieldValue<string[]>(first + 14),
    };

    private static async Task WriteAsync(NpgsqlBinaryImporter copy, VehicleView v, long row, CancellationToken cancellationToken)
    {
        await copy.StartRowAsync(cancellationToken);
        await TextAsync(v.Plate);
        await TextAsync(v.Make);
        await TextAsync(v.Model);
        await TextAsync(v.Colour);
        await ValueAsync(v.Year, NpgsqlDbType.Integer);
        await TextAsync(v.Class);
        await TextAsync(v.Fuel);
        await ValueAsync(v.Euro, NpgsqlDbType.Integer);
        await ValueAsync(v.FirstRegistered, NpgsqlDbType.Date);
        await ValueAsync(v.GrossKg, NpgsqlDbType.Integer);
        await ValueAsync(v.UnladenKg, NpgsqlDbType.Integer);
        await TextAsync(v.TaxClass);
        await TextAsync(v.TypeApproval);
        await TextAsync(v.Keeper);
        await copy.WriteAsync(v.Discounts.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(row, NpgsqlDbType.Bigint, cancellationToken);

        Task TextAsync(string? text) => text is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);

        Task ValueAsync<T>(T? value, NpgsqlDbType type)
            where T : struct => value is { } known ? copy.WriteAsync(known, type, cancellationToken) : copy.WriteNullAsync(cancellationToken);
    }
}
