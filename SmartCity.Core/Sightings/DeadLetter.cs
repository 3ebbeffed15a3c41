using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;

namespace SmartCity.Core.Sightings;

/// <summary>A record that could not be used, as it came.</summary>
public sealed record DeadLetter(RecordPosition Position, byte[]? Key, byte[]? Value, Headers? Headers, DateTimeOffset RecordedAt, string Reason)
{
    /// <summary>The record for topic <see cref="Topics.DeadLetters"/>: original key, value and headers, and where it came from.</summary>
    public Message<byte[]?, byte[]?> ToMessage()
    {
        var headers = new Headers();
        foreach (var header in Headers ?? [])
        {
            headers.Add(header.Key, header.GetValueBytes());
        }

        headers.Add(RecordHeaders.SourceTopic, Encoding.UTF8.GetBytes(Position.Topic));
        headers.Add(RecordHeaders.SourcePartition, Encoding.UTF8.GetBytes(Position.Partition.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        headers.Add(RecordHeaders.SourceOffset, Encoding.UTF8.GetBytes(Position.Offset.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        headers.Add(RecordHeaders.Reason, Encoding.UTF8.GetBytes(Reason));
        return new Message<byte[]?, byte[]?> { Key = Key, Value = Value, Headers = headers };
    }
}

/// <summary>Rows of <c>dead_letters</c>.</summary>
internal static class DeadLetterStore
{
    public static async Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        if (letters.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            """
            insert into dead_letters (id, topic, partition, record_offset, digest, record_key, record_value, headers, recorded_at, reason)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
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
                new() { Value = letters.Select(HeadersJson).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb },
                new() { Value = letters.Select(l => l.RecordedAt).ToArray() },
                new() { Value = letters.Select(l => Storable(l.Reason)).ToArray() },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Postgres text holds neither U+0000 nor half a surrogate pair; a reason may quote what came.
    private static string Storable(string reason) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(reason)).Replace("\0", "\\0", StringComparison.Ordinal);

    // Header values are bytes of any kind: base64.
    private static string HeadersJson(DeadLetter letter) =>
        JsonSerializer.Serialize((letter.Headers ?? []).Select(h => new[] { Convert.ToBase64String(Encoding.UTF8.GetBytes(h.Key)), Convert.ToBase64String(h.GetValueBytes() ?? []) }));
}
