using Npgsql;

namespace SmartCity.Core.Archive;

/// <summary>The right to change the archive: of several cores on one database, one rolls or compacts at a time.</summary>
internal sealed class ArchiveTurn : IAsyncDisposable
{
    // Any constant will do.
    private const long AdvisoryLock = 0x417263686976;

    private readonly NpgsqlConnection _connection;

    private ArchiveTurn(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Null while another has it.</summary>
    public static async Task<ArchiveTurn?> TryTakeAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        if (await ExecuteAsync(connection, "select pg_try_advisory_lock($1)", cancellationToken))
        {
            return new ArchiveTurn(connection);
        }

        await connection.DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await using (_connection)
        {
            await ExecuteAsync(_connection, "select pg_advisory_unlock($1)", CancellationToken.None);
        }
    }

    private static async Task<bool> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = AdvisoryLock } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
