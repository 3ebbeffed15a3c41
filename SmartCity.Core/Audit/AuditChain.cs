using System.Globalization;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Audit;

/// <summary>Follows the audit from its first line to its head and says where the chain breaks.</summary>
public static class AuditChain
{
    /// <exception cref="PostgresException">The database has no audit yet.</exception>
    public static async Task<AuditVerdict> CheckAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        // One snapshot: a line that is appended meanwhile belongs to neither side.
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var head = await HeadAsync(connection, cancellationToken);
        var start = await StartAsync(connection, cancellationToken);
        var (number, hash, lines) = (start.Number, start.Hash, 0L);
        var announced = start.Number == 0;
        await using var command = new NpgsqlCommand("select number, at, actor, action, subject, reason, details, previous_hash, hash from audit order by number", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var entry = new AuditEntry(reader.GetInt64(0), reader.Time(1), reader.GetString(2), reader.GetString(3), reader.Text(4), reader.Text(5), reader.Text(6));
            var (previous, own) = (reader.GetFieldValue<byte[]>(7), reader.GetFieldValue<byte[]>(8));
            lines++;
            if (entry.Number != number + 1)
            {
                return new AuditVerdict(lines, Missing(number + 1, entry.Number - 1));
            }

            if (!previous.AsSpan().SequenceEqual(hash))
            {
                return new AuditVerdict(lines, Text($"line {entry.Number} does not follow line {number}: one of them was changed"));
            }

            if (!entry.Hash(previous).AsSpan().SequenceEqual(own))
            {
                return new AuditVerdict(lines, Text($"line {entry.Number} was changed: it no longer fits its hash"));
            }

            announced |= entry.Action == AuditRetention.Action && entry.Details == AuditRetention.Details(start.Number, start.Hash);
            (number, hash) = (entry.Number, own);
        }

        if (!announced)
        {
            return new AuditVerdict(lines, Missing(1, start.Number) + ", and no line says that retention removed them");
        }

        return new AuditVerdict(lines, head switch
        {
            null => "the head is missing",
            { } h when h.Number > number => Missing(number + 1, h.Number),
            { } h when h.Number < number || !h.Hash.AsSpan().SequenceEqual(hash) => Text($"the head is at line {h.Number} and does not fit line {number}"),
            _ => null,
        });
    }

    private static async Task<(long Number, byte[] Hash)?> HeadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select number, hash from audit_head", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : null;
    }

    // Lines up to this one were removed when their time was over.
    private static async Task<(long Number, byte[] Hash)> StartAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select number, hash from audit_start", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : (0, []);
    }

    private static string Missing(long first, long last) => first == last ? Text($"line {first} is missing") : Text($"lines {first} to {last} are missing");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
