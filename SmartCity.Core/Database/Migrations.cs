using System.Data;
using DbUp;
using DbUp.Engine;
using DbUp.Engine.Output;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Core.Database;

/// <summary>
/// The embedded <c>*.sql</c> files of this assembly, each run once, in order of their names: 01xx ground, sightings and passages, 02xx charges, 03xx alerts, 04xx archive, 12xx stations, 13xx retention, 15xx models, 16xx faces, 17xx functions.
/// </summary>
public static class Migrations
{
    // Any constant will do; every core that starts on the same database takes the same lock.
    internal const long AdvisoryLock = 0x536D617274436974;

    /// <summary>Brings a database up to date. Several processes may call it at once; one of them does the work.</summary>
    /// <exception cref="InvalidOperationException">A script failed, or the database is a newer release's; the message says which.</exception>
    public static async Task RunAsync(string connectionString, ILogger logger, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await ExecuteAsync(connection, "select pg_advisory_lock($1)", cancellationToken);
        try
        {
            await RefuseNewerAsync(connection, cancellationToken);
            // dbup has no asynchronous interface.
            var result = await Task.Run(() => Upgrade(connectionString, logger), cancellationToken);
            if (!result.Successful)
            {
                throw new InvalidOperationException($"Migration {result.ErrorScript?.Name ?? "(journal)"} failed: {result.Error.Message}", result.Error);
            }
        }
        finally
        {
            // Where the connection broke, Postgres has let the lock go, and what broke it is the error to be told.
            if (connection.State == ConnectionState.Open)
            {
                await ExecuteAsync(connection, "select pg_advisory_unlock($1)", CancellationToken.None);
            }
        }
    }

    private static DatabaseUpgradeResult Upgrade(string connectionString, ILogger logger) =>
        DeployChanges.To.PostgresqlDatabase(connectionString)
            .WithScriptsEmbeddedInAssembly(typeof(Migrations).Assembly, IsScript)
            .WithTransactionPerScript()
            .WithVariablesDisabled()
            .LogTo(new UpgradeLog(logger))
            .Build()
            .PerformUpgrade();

    // An older core would write rows that the newer one does not expect. Those that run go on: their statements fit the newer schema.
    /// <summary>Whether a core of this version, or of a newer one, has brought the database up to date.</summary>
    public static async Task<bool> AreDoneAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var journal = new NpgsqlCommand("select to_regclass('public.schemaversions') is not null", connection);
        if (!(bool)(await journal.ExecuteScalarAsync(cancellationToken))!)
        {
            return false;
        }

        await using var command = new NpgsqlCommand("select not exists (select unnest($1::text[]) except select scriptname from public.schemaversions)", connection) { Parameters = { new() { Value = Scripts.ToArray() } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task RefuseNewerAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var journal = new NpgsqlCommand("select to_regclass('schemaversions') is not null", connection);
        if (!(bool)(await journal.ExecuteScalarAsync(cancellationToken))!)
        {
            return;
        }

        await using var command = new NpgsqlCommand("select scriptname from schemaversions where not scriptname = any($1) order by 1", connection) { Parameters = { new() { Value = Scripts.ToArray() } } };
        var unknown = await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
        if (unknown.Count > 0)
        {
            throw new InvalidOperationException(
                $"A newer release has changed this database: it has {(unknown.Count == 1 ? "the migration" : $"{unknown.Count} migrations that this release does not know, such as")} {unknown[^1]}{(unknown.Count == 1 ? ", which this release does not know" : "")}. "
                + "Start that release or a later one, or restore a backup from before it.");
        }
    }

    private static IEnumerable<string> Scripts => typeof(Migrations).Assembly.GetManifestResourceNames().Where(IsScript);

    private static bool IsScript(string name) => name.EndsWith(".sql", StringComparison.Ordinal);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = AdvisoryLock } }, CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

#pragma warning disable CA2254 // dbup hands over a format of its own
    private sealed class UpgradeLog(ILogger logger) : IUpgradeLog
    {
        public void LogTrace(string format, params object[] args) => logger.LogTrace(format, args);

        public void LogDebug(string format, params object[] args) => logger.LogDebug(format, args);

        public void LogInformation(string format, params object[] args) => logger.LogDebug(format, args);

        public void LogWarning(string format, params object[] args) => logger.LogWarning(format, args);

        public void LogError(string format, params object[] args) => logger.LogError(format, args);

        public void LogError(Exception ex, string format, params object[] args) => logger.LogError(ex, format, args);
    }
#pragma warning restore CA2254
}
