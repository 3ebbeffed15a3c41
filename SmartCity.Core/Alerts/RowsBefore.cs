using Npgsql;
using NpgsqlTypes;
using SmartCity.Core.Api;

namespace SmartCity.Core.Alerts;

/// <summary>
/// Which rows of an import came before with the same pattern and requester. A list may have tens of millions of rows, so they are kept in a temporary table
/// of Postgres and not in memory. It is no transaction's: an upload may take hours, and nothing else waits for it.
/// </summary>
internal sealed class RowsBefore(NpgsqlDataSource dataSource) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;

    /// <summary>Adds rows, in their order.</summary>
    /// <returns>Those that repeat an earlier row, each by its line with the line of the first.</returns>
    public async Task<IReadOnlyDictionary<long, long>> AddAsync(IReadOnlyList<(long Line, string Pattern, string? RequestedBy)> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return new Dictionary<long, long>();
        }

        await BeginAsync(cancellationToken);

        // An empty requester is one, and none is another.
        await using var batch = new NpgsqlBatch(_connection!)
        {
            BatchCommands =
            {
                new("insert into pg_temp.rows_before select p, r, l from unnest($1, $2, $3) as n (p, r, l) order by l on conflict do nothing"),
                new("select n.l, b.line from unnest($1, $2, $3) as n (p, r, l) join pg_temp.rows_before b on b.pattern = n.p and b.requester = n.r where b.line <> n.l"),
            },
        };
        foreach (var command in batch.BatchCommands.Cast<NpgsqlBatchCommand>())
        {
            command.Parameters.Add(new() { Value = rows.Select(r => r.Pattern).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            command.Parameters.Add(new() { Value = rows.Select(r => r.RequestedBy is { } by ? "=" + by : "").ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            command.Parameters.Add(new() { Value = rows.Select(r => r.Line).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        }

        var again = new Dictionary<long, long>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        do
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                again[reader.GetInt64(0)] = reader.GetInt64(1);
            }
        }
        while (await reader.NextResultAsync(cancellationToken));

        return again;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (_connection is not null)
        {
            return;
        }

        _connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var made = new NpgsqlBatch(_connection)
        {
            BatchCommands =
            {
                new("drop table if exists pg_temp.rows_before"),
                new("create temporary table rows_before (pattern text, requester text, line bigint not null, primary key (pattern, requester))"),
            },
        };
        await made.ExecuteNonQueryAsync(cancellationToken);
    }
}
