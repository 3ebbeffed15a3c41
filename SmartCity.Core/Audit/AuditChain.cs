using System.Globalization;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Audit;

/// <summary>Follows the audit from its first line to its head and says where the chain breaks.</summary>
public static class AuditChain
{
    /// <param name="secret">With which the lines were signed.</param>
    /// <param name="objects">Where the anchors are; null to go without them, and then lines that were removed from the end together with the head do not show.</param>
    /// <exception cref="PostgresException">The database has no audit yet.</exception>
    public static async Task<AuditVerdict> CheckAsync(NpgsqlDataSource dataSource, CoreSecret secret, IObjectStore? objects, CancellationToken cancellationToken)
    {
        // Before the snapshot: an anchor that is written meanwhile is of a line that the snapshot may not have.
        var anchors = objects is null ? Enumerable.Empty<AuditAnchor>().ToLookup(a => a.Number) : (await AuditAnchors.ReadAsync(objects, secret.AuditKey, TimeProvider.System.GetUtcNow(), cancellationToken)).ToLookup(a => a.Number);
        var newest = anchors.Select(a => a.Key).DefaultIfEmpty(0).Max();
        // One snapshot: a line that is appended meanwhile belongs to neither side.
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var head = await HeadAsync(connection, cancellationToken);
        var start = await StartAsync(connection, cancellationToken);
        var (number, hash, lines) = (start.Number, start.Hash, 0L);
        var announced = start.Number == 0;
        var signed = false;
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

            // Lines of a version before are not signed; from the first one that is, all are.
            signed |= entry.Hash(previous, secret.AuditKey).AsSpan().SequenceEqual(own);
            if (!entry.Hash(previous, signed ? secret.AuditKey : null).AsSpan().SequenceEqual(own))
            {
                return new AuditVerdict(lines, signed || lines > 1
                    ? Text($"line {entry.Number} was changed: it no longer fits its signature")
                    : Text($"line {entry.Number} was changed, or the audit was signed with another key (Core:Secrets:Key): it does not fit its signature"));
            }

            if (anchors[entry.Number].Any(a => !a.Hash.AsSpan().SequenceEqual(own)))
            {
                return new AuditVerdict(lines, Text($"line {entry.Number} is not the one that the object store was told of: the audit was written anew"));
            }

            announced |= entry.Action == AuditRetention.Action && entry.Details == AuditRetention.Details(start.Number, start.Hash);
            (number, hash) = (entry.Number, own);
        }

        if (!announced)
        {
            return new AuditVerdict(lines, Missing(1, start.Number) + ", and no line says that retention removed them");
        }

        if (lines > 0 && !signed)
        {
            return new AuditVerdict(lines, "no line is signed with this core's key: the audit was written anew, or Core:Secrets:Key is another one");
        }

        return new AuditVerdict(lines, head switch
        {
            _ when number < newest => Missing(number + 1, newest) + ", which the object store was told of",
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
