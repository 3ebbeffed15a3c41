using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Audit;
using SmartCity.Core.Lake;

namespace SmartCity.Core.Sql;

/// <summary>Runs people's statements: one at a time for each, few at a time for all, each written down in the audit before it starts and again when it has ended.</summary>
internal sealed class SqlRuns(SqlLake lake, AuditLog audit, IOptions<SqlOptions> options, TimeProvider time, ILogger<SqlRuns> logger) : IDisposable
{
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _running = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turns = new(options.Value.AtOnce);

    /// <returns>Whether this user's statement was running here.</returns>
    public async Task<bool> CancelAsync(string subject)
    {
        if (!_running.TryGetValue(subject, out var running))
        {
            return false;
        }

        try
        {
            await running.CancelAsync();
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false; // it has just ended
        }
    }

    /// <param name="action">Of the audit.</param>
    /// <param name="read">Takes the rows, and says how many it took.</param>
    /// <exception cref="SqlFailedException">The statement was not run, or not to its end.</exception>
    public async Task RunAsync(SqlCaller caller, string action, string sql, Func<SqlSession, CancellationToken, Task<long>> read, CancellationToken cancellationToken)
    {
        if (sql.Length > LakeSelect.MostCharacters)
        {
            throw new SqlFailedException(StatusCodes.Status400BadRequest, $"The statement has {sql.Length} characters; at most {LakeSelect.MostCharacters} are allowed.");
        }

        if (lake.Missing is { } missing)
        {
            throw new SqlFailedException(StatusCodes.Status503ServiceUnavailable, missing);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (!_running.TryAdd(caller.Subject, stop))
        {
            throw new SqlFailedException(StatusCodes.Status409Conflict, "A statement of yours is still running. Wait for it or cancel it first.");
        }

        try
        {
            await _turns.WaitAsync(stop.Token);
            try
            {
                await RunAuditedAsync(caller, action, sql, read, stop.Token);
            }
            finally
            {
                _turns.Release();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw SqlFailedException.Cancelled();
        }
        finally
        {
            _running.TryRemove(caller.Subject, out _);
        }
    }

    public void Dispose() => _turns.Dispose();

    private async Task RunAuditedAsync(SqlCaller caller, string action, string sql, Func<SqlSession, CancellationToken, Task<long>> read, CancellationToken cancellationToken)
    {
        var intent = await audit.IntendAsync(caller.Name, action, sql, caller.Reason);
        var began = time.GetTimestamp();
        var (outcome, rows, where, sawPlates) = ("cancelled", (long?)null, (string?)null, (bool?)null);
        try
        {
            var (connection, seesPlates) = await lake.OpenAsync(caller.MaySeePlates, cancellationToken);
            sawPlates = seesPlates;
            await using var session = new SqlSession(connection, sql, seesPlates);
            await session.StartAsync(cancellationToken);
            rows = await read(session, cancellationToken);
            (outcome, where) = ("done", session.Where);
        }
        catch (PostgresException e) when (cancellationToken.IsCancellationRequested && e.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            throw SqlFailedException.Cancelled();
        }
        catch (PostgresException e)
        {
            outcome = $"failed: {e.SqlState} {SqlFailedException.Cut(e.MessageText)}";
            throw SqlFailedException.Of(e);
        }
        catch (NpgsqlException e)
        {
            outcome = $"failed: {e.Message}";
            logger.LogWarning("A statement broke off: {Error}", e.Message);
            throw new SqlFailedException(StatusCodes.Status503ServiceUnavailable, $"SmartCity.Lake broke off the statement: {e.InnerException?.Message ?? e.Message}.");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            outcome = $"failed: {e.Message}";
            throw;
        }
        finally
        {
            // The subject of a line is cut; here is the whole of it.
            var details = JsonSerializer.Serialize(new { outcome, rows, where, sawPlates, milliseconds = (long)time.GetElapsedTime(began).TotalMilliseconds, sql }, JsonSerializerOptions.Web);
            await audit.AppendAsync(caller.Name, action, sql, caller.Reason, details, intent);
        }
    }
}

/// <summary>Who runs a statement.</summary>
/// <param name="Subject">Of the session or key.</param>
/// <param name="Name">For the audit.</param>
/// <param name="Reason">Null if none was given.</param>
/// <param name="MaySeePlates">Whether they may, and gave a reason.</param>
internal sealed record SqlCaller(string Subject, string Name, string? Reason, bool MaySeePlates);
