using System.Text.Json;
using Npgsql;
using SmartCity.Core.Retention;

namespace SmartCity.Core.Audit;

/// <summary>
/// Removes the oldest lines of the audit. Where it begins now is kept with the hash of the last line removed, and a line of the audit itself says
/// the same: a beginning that nobody announced is a break.
/// </summary>
internal sealed class AuditRetention(NpgsqlDataSource dataSource, AuditLog log)
{
    /// <summary>Action of the line that announces a removal.</summary>
    public const string Action = "audit.retention";

    private const string Actor = "retention";

    /// <summary>Lines removed.</summary>
    public async Task<long> RunAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var head = await AuditLog.LockHeadAsync(connection, cancellationToken);
        if (await LastAsync(connection, before, head.Number, cancellationToken) is not var (number, hash))
        {
            return 0;
        }

        await log.AppendAsync(connection, head, Actor, Action, FormattableString.Invariant($"lines up to {number}"), null, Details(number, hash), cancellationToken);
        await using var forget = new NpgsqlCommand("select audit_forgets($1, $2)", connection) { Parameters = { new() { Value = number }, new() { Value = hash } }, CommandTimeout = RetentionRules.CommandSeconds };
        var removed = (long)(await forget.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return removed;
    }

    /// <summary>What the announcing line says.</summary>
    public static string Details(long number, byte[] hash) => JsonSerializer.Serialize(new { through = number, hash = Convert.ToHexStringLower(hash) });

    private static async Task<(long Number, byte[] Hash)?> LastAsync(NpgsqlConnection connection, DateTimeOffset before, long head, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select number, hash from audit where number = (select coalesce((select min(number) from audit where at >= $1) - 1, $2))", connection)
        {
            Parameters = { new() { Value = before }, new() { Value = head } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : null;
    }
}
