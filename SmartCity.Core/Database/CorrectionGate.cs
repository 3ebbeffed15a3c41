using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>
/// Batches of sightings run side by side; a correction runs alone. Otherwise a batch could count on a charge that a correction is just taking back.
/// Held to the end of the transaction; taken before any other lock.
/// </summary>
internal static class CorrectionGate
{
    public static Task ShareAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken) =>
        ExecuteAsync("select pg_advisory_xact_lock_shared(2, 0)", connection, transaction, cancellationToken);

    public static Task TakeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken) =>
        ExecuteAsync("select pg_advisory_xact_lock(2, 0)", connection, transaction, cancellationToken);

    private static async Task ExecuteAsync(string sql, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
