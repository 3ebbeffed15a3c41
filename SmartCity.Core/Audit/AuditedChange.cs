using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace SmartCity.Core.Audit;

/// <summary>
/// What a call changes and the line that tells of it, in one transaction. A handler changes on this connection and does not commit: the filter appends the line when
/// the call has succeeded and commits both, so neither is there without the other. What is refused or fails is rolled back.
/// </summary>
public sealed class AuditedChange(NpgsqlDataSource dataSource, TimeProvider time) : IAsyncDisposable
{
    private readonly List<Func<Task>> _afterwards = [];
    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;
    private IDbContextTransaction? _context;

    /// <summary>The connection that a change was begun on; null when none was.</summary>
    public NpgsqlConnection? Begun => _transaction is null ? null : _connection;

    /// <summary>The transaction of a change that was begun.</summary>
    public NpgsqlTransaction Transaction => _transaction ?? throw new InvalidOperationException("No change was begun.");

    /// <summary>Whether the call has changed something already that no rollback takes back: in a transaction of its own, or outside the database. Then what was intended stays written down if the rest fails.</summary>
    public bool HasParts { get; private set; }

    /// <summary>What the call wrote down before it began, if anything: <see cref="AuditLog.IntendAsync"/>.</summary>
    internal Guid? Intent { get; set; }

    /// <summary>A part is done that no rollback takes back, and the call goes on: what was intended counts as abandoned only from now on.</summary>
    public async Task HasPartAsync(CancellationToken cancellationToken)
    {
        HasParts = true;
        if (Intent is { } intent)
        {
            await using var command = dataSource.CreateCommand("update audit_intents set at = $2 where id = $1");
            command.Parameters.Add(new() { Value = intent });
            command.Parameters.Add(new() { Value = time.GetUtcNow() });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>The connection of the change, in its transaction. What other connections read does not have the change yet.</summary>
    public async Task<NpgsqlConnection> BeginAsync(CancellationToken cancellationToken)
    {
        _connection ??= await dataSource.OpenConnectionAsync(cancellationToken);
        _transaction ??= await _connection.BeginTransactionAsync(cancellationToken);
        return _connection;
    }

    /// <summary>The same on the connection of a context, for what the context changes.</summary>
    public async Task<NpgsqlConnection> BeginAsync(DbContext context, CancellationToken cancellationToken)
    {
        if (_context is null)
        {
            _context = _transaction is null ? await context.Database.BeginTransactionAsync(cancellationToken) : throw new InvalidOperationException("The change was begun on a connection of its own.");
            _transaction = (NpgsqlTransaction)_context.GetDbTransaction();
            _connection = (NpgsqlConnection)context.Database.GetDbConnection();
        }

        return _connection!;
    }

    /// <summary>A statement of the change.</summary>
    public async Task<NpgsqlCommand> CommandAsync(string sql, CancellationToken cancellationToken) => new(sql, await BeginAsync(cancellationToken));

    /// <summary>A statement of the change, or one by itself where no call asks for it.</summary>
    public static async Task<NpgsqlCommand> CommandAsync(AuditedChange? change, NpgsqlDataSource dataSource, string sql, CancellationToken cancellationToken) =>
        change is null ? dataSource.CreateCommand(sql) : await change.CommandAsync(sql, cancellationToken);

    /// <summary>A statement that sees what was changed so far; it begins no change.</summary>
    public NpgsqlCommand Look(string sql) => Begun is { } connection ? new(sql, connection) : dataSource.CreateCommand(sql);

    /// <summary>What is done once the change holds, whether the caller still waits or not; never when it does not.</summary>
    public void Afterwards(Func<Task> then) => _afterwards.Add(then);

    /// <inheritdoc cref="Afterwards(Func{Task})"/>
    public void Afterwards(Action then) => _afterwards.Add(() =>
    {
        then();
        return Task.CompletedTask;
    });

    /// <summary>Rolls back what was changed so far and begins again.</summary>
    public async Task AgainAsync(CancellationToken cancellationToken)
    {
        if (_context is not null)
        {
            throw new InvalidOperationException("What a context has changed cannot be begun again.");
        }

        _afterwards.Clear();
        await Transaction.DisposeAsync();
        _transaction = null;
        await BeginAsync(cancellationToken);
    }

    /// <summary>When the commit throws, nobody knows whether it was committed. What is to be done afterwards is done then.</summary>
    public async Task CommitAsync()
    {
        var (transaction, context) = (_transaction!, _context);
        (_transaction, _context, _connection) = (null, null, context is null ? _connection : null);

        // The context's transaction ends with the context's.
        await using ((IAsyncDisposable?)context ?? transaction)
        {
            await (context?.CommitAsync() ?? transaction.CommitAsync());
        }

        foreach (var then in _afterwards)
        {
            await then();
        }

        _afterwards.Clear();
    }

    /// <summary>Rolls back what was not committed.</summary>
    public async ValueTask DisposeAsync()
    {
        var (transaction, context, connection) = (_transaction, _context, _connection);
        (_transaction, _context, _connection) = (null, null, null);
        _afterwards.Clear();
        if (context is not null)
        {
            // The connection is the context's.
            await context.DisposeAsync();
            return;
        }

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
