using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Packages;
using SmartCity.Core.Privacy;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Investigations;

/// <summary>Rows and objects of investigations. Items are copies: they stay when retention removes what they were copied from.</summary>
internal sealed class InvestigationStore(NpgsqlDataSource dataSource, IObjectStore objects, PackageGatherer gatherer, Restrictions restrictions, TimeProvider time)
{
    private const string Columns = "id, title, purpose, reference, owner, state, opened_by, opened_at, closed_at, keep_until, (select count(*)::int from investigation_items i where i.investigation_id = investigations.id)";

    /// <summary>Prefix of all investigations' objects.</summary>
    public const string Root = "investigations/";

    /// <summary>Prefix of an investigation's objects.</summary>
    public static string Prefix(Guid id) => $"{Root}{id}/";

    /// <summary>Key of a copied picture.</summary>
    /// <param name="evidence">Key of the picture that was copied.</param>
    public static string CopyKey(Guid id, string evidence) => Prefix(id) + evidence;

    private static string FileKey(Guid id, Guid file) => $"{Prefix(id)}files/{file}";

    public async Task<List<InvestigationView>> ListAsync(string? state, Cursor? after, int count, CancellationToken cancellationToken)
    {
        await using var command = new SqlFilter().And("state = @", state).After("opened_at", "id", after).Command(dataSource, $"select {Columns} from investigations where state <> 'expiring' and {{where}} order by opened_at desc, id desc limit {{limit}}", count);
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    /// <summary>One investigation; null when there is none, or when it is being removed.</summary>
    public async Task<InvestigationView?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await FindAsync(connection, id, cancellationToken);
    }

    private static async Task<InvestigationView?> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, $"select {Columns} from investigations where id = $1 and state <> 'expiring'", id);
        return (await command.ReadAllAsync(Read, cancellationToken)).FirstOrDefault();
    }

    public async Task<InvestigationView> AddAsync(NewInvestigation body, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var connection = await change.BeginAsync(cancellationToken);
        await using var command = Command(
            connection,
            "insert into investigations (id, title, purpose, reference, owner, opened_by, opened_at, keep_until) values ($1, $2, $3, $4, $5, $5, $6, $7)",
            id, body.Title!.Trim(), body.Purpose!.Trim(), Optional(body.Reference), by, now, body.KeepUntil!.Value);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return (await FindAsync(connection, id, cancellationToken))!;
    }

    public async Task<InvestigationView?> ChangeAsync(Guid id, InvestigationChange body, AuditedChange change, CancellationToken cancellationToken)
    {
        var connection = await change.BeginAsync(cancellationToken);
        await using var command = Command(
            connection,
            "update investigations set title = $2, purpose = $3, reference = $4, owner = $5, state = $6, keep_until = $7, closed_at = case when $6 = 'closed' then coalesce(closed_at, $8) end where id = $1 and state <> 'expiring'",
            id, body.Title!.Trim(), body.Purpose!.Trim(), Optional(body.Reference), body.Owner!.Trim(), body.State!, body.KeepUntil!.Value, time.GetUtcNow());
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? await FindAsync(connection, id, cancellationToken) : null;
    }

    public async Task<InvestigationDetail?> DetailAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } found)
        {
            return null;
        }

        await using var items = Command($"select kind, item_id, plate, what, at, picture, added_by, added_at, note from investigation_items where investigation_id = $1 and {Restricted.Not("plate")} order by at, item_id", id);
        await using var notes = Command("select at, by, text from investigation_notes where investigation_id = $1 order by at, id", id);
        await using var files = Command("select id, name, bytes, sha256, added_by, added_at from investigation_files where investigation_id = $1 order by added_at, id", id);
        return new InvestigationDetail(
            found,
            await items.ReadAllAsync(r => new InvestigationItem(r.GetString(0), r.GetGuid(1), r.Text(2), r.GetString(3), r.Time(4), r.Text(5), r.GetString(6), r.Time(7), r.Text(8)), cancellationToken),
            await notes.ReadAllAsync(r => new InvestigationNote(r.Time(0), r.GetString(1), r.GetString(2)), cancellationToken),
            await files.ReadAllAsync(r => new InvestigationFile(r.GetGuid(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.GetString(4), r.Time(5)), cancellationToken));
    }

    /// <summary>Copies an item with its pictures. Adding one again adds what is new: what the copy has stays, also where retention has taken the original.</summary>
    /// <returns>Whether there is such a thing; null when the investigation is not open any more.</returns>
    public async Task<bool?> AddItemAsync(Guid id, NewInvestigationItem body, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var records = new PackageRecords();
        var found = body.Kind switch
        {
            InvestigationRules.Charge => await gatherer.AddChargeAsync(records, body.Id, cancellationToken),
            InvestigationRules.Alert => await gatherer.AddAlertAsync(records, body.Id, cancellationToken),
            _ => await gatherer.AddSightingAsync(records, body.Id, cancellationToken),
        };
        if (!found || (await restrictions.AmongAsync(records.Plates, cancellationToken)).Count > 0)
        {
            return false;
        }

        var connection = await change.BeginAsync(cancellationToken);
        if (!await HoldOpenAsync(connection, id, "for no key update", cancellationToken))
        {
            return null;
        }

        await using var before = Command(connection, "select record from investigation_items where investigation_id = $1 and kind = $2 and item_id = $3", id, body.Kind!, body.Id);
        if (await before.ExecuteScalarAsync(cancellationToken) is string stored)
        {
            records.AddEarlier(JsonSerializer.Deserialize<PackageRecords>(stored, PackageManifest.Json)!);
        }

        // The pictures first: a row that is there has them.
        foreach (var key in records.PictureKeys)
        {
            await CopyAsync(id, key, records, cancellationToken);
        }

        var (plate, what, at, evidence) = Summary(body, records);
        await using var command = Command(
            connection,
            """
            insert into investigation_items (investigation_id, kind, item_id, plate, what, at, picture, record, added_by, added_at, note) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            on conflict (investigation_id, kind, item_id) do update set plate = coalesce(excluded.plate, investigation_items.plate), what = excluded.what, picture = coalesce(excluded.picture, investigation_items.picture), record = excluded.record, note = coalesce(excluded.note, investigation_items.note)
            """,
            id, body.Kind!, body.Id, Optional(plate), what, at, Optional(evidence is null ? null : Sighting.PatchKey(evidence)),
            new NpgsqlParameter { Value = JsonSerializer.Serialize(records, PackageManifest.Json), NpgsqlDbType = NpgsqlDbType.Jsonb }, by, time.GetUtcNow(), Optional(body.Note));
        await command.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <summary>Takes an item out, with the copies of pictures that no other item names.</summary>
    /// <returns>Whether it was there; null when the investigation is not open any more.</returns>
    public async Task<bool?> RemoveItemAsync(Guid id, string kind, Guid item, AuditedChange change, CancellationToken cancellationToken)
    {
        var connection = await change.BeginAsync(cancellationToken);
        if (!await HoldOpenAsync(connection, id, "for no key update", cancellationToken))
        {
            return null;
        }

        await using var command = Command(connection, "delete from investigation_items where investigation_id = $1 and kind = $2 and item_id = $3 returning record", id, kind, item);
        if (await command.ExecuteScalarAsync(cancellationToken) is not string removed)
        {
            return false;
        }

        // Only when the row is gone for certain.
        change.Afterwards(() => ForgetPicturesAsync(id, removed, CancellationToken.None));
        return true;
    }

    // Nobody adds an item with the same pictures in between.
    private async Task ForgetPicturesAsync(Guid id, string removed, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var pictures = await connection.BeginTransactionAsync(cancellationToken);
        await using var hold = Command(connection, "select from investigations where id = $1 for no key update", id);
        await hold.ExecuteNonQueryAsync(cancellationToken);
        var needed = (await RecordsAsync(id, cancellationToken)).PictureKeys.ToHashSet(StringComparer.Ordinal);
        foreach (var key in JsonSerializer.Deserialize<PackageRecords>(removed, PackageManifest.Json)!.PictureKeys.Where(k => !needed.Contains(k)))
        {
            await objects.DeleteAsync(CopyKey(id, key), cancellationToken);
        }

        await pictures.CommitAsync(cancellationToken);
    }

    /// <returns>Whether it was added; the investigation may not be open any more.</returns>
    public async Task<bool> AddNoteAsync(Guid id, string text, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = Command(await change.BeginAsync(cancellationToken), "insert into investigation_notes (id, investigation_id, at, by, text) select $1, id, $3, $4, $5 from investigations where id = $2 and state = 'open' for share", Guid.CreateVersion7(now), id, now, by, text);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <returns>Null when the investigation is not open any more.</returns>
    public async Task<InvestigationFile?> AddFileAsync(Guid id, string name, ReadOnlyMemory<byte> content, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var file = new InvestigationFile(Guid.CreateVersion7(now), name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content.Span)), by, now);
        var connection = await change.BeginAsync(cancellationToken);
        if (!await HoldOpenAsync(connection, id, "for share", cancellationToken))
        {
            return null;
        }

        await objects.PutAsync(FileKey(id, file.Id), content, "application/octet-stream", cancellationToken);
        await using var command = Command(connection, "insert into investigation_files (id, investigation_id, name, bytes, sha256, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7)", file.Id, id, name, file.Bytes, file.Sha256, by, now);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return file;
    }

    // Until the transaction ends it stays open, so nothing that is put in is left over by its removal.
    private static async Task<bool> HoldOpenAsync(NpgsqlConnection connection, Guid id, string how, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, $"select true from investigations where id = $1 and state = 'open' {how}", id);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>A file; null when it is not stored.</summary>
    public Task<byte[]?> ReadFileAsync(Guid id, Guid file, CancellationToken cancellationToken) => objects.ReadAsync(FileKey(id, file), cancellationToken);

    /// <summary>A copied picture; null when there is none.</summary>
    public Task<byte[]?> ReadPictureAsync(Guid id, string evidence, CancellationToken cancellationToken) => objects.ReadAsync(CopyKey(id, evidence), cancellationToken);

    /// <summary>SHA-256 of a copied picture, as its edge recorded it, else as it was copied; null when neither is known.</summary>
    public async Task<string?> PictureSha256Async(Guid id, string evidence, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            select coalesce(record->'recorded'->>$2, record->'copied'->>$2) from investigation_items
            where investigation_id = $1 and coalesce(record->'recorded'->>$2, record->'copied'->>$2) is not null order by record->'recorded'->>$2 limit 1
            """,
            id, evidence);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>The copies of all items, each thing once.</summary>
    public async Task<PackageRecords> RecordsAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = Command("select record from investigation_items where investigation_id = $1 order by at, item_id", id);
        var all = new PackageRecords();
        foreach (var text in await command.ReadAllAsync(r => r.GetString(0), cancellationToken))
        {
            all.Add(JsonSerializer.Deserialize<PackageRecords>(text, PackageManifest.Json)!);
        }

        return all;
    }

    // A copy that is there is replaced only by what it should be: somebody may have changed the original since.
    private async Task CopyAsync(Guid id, string key, PackageRecords records, CancellationToken cancellationToken)
    {
        if (await objects.ReadAsync(key, cancellationToken) is not { } content)
        {
            return;
        }

        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        if ((records.Recorded.GetValueOrDefault(key) ?? records.Copied.GetValueOrDefault(key)) != sha256 && await objects.ReadAsync(CopyKey(id, key), cancellationToken) is { } copy)
        {
            records.Copied.TryAdd(key, Convert.ToHexStringLower(SHA256.HashData(copy)));
            return;
        }

        records.Copied.TryAdd(key, sha256);
        await objects.PutAsync(CopyKey(id, key), content, "image/jpeg", cancellationToken);
    }

    private static (string? Plate, string What, DateTimeOffset At, string? Evidence) Summary(NewInvestigationItem body, PackageRecords records)
    {
        if (body.Kind == InvestigationRules.Charge)
        {
            var charge = records.Charges.First(c => c.Id == body.Id);
            return (charge.Plate, $"{PackageText.Scheme(charge.Scheme)}, {PackageText.Day(charge.Day)}, {PackageText.Money(charge.Amount, charge.Currency)}", charge.RecordedAt, charge.Evidence);
        }

        if (body.Kind == InvestigationRules.Alert)
        {
            var alert = records.Alerts[0].Alert;
            return (alert.Plate, $"{alert.Reason}, {alert.StationId}", alert.CapturedAt, alert.Evidence);
        }

        var sighting = records.Sightings.First(s => s.Id == body.Id);
        return (sighting.Plate, $"{sighting.StationId}, camera {sighting.CameraId}", sighting.CapturedAt, sighting.Evidence);
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values) => dataSource.CreateCommand(sql).With(values);

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values) => new NpgsqlCommand(sql, connection).With(values);

    private static NpgsqlParameter Optional(string? text) => TextParameter.Of(string.IsNullOrWhiteSpace(text) ? null : text.Trim());

    private static InvestigationView Read(NpgsqlDataReader r) => new(
        r.GetGuid(0), r.GetString(1), r.GetString(2), r.Text(3), r.GetString(4), r.GetString(5), r.GetString(6), r.Time(7), r.IsDBNull(8) ? null : r.Time(8), r.GetFieldValue<DateOnly>(9), r.GetInt32(10));
}
