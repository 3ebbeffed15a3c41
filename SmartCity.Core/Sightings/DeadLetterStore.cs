using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Core.Api;

namespace SmartCity.Core.Sightings;

/// <summary>Rows of <c>dead_letters</c>.</summary>
internal static class DeadLetterStore
{
    public static async Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        var cameBack = await ReopenAsync(connection, transaction, [.. letters.Where(l => l.ReplayOf is not null)], cancellationToken);
        letters = [.. letters.Where(l => !cameBack.Contains(l.ReplayOf ?? Guid.Empty))];
        if (letters.Count == 0)
        {
            return;
        }

        var sightings = letters.Select(l => SightingOf(l.Value)).ToList();
        await using var command = new NpgsqlCommand(
            """
            insert into dead_letters (id, topic, partition, record_offset, digest, record_key, record_value, headers, recorded_at, reason, sighting_id, sighting_revision, forged)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            on conflict (topic, partition, record_offset, digest) do nothing
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = letters.Select(l => Guid.CreateVersion7(l.RecordedAt)).ToArray() },
                new() { Value = letters.Select(l => l.Position.Topic).ToArray() },
                new() { Value = letters.Select(l => l.Position.Partition).ToArray() },
                new() { Value = letters.Select(l => l.Position.Offset).ToArray() },
                new() { Value = letters.Select(l => SHA256.HashData(l.Value ?? [])).ToArray() },
                new() { Value = letters.Select(l => l.Key).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = letters.Select(l => l.Value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                new() { Value = letters.Select(l => DeadLetterHeaders.Write(l.Headers)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb },
                new() { Value = letters.Select(l => l.RecordedAt).ToArray() },
                new() { Value = letters.Select(l => Storable(l.Reason)).ToArray() },
                new() { Value = sightings.Select(s => s.Id).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
                new() { Value = sightings.Select(s => s.Revision).ToArray() },
                new() { Value = letters.Select(l => l.IsForged).ToArray() },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // So that its edge does not send it again and again. Null and 0 where the record says none.
    private static (Guid? Id, int Revision) SightingOf(byte[]? value)
    {
        try
        {
            using var record = JsonDocument.Parse(value ?? []);
            return record.RootElement.ValueKind == JsonValueKind.Object && record.RootElement.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String && id.TryGetGuid(out var sighting)
                ? (sighting, record.RootElement.TryGetProperty("revision", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var revision) ? revision : 0)
                : (null, 0);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or a text in it holds half a character.
            return (null, 0);
        }
    }

    /// <summary>Says of replayed records that can be used now what became of them.</summary>
    public static async Task SettleAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IEnumerable<SightingRecord> records, Func<SightingRecord, string> result, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var replayed = records.Where(r => r.ReplayOf is not null).DistinctBy(r => r.ReplayOf).ToList();
        if (replayed.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            """
            update dead_letters d set state = 'replayed', result = r.result, done_at = $3
            from unnest($1, $2) as r (id, result) where d.id = r.id and d.state in ('open', 'replaying')
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = replayed.ConvertAll(r => r.ReplayOf!.Value).ToArray() },
                new() { Value = replayed.ConvertAll(r => result(r)).ToArray() },
                new() { Value = now },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // A replayed record that still can't be used is the dead letter that it was, not another one. The digest tells a header that somebody made up.
    private static async Task<HashSet<Guid>> ReopenAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        if (letters.Count == 0)
        {
            return [];
        }

        await using var command = new NpgsqlCommand(
            """
            update dead_letters d set
                state = case when d.state = 'replaying' then 'open' else d.state end,
                result = case when d.state = 'replaying' then 'came back: ' || r.reason else d.result end
            from unnest($1, $2, $3) as r (id, digest, reason) where d.id = r.id and d.digest = r.digest
            returning d.id
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = letters.Select(l => l.ReplayOf!.Value).ToArray() },
                new() { Value = letters.Select(l => SHA256.HashData(l.Value ?? [])).ToArray() },
                new() { Value = letters.Select(l => Storable(l.Reason)).ToArray() },
            },
        };
        return [.. await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken)];
    }

    // Postgres text holds neither U+0000 nor half a surrogate pair; a reason may quote what came.
    private static string Storable(string reason) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(reason)).Replace("\0", "\\0", StringComparison.Ordinal);
}
