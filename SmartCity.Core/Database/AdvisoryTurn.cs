using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>A turn that one core of several on one database has at a time, until it is disposed or its session ends.</summary>
internal sealed class AdvisoryTurn : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly long _key;

    private AdvisoryTurn(NpgsqlConnection connection, long key) => (_connection, _key) = (connection, key);

    /// <summary>Null while another has it.</summary>
    /// <param name="key">Of the turn; any constant that nothing else takes.</param>
    public static async Task<AdvisoryTurn?> TryTakeAsync(NpgsqlDataSource dataSource, long key, CancellationToken cancellationToken)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            if (await ExecuteAsync(connection, "select pg_try_advisory_lock($1)", key, cancellationToken))
            {
                return new AdvisoryTurn(connection, key);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await using (_connection)
        {
            await ExecuteAsync(_connection, "select pg_advisory_unlock($1)", _key, CancellationToken.None);
        }
    }

    private static async Task<bool> ExecuteAsync(NpgsqlConnection connection, string sql, long key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = key } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
