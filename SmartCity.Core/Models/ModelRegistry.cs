using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Models;

/// <summary>Versions of models: rows that never change, files in the object store by their digest, and names that move.</summary>
internal sealed class ModelRegistry(NpgsqlDataSource dataSource, IObjectStore objects, ModelSigningKey key, AuditLog audit, TimeProvider time)
{
    public const string Champion = "champion";
    public const string Challenger = "challenger";
    public const string Previous = "previous";

    private const string Columns = "manifest, manifest_sha256, signature, created_at, created_by";

    /// <summary>Object key of a file.</summary>
    public static string Key(string sha256) => $"models/{sha256}.onnx";

    public async Task<IReadOnlyList<StoredVersion>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns} from model_versions order by kind, number desc");
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    public async Task<StoredVersion?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns} from model_versions where id = $1");
        command.Parameters.Add(new() { Value = id });
        return (await command.ReadAllAsync(Read, cancellationToken)).SingleOrDefault();
    }

    /// <summary>The version that has an alias; null if none has.</summary>
    public async Task<StoredVersion?> OfAliasAsync(string kind, string alias, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns} from model_versions v where exists (select from model_aliases a where a.kind = $1 and a.alias = $2 and a.version_id = v.id)");
        command.Parameters.Add(new() { Value = kind });
        command.Parameters.Add(new() { Value = alias });
        return (await command.ReadAllAsync(Read, cancellationToken)).SingleOrDefault();
    }

    public async Task<ILookup<string, string>> AliasesAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select version_id, alias from model_aliases order by alias");
        return (await command.ReadAllAsync(r => (r.GetString(0), r.GetString(1)), cancellationToken)).ToLookup(a => a.Item1, a => a.Item2);
    }

    /// <summary>The number that the next version of a kind gets.</summary>
    public async Task<int> NextNumberAsync(string kind, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select coalesce(max(number), 0) + 1 from model_versions where kind = $1");
        command.Parameters.Add(new() { Value = kind });
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Takes a version in. The same again changes nothing.</summary>
    /// <param name="manifest">As it was signed.</param>
    /// <param name="signature">Null: the core signs it, if it has a key.</param>
    /// <param name="audited">False for what comes with the program.</param>
    /// <exception cref="InvalidDataException">The file or the signature is not what the manifest says, or there is another version of that id or number; the message says which.</exception>
    public async Task<StoredVersion> ImportAsync(string manifest, string? signature, ReadOnlyMemory<byte> file, string by, CancellationToken cancellationToken, bool audited = true) =>
        await TryImportAsync(manifest, signature, file, by, audited, null, cancellationToken) is var (version, other) && version is not null ? version : throw new InvalidDataException(other);

    /// <summary>As <see cref="ImportAsync"/>, but another version of that id or number is an answer.</summary>
    /// <param name="alongside">Done in the same transaction, where the version is new; false leaves everything as it was.</param>
    /// <returns>The version; null with the words for it where there is another, and null without where <paramref name="alongside"/> said false.</returns>
    /// <exception cref="InvalidDataException">The file or the signature is not what the manifest says; the message says which.</exception>
    public async Task<(StoredVersion? Version, string? Other)> TryImportAsync(
        string manifest, string? signature, ReadOnlyMemory<byte> file, string by, bool audited, Func<NpgsqlConnection, Task<bool>>? alongside, CancellationToken cancellationToken)
    {
        var parsed = ModelManifest.Parse(Encoding.UTF8.GetBytes(manifest));
        var digest = Convert.ToHexStringLower(SHA256.HashData(file.Span));
        if (digest != parsed.File.Sha256)
        {
            throw new InvalidDataException($"The file of {parsed.Id} has SHA-256 {digest}, but its manifest says {parsed.File.Sha256}.");
        }

        if (file.Length != parsed.File.Bytes)
        {
            throw new InvalidDataException($"The file of {parsed.Id} has {file.Length} bytes, but its manifest says {parsed.File.Bytes}.");
        }

        if (signature is not null && key.Verifier?.Holds(new SignedText(manifest, signature)) != true)
        {
            throw new InvalidDataException($"The manifest of {parsed.Id} is not signed with this city's key. Import it without its signature, if it is trusted: the core then signs it.");
        }

        signature ??= key.Missing is null ? key.Sign(manifest).Signature : null;
        await objects.PutAsync(Key(digest), file, "application/octet-stream", cancellationToken);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(manifest)));
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            insert into model_versions (id, kind, number, manifest, manifest_sha256, signature, file_sha256, created_at, created_by)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = parsed.Id }, new() { Value = parsed.Kind }, new() { Value = parsed.Number }, new() { Value = manifest }, new() { Value = sha256 },
                TextParameter.Of(signature), new() { Value = digest }, new() { Value = time.GetUtcNow() }, new() { Value = by },
            },
        };
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 1)
        {
            if (audited)
            {
                await AuditAsync(connection, by, "models.import", parsed.Id, null, new { parsed.Kind, parsed.Number, file = digest, manifest = sha256 }, cancellationToken);
            }

            if (alongside is not null && !await alongside(connection))
            {
                return (null, null);
            }
        }

        await transaction.CommitAsync(cancellationToken);
        var stored = await FindAsync(parsed.Id, cancellationToken);
        return stored?.Sha256 == sha256
            ? (stored, null)
            : (null, stored is null ? $"There is another version {parsed.Number} of the {parsed.Kind}. Give this one the number {await NextNumberAsync(parsed.Kind, cancellationToken)}." : $"There is another version {parsed.Id}. A version is never changed: give this one another id.");
    }

    /// <summary>Signs what was taken in by a process without a key, or when there was none.</summary>
    /// <exception cref="InvalidDataException">The file of one is not what its manifest says; it is not signed.</exception>
    public async Task SignAsync(CancellationToken cancellationToken)
    {
        if (key.Missing is not null)
        {
            return;
        }

        await using var unsigned = dataSource.CreateCommand($"select {Columns} from model_versions where signature is null");
        foreach (var version in await unsigned.ReadAllAsync(Read, cancellationToken))
        {
            await FileAsync(version.Manifest, cancellationToken);
            await using var command = dataSource.CreateCommand("update model_versions set signature = $2 where id = $1 and signature is null");
            command.Parameters.Add(new() { Value = version.Manifest.Id });
            command.Parameters.Add(new() { Value = key.Sign(version.Text).Signature });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Moves an alias inside the caller's transaction; the audit has a line of it.</summary>
    /// <param name="version">Null takes it away.</param>
    public async Task MoveAsync(NpgsqlConnection connection, string kind, string alias, string? version, string by, string? reason, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand("select version_id from model_aliases where kind = $1 and alias = $2 for update", connection) { Parameters = { new() { Value = kind }, new() { Value = alias } } };
        var from = await read.ExecuteScalarAsync(cancellationToken) as string;
        if (from == version)
        {
            return;
        }

        await using var command = version is null
            ? new NpgsqlCommand("delete from model_aliases where kind = $1 and alias = $2", connection) { Parameters = { new() { Value = kind }, new() { Value = alias } } }
            : new NpgsqlCommand(
                """
                insert into model_aliases (kind, alias, version_id, moved_at, moved_by) values ($1, $2, $3, $4, $5)
                on conflict (kind, alias) do update set version_id = excluded.version_id, moved_at = excluded.moved_at, moved_by = excluded.moved_by
                """,
                connection)
            {
                Parameters = { new() { Value = kind }, new() { Value = alias }, new() { Value = version }, new() { Value = time.GetUtcNow() }, new() { Value = by } },
            };
        await command.ExecuteNonQueryAsync(cancellationToken);
        await AuditAsync(connection, by, "models.alias", $"{kind} {alias}", reason, new { from, to = version }, cancellationToken);
    }

    /// <summary>Writes a line of the audit inside the caller's transaction.</summary>
    public async Task AuditAsync(NpgsqlConnection connection, string by, string action, string subject, string? reason, object details, CancellationToken cancellationToken) =>
        await audit.AppendAsync(connection, by, action, subject, reason, JsonSerializer.Serialize(details, JsonSerializerOptions.Web), cancellationToken);

    /// <summary>A version's file.</summary>
    /// <exception cref="InvalidDataException">It is gone, or is not what the manifest says.</exception>
    public async Task<byte[]> FileAsync(ModelManifest manifest, CancellationToken cancellationToken)
    {
        await using var stream = await objects.OpenAsync(Key(manifest.File.Sha256), cancellationToken) ?? throw new InvalidDataException($"The object store has no file {Key(manifest.File.Sha256)} of {manifest.Id}.");
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        var file = bytes.ToArray();
        var digest = Convert.ToHexStringLower(SHA256.HashData(file));
        return digest == manifest.File.Sha256 ? file : throw new InvalidDataException($"The file of {manifest.Id} in the object store has SHA-256 {digest}, but its manifest says {manifest.File.Sha256}.");
    }

    /// <summary>What is wrong with a version; null if its file and its signature are what they should be.</summary>
    public async Task<string?> VerifyAsync(StoredVersion version, CancellationToken cancellationToken)
    {
        if (version.Signature is null)
        {
            return $"{version.Manifest.Id} is not signed.";
        }

        if (key.Verifier?.Holds(new SignedText(version.Text, version.Signature)) == false)
        {
            return $"The signature of {version.Manifest.Id} is not of this city's key.";
        }

        try
        {
            await FileAsync(version.Manifest, cancellationToken);
            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private static StoredVersion Read(NpgsqlDataReader r) => new(r.GetString(0), r.GetString(1), r.Text(2), r.Time(3), r.GetString(4));
}

/// <param name="Text">The manifest as it was signed.</param>
/// <param name="Sha256">Of the manifest.</param>
internal sealed record StoredVersion(string Text, string Sha256, string? Signature, DateTimeOffset CreatedAt, string CreatedBy)
{
    public ModelManifest Manifest { get; } = ModelManifest.Parse(Encoding.UTF8.GetBytes(Text));

    public string Id => Manifest.Id;

    public ModelVersionView View(IEnumerable<string> aliases, ModelJudgement? judgement) => new(Manifest, Sha256, Signature is not null, [.. aliases], CreatedAt, CreatedBy, judgement);
}
