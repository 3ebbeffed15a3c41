using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Core.Lake.Iceberg;

/// <summary>
/// Iceberg's JDBC catalogue (schema V1) in Postgres: one row for each table says which metadata file is the table. Whoever moves it on says which one
/// the new file was made from; if it is no longer that, nothing is moved. Spark, Trino, Flink and PyIceberg do the same, with the same statement.
/// </summary>
internal static class LakeCatalogue
{
    /// <summary>The catalogue's name in its rows; an engine that uses another sees no tables.</summary>
    public const string Name = "lake";

    public const string Namespace = "city";

    /// <summary>The metadata file that is the table; null if there is no such table.</summary>
    public static async Task<string?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, string table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select metadata_location from iceberg_tables where catalog_name = $1 and table_namespace = $2 and table_name = $3 and (iceberg_type = 'TABLE' or iceberg_type is null)", connection, transaction);
        command.With(Name, Namespace, table);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>Moves a table from one metadata file to the next.</summary>
    /// <returns>False if the table is no longer what <paramref name="from"/> says.</returns>
    public static async Task<bool> SwapAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string table, string from, string to, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            update iceberg_tables set metadata_location = $4, previous_metadata_location = $5
            where catalog_name = $1 and table_namespace = $2 and table_name = $3 and metadata_location = $5 and (iceberg_type = 'TABLE' or iceberg_type is null)
            """,
            connection,
            transaction);
        command.With(Name, Namespace, table, to, from);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Enters a new table.</summary>
    /// <returns>False if it is there already.</returns>
    public static async Task<bool> InsertAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string table, string location, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with space as (insert into iceberg_namespace_properties (catalog_name, namespace, property_key, property_value) values ($1, $2, 'exists', 'true') on conflict do nothing)
            insert into iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, iceberg_type) values ($1, $2, $3, $4, 'TABLE') on conflict do nothing
            """,
            connection,
            transaction);
        command.With(Name, Namespace, table, location);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
