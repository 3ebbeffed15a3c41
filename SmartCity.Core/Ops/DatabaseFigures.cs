using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Ops;

/// <summary>Measures the core's Postgres.</summary>
internal sealed class DatabaseFigures(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const int MostTables = 12;

    private long _transactions;
    private DateTimeOffset _measured;

    public DatabaseMeasurement? Newest { get; private set; }

    public IReadOnlyList<TableStatus> Tables { get; private set; } = [];

    /// <summary>Why the last measurement failed; null when it did not.</summary>
    public string? Error { get; private set; }

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = dataSource.CreateCommand(
                """
                select current_setting('server_version'), pg_database_size(d.datid), d.numbackends, current_setting('max_connections')::int,
                       (select extract(epoch from clock_timestamp() - min(a.xact_start))::float8 from pg_stat_activity a
                        where a.datid = d.datid and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'),
                       d.xact_commit, case when d.blks_hit + d.blks_read > 0 then d.blks_hit::float8 / (d.blks_hit + d.blks_read) end
                from pg_stat_database d where d.datname = current_database()
                """);
            var now = time.GetUtcNow();
            Newest = (await command.ReadAllAsync(
                r => new DatabaseMeasurement(now, r.GetString(0), r.GetInt64(1), r.GetInt32(2), r.GetInt32(3), r.Double(4), Rate(r.GetInt64(5), now), r.Double(6)),
                cancellationToken)).Single();
            Error = null;
        }
        catch (NpgsqlException e)
        {
            Error = e.Message;
        }
    }

    /// <summary>Looks at every table's files: for now and then.</summary>
    public async Task CountTablesAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select coalesce(parent.relname, c.relname), c.relname, pg_total_relation_size(c.oid), c.reltuples::bigint, parent.oid is not null
            from pg_class c
            left join pg_inherits i on i.inhrelid = c.oid
            left join pg_class parent on parent.oid = i.inhparent
            where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
            order by c.relname desc
            """);
        var rows = await command.ReadAllAsync(r => (Table: r.GetString(0), Name: r.GetString(1), Bytes: r.GetInt64(2), Rows: r.GetInt64(3), IsPartition: r.GetBoolean(4)), cancellationToken);
        Tables =
        [
            .. rows.GroupBy(r => r.Table)
                .Select(g => new TableStatus(
                    g.Key, g.Sum(r => r.Bytes), g.All(r => r.Rows < 0) ? null : g.Sum(r => Math.Max(0, r.Rows)),
                    [.. g.Where(r => r.IsPartition).Select(r => new TablePartition(r.Name, r.Bytes, r.Rows < 0 ? null : r.Rows))]))
                .OrderByDescending(t => t.Bytes)
                .Take(MostTables),
        ];
    }

    private double? Rate(long transactions, DateTimeOffset now)
    {
        double? rate = _measured == default || transactions < _transactions ? null : Math.Round((transactions - _transactions) / Math.Max(0.001, (now - _measured).TotalSeconds), 1);
        (_transactions, _measured) = (transactions, now);
        return rate;
    }
}

internal sealed record DatabaseMeasurement(
    DateTimeOffset At, string Version, long SizeBytes, int Connections, int MaximumConnections, double? OldestTransactionSeconds, double? TransactionsPerSecond, double? CacheHits);
