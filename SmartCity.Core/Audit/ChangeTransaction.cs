using Npgsql;

namespace SmartCity.Core.Audit;

/// <summary>A transaction that changes something: that of a call, which is committed together with the line of the audit, or one of its own where no call asks for it.</summary>
internal sealed class ChangeTransaction : IAsyncDisposable
{
    private readonly AuditedChange? _change;
    private readonly NpgsqlTransaction? _own;

    private ChangeTransaction(AuditedChange? change, NpgsqlConnection connection, NpgsqlTransaction? own) => (_change, Connection, _own) = (change, connection, own);

    public NpgsqlConnection Connection { get; }

    public NpgsqlTransaction Transaction => _own ?? _change!.Transaction;

    /// <param name="change">The call's; null for a transaction of its own.</param>
    public static async Task<ChangeTransaction> BeginAsync(AuditedChange? change, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        if (change is not null)
        {
            return new ChangeTransaction(change, await change.BeginAsync(cancellationToken), null);
        }

        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            return new ChangeTransaction(null, connection, await connection.BeginTransactionAsync(cancellationToken));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Commits what is its own. A call's change is committed with its line.</summary>
    public Task CommitAsync(CancellationToken cancellationToken) => _own?.CommitAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Done when the change holds: at once, or with the call's.</summary>
    public async Task AfterwardsAsync(Func<Task> then)
    {
        if (_change is null)
        {
            await then();
        }
        else
        {
            _change.Afterwards(then);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_own is not null)
        {
            await _own.DisposeAsync();
            await Connection.DisposeAsync();
        }
    }
}
