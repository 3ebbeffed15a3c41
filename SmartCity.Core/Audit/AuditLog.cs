using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Secrets;

namespace SmartCity.Core.Audit;

/// <summary>Appends lines to the audit. Each is signed together with the one before, with a key that the database does not have, and the head is moved in the same transaction.</summary>
internal sealed class AuditLog(NpgsqlDataSource dataSource, CoreSecret secret, TimeProvider time)
{
    private const int LongestText = 2000;

    /// <summary>Durable when this returns; whatever is audited waits for it. What was done is written down although its caller has gone: nothing cancels this.</summary>
    /// <param name="details">JSON, or null.</param>
    /// <param name="intent">What the line takes the place of: <see cref="IntendAsync"/>.</param>
    public async Task AppendAsync(string actor, string action, string? subject, string? reason, string? details, Guid? intent = null)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await AppendAsync(connection, actor, action, subject, reason, details, CancellationToken.None);
        if (intent is { } done)
        {
            await ForgetAsync(connection, done);
        }

        await transaction.CommitAsync();
    }

    /// <summary>The same together with the change that the line tells of: when this returns, both are durable; when it throws, neither is.</summary>
    public async Task AppendAsync(AuditedChange change, string actor, string action, string? subject, string? reason, string? details, Guid? intent)
    {
        var connection = change.Begun!;
        await AppendAsync(connection, actor, action, subject, reason, details, CancellationToken.None);
        if (intent is { } done)
        {
            await ForgetAsync(connection, done);
        }

        await change.CommitAsync();
    }

    /// <summary>Writes down what is about to be done. Durable when this returns; a line takes its place, or <see cref="ForgetAsync(Guid)"/> when nothing was done.</summary>
    public async Task<Guid> IntendAsync(string actor, string action, string? subject, string? reason)
    {
        var id = Guid.CreateVersion7();
        await using var command = dataSource.CreateCommand("insert into audit_intents (id, at, actor, action, subject, reason) values ($1, $2, $3, $4, $5, $6)");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        command.Parameters.Add(TextParameter.Of(Cut(actor)));
        command.Parameters.Add(TextParameter.Of(action));
        command.Parameters.Add(TextParameter.Of(Cut(subject)));
        command.Parameters.Add(TextParameter.Of(Cut(reason)));
        await command.ExecuteNonQueryAsync();
        return id;
    }

    /// <summary>What was intended was refused or failed.</summary>
    public async Task ForgetAsync(Guid intent)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await ForgetAsync(connection, intent);
    }

    private static async Task ForgetAsync(NpgsqlConnection connection, Guid intent)
    {
        await using var command = new NpgsqlCommand("delete from audit_intents where id = $1", connection) { Parameters = { new() { Value = intent } } };
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Appends inside the caller's transaction; nobody else appends until it ends.</summary>
    public async Task AppendAsync(NpgsqlConnection connection, string actor, string action, string? subject, string? reason, string? details, CancellationToken cancellationToken) =>
        await AppendAsync(connection, await LockHeadAsync(connection, cancellationToken), actor, action, subject, reason, details, cancellationToken);

    /// <summary>Appends inside the caller's transaction, which holds the head.</summary>
    public async Task AppendAsync(NpgsqlConnection connection, (long Number, byte[] Hash) head, string actor, string action, string? subject, string? reason, string? details, CancellationToken cancellationToken)
    {
        var (number, previous) = head;

        // Postgres keeps microseconds; the hash is of what it keeps.
        var now = time.GetUtcNow();
        var entry = new AuditEntry(number + 1, now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)), Cut(actor)!, action, Cut(subject), Cut(reason), details);
        var hash = entry.Hash(previous, secret.AuditKey);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("insert into audit (number, at, actor, action, subject, reason, details, previous_hash, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
                {
                    Parameters =
                    {
                        new() { Value = entry.Number }, new() { Value = entry.At }, new() { Value = entry.Actor }, new() { Value = entry.Action },
                        TextParameter.Of(entry.Subject), TextParameter.Of(entry.Reason), TextParameter.Of(entry.Details), new() { Value = previous }, new() { Value = hash },
                    },
                },
                new("update audit_head set number = $1, hash = $2") { Parameters = { new() { Value = entry.Number }, new() { Value = hash } } },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The last line; nobody appends until the transaction ends.</summary>
    public static async Task<(long Number, byte[] Hash)> LockHeadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select number, hash from audit_head for update", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1))
            : throw new InvalidOperationException("The audit's head is missing, so somebody has removed it. Run ./smartcity audit check.");
    }

    // A character 0 is nothing that Postgres can keep.
    private static string? Cut(string? text) => text?.Replace("\0", "", StringComparison.Ordinal) is { } clean ? clean.Length <= LongestText ? clean : clean[..LongestText] : null;
}

/// <summary>What a line says.</summary>
internal sealed record AuditEntry(long Number, DateTimeOffset At, string Actor, string Action, string? Subject, string? Reason, string? Details)
{
    /// <summary>HMAC-SHA-256 over the hash before and the line as a JSON list: no two lines have the same bytes.</summary>
    /// <param name="key">Null for SHA-256 alone, as of lines that a version before wrote.</param>
    public byte[] Hash(byte[] previous, byte[]? key)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes<object?[]>([Number, At.UtcTicks / TimeSpan.TicksPerMicrosecond, Actor, Action, Subject, Reason, Details]);
        byte[] bytes = [.. previous, .. line];
        return key is null ? SHA256.HashData(bytes) : HMACSHA256.HashData(key, bytes);
    }
}
