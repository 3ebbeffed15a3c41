using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>
/// Asks Postgres several times a second whether it answers, on a connection of its own. So a call finds out within seconds that Postgres has stopped, or
/// that it takes connections and says nothing any more. It also looks for cores of the former release.
/// </summary>
internal sealed class DatabaseWatch(PostgresConnection postgres, NpgsqlDataSource dataSource, DatabasePatience patience, TimeProvider time, ILogger<DatabaseWatch> logger) : BackgroundService, IHealthCheck
{
    // Of Npgsql's pool, unless the connection string says otherwise.
    private const int MostConnections = 100;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan EveryWhileAway = TimeSpan.FromSeconds(1);

    private volatile State _state = new(null, new CancellationTokenSource());

    /// <summary>Why Postgres is not there, in a sentence; null while it answers.</summary>
    public string? Away => _state.Away;

    /// <summary>Cancelled as soon as Postgres does not answer any more. Each time that it has come back there is another.</summary>
    public CancellationToken Gone => _state.Gone.Token;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Away is { } away ? new HealthCheckResult(context.Registration.FailureStatus, away) : HealthCheckResult.Healthy());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        NpgsqlConnection? connection = null;
        var former = FormerCores.Of(dataSource);
        former.Seen(time);
        try
        {
            while (true)
            {
                try
                {
                    connection ??= new NpgsqlConnection(OwnConnection());
                    if (await AskAsync(connection, stoppingToken).WaitAsync(patience.Value, time, stoppingToken))
                    {
                        former.Seen(time);
                    }

                    Back();
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    former.Seen(time);
                    Lost(e);
                    _ = CloseAsync(connection);
                    connection = null;
                }

                await Task.Delay(Away is null ? Every : EveryWhileAway, time, stoppingToken);
            }
        }
        finally
        {
            _ = CloseAsync(connection);
        }
    }

    private string OwnConnection() => new NpgsqlConnectionStringBuilder(postgres.ConnectionString)
    {
        Pooling = false,
        ApplicationName = "smartcity-watch",
        Timeout = (int)Math.Ceiling(patience.Value.TotalSeconds),
        CommandTimeout = 0, // a statement that Npgsql gives up asks the server to cancel it, and waits for that
    }.ConnectionString;

    /// <returns>Whether a core of the former release is there.</returns>
    private static async Task<bool> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (connection.State != System.Data.ConnectionState.Open)
        {
            await connection.OpenAsync(cancellationToken);
        }

        await using var command = new NpgsqlCommand("select exists (select from pg_stat_activity where datname = current_database() and application_name = $1)", connection)
        {
            Parameters = { new() { Value = CorrectionGate.FormerCore } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    // A connection that hangs may hang here too; nobody waits for it.
    private async Task CloseAsync(NpgsqlConnection? connection)
    {
        try
        {
            await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
        catch (Exception e)
        {
            logger.LogDebug(e, "The connection that Postgres is asked on could not be closed.");
        }
    }

    private void Back()
    {
        if (_state.Away is not null)
        {
            logger.LogInformation("Postgres answers again.");
            _state = new State(null, new CancellationTokenSource());
        }
    }

    private void Lost(Exception e)
    {
        var away = e is TimeoutException or { InnerException: TimeoutException }
            ? $"Postgres has not answered for {patience.Value.TotalSeconds:0.#} s."
            : $"Postgres does not answer: {(e.InnerException as SocketException ?? e).Message}";
        var before = _state;
        _state = before with { Away = away };
        if (before.Away is null)
        {
            logger.LogWarning("{Away}", away);
            KeepThreads();
            _ = before.Gone.CancelAsync();
        }
    }

    // A statement that is given up asks the server to cancel it, and holds its thread until the server answers. There must be others for those who ask.
    private static void KeepThreads()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, MostConnections), ports);
    }

    private sealed record State(string? Away, CancellationTokenSource Gone);
}

/// <summary>How long Postgres may take to answer before every call is told that it is not there.</summary>
internal sealed record DatabasePatience(TimeSpan Value)
{
    public static DatabasePatience Usual { get; } = new(TimeSpan.FromSeconds(2.5));
}

/// <summary>On an endpoint that answers, at least in part, while Postgres does not.</summary>
internal sealed class AnswersWithoutPostgres;
