using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Lake;

namespace SmartCity.Core.Sql;

/// <summary>The tables that a reader finds in the schema <c>city</c>.</summary>
internal static class SqlSchema
{
    // Without the right to a column only those read it who see plates.
    private const string Query =
        """
        select c.relname::text, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')
        from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = 'city'::regnamespace and c.relkind in ('v', 'f', 'r', 'm') order by c.relname, a.attnum
        """;

    public static async Task<IReadOnlyList<SqlTable>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        var columns = await command.ReadAllAsync(r => (Table: r.GetString(0), Column: new SqlColumn(r.GetString(1), r.GetString(2), !r.GetBoolean(3))), cancellationToken);
        var lake = LakeTables.All.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        return [.. columns.GroupBy(c => c.Table, c => c.Column).Select(t => new SqlTable("city." + t.Key, lake.Contains(t.Key), [.. t])).OrderByDescending(t => t.IsInLake)];
    }
}
