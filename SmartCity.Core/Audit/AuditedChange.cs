using Npgsql;

namespace SmartCity.Core.Audit;

/// <summary>
/// What a call changes and the line that tells of it, in one transaction. A handler changes on this connection and does not commit: the filter appends the line when
/// the call has succeeded and commits both, so neither is there without the other. What is refused or fails is rolled back.
/// </summary>
internal sealed class AuditedChange(NpgsqlDataSource dataSource) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;

    /// <summary>The connection that a change was begun on; null when none was.</summary>
    public NpgsqlConnection? Begun => _transaction is null ? null : _connection;

    /// <summary>The connection of the change, in its transaction. What other connections read does not have the change yet.</summary>
    public async Task<NpgsqlConnection> BeginAsync(CancellationToken cancellationToken)
    {
        _connection ??= await dataSource.OpenConnectionAsync(cancellationToken);
        _transaction ??= await _connection.BeginTransactionAsync(cancellationToken);
        return _connection;
    }

    /// <summary>A statement of the change.</summary>
    public async Task<NpgsqlCommand> CommandAsync(string sql, CancellationToken cancellationToken) => new(sql, await BeginAsync(cancellationToken));

    /// <summary>When this throws, nobody knows whether it was committed.</summary>
    public async Task CommitAsync()
    {
        await using var transaction = _transaction!;
        _transaction = null;
        await transaction.CommitAsync();
    }

    /// <summary>Rolls back what was not committed.</summary>
    public async ValueTask DisposeAsync()
    {
        var (transaction, connection) = (_transaction, _connection);
        (_transaction, _connection) = (null, null);
        if (transaction is not null)
        {
            await transaction.DisposeAsync();
        }

        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }
}
