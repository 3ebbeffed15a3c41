using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Faces;

namespace SmartCity.Core.Faces;

/// <summary>Who is on a watch-list. One person proposes an entry, another confirms it. Names, reasons, pictures and templates are sealed with the list's key.</summary>
internal sealed class FaceEntries(NpgsqlDataSource dataSource, FaceKeys keys, FaceEnroller enroller, IOptions<FaceOptions> options, TimeProvider time)
{
    /// <summary>Takes what is good enough of the pictures, and says of each other one why it is not.</summary>
    /// <returns>Null if there is no such list.</returns>
    /// <exception cref="InvalidDataException">The list is full or was made with another descriptor.</exception>
    public async Task<FaceEnrolment?> ProposeAsync(Guid list, NewFaceEntry entry, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var (good, refused) = Look(entry.Pictures!);
        try
        {
            if (good.Count == 0)
            {
                return new FaceEnrolment(null, 0, refused);
            }

            return await StoreAsync(list, entry, by, good, change, cancellationToken) is { } id ? new FaceEnrolment(id, good.Count, refused) : null;
        }
        finally
        {
            good.ForEach(g => g.Dispose());
        }
    }

    /// <returns>False if there is no such entry.</returns>
    /// <exception cref="InvalidDataException">Somebody has confirmed it already, or whoever confirms it has proposed it.</exception>
    public async Task<bool> ConfirmAsync(Guid id, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = await change.CommandAsync("update face_entries set confirmed_by = $2, confirmed_at = $3 where id = $1 and confirmed_at is null and expires_at > $3 and lower(proposed_by) <> lower($2)", cancellationToken);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = by });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 1)
        {
            return true;
        }

        await using var why = dataSource.CreateCommand("select confirmed_by, proposed_by from face_entries where id = $1 and expires_at > $2");
        why.Parameters.Add(new() { Value = id });
        why.Parameters.Add(new() { Value = time.GetUtcNow() });
        return await why.ReadAllAsync(r => (Confirmed: r.Text(0), Proposed: r.GetString(1)), cancellationToken) is not [var entry] ? false
            : throw new InvalidDataException(entry.Confirmed is { } other ? $"{other} has confirmed this entry already." : $"{entry.Proposed} has proposed this entry: another person must confirm it.");
    }

    /// <summary>Destroys an entry, its pictures and templates, and the matches with it that nobody decided. Edges destroy the templates with their next orders.</summary>
    /// <returns>False if there is no such entry.</returns>
    public async Task<bool> RemoveAsync(Guid id, AuditedChange change, CancellationToken cancellationToken) =>
        await RemoveAsync(await change.BeginAsync(cancellationToken), id, time.GetUtcNow(), cancellationToken);

    /// <summary>As above, in the caller's transaction.</summary>
    public static async Task<bool> RemoveAsync(NpgsqlConnection connection, Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await FaceMatches.DestroyAsync(connection, "entry_id = $2 and outcome is null", id, now, cancellationToken);
        await using var delete = new NpgsqlCommand("delete from face_entries where id = $1", connection) { Parameters = { new() { Value = id } } };
        return await delete.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <returns>Newest first; null if there is no such list.</returns>
    public async Task<List<FaceEntryView>?> OfListAsync(Guid list, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        using var key = await keys.FindAsync(connection, list, cancellationToken);
        if (key is null)
        {
            return null;
        }

        await using var resembling = new NpgsqlCommand(
            """
            select x.entry_id, x.other_id, x.how, o.about
            from (select entry_id, other_id, how from face_resemblances union all select other_id, entry_id, how from face_resemblances) x
            join face_entries o on o.id = x.other_id and o.list_id = $1 order by x.how desc
            """, connection)
        { Parameters = { new() { Value = list } } };
        var resembles = (await resembling.ReadAllAsync(
            r => (Entry: r.GetGuid(0), Resemblance: new FaceResemblance(r.GetGuid(1), About(key, r.GetGuid(1), r.GetFieldValue<byte[]>(3)).Label, r.GetString(2))), cancellationToken)).ToLookup(x => x.Entry, x => x.Resemblance);
        await using var command = new NpgsqlCommand(
            """
            select id, about, category, minor, authority, expires_at, proposed_by, proposed_at, confirmed_by, confirmed_at, array(select number from face_pictures p where p.entry_id = e.id order by number)
            from face_entries e where list_id = $1 and expires_at > $2 order by proposed_at desc, id
            """, connection)
        { Parameters = { new() { Value = list }, new() { Value = time.GetUtcNow() } } };
        return await command.ReadAllAsync(
            r =>
            {
                var (id, about) = (r.GetGuid(0), About(key, r.GetGuid(0), r.GetFieldValue<byte[]>(1)));
                return new FaceEntryView(
                    id, about.Label, r.GetString(2), about.Reason, r.GetBoolean(3), r.Text(4), r.Time(5), r.GetFieldValue<int[]>(10),
                    r.GetString(6), r.Time(7), r.Text(8), r.IsDBNull(9) ? null : r.Time(9), [.. resembles[id]]);
            },
            cancellationToken);
    }

    /// <returns>JPEG; null if there is no such picture.</returns>
    public async Task<byte[]?> PictureAsync(Guid entry, int number, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select l.id, l.key, p.picture from face_pictures p join face_entries e on e.id = p.entry_id join face_lists l on l.id = e.list_id where p.entry_id = $1 and p.number = $2", connection)
        {
            Parameters = { new() { Value = entry }, new() { Value = number } },
        };
        if (await command.ReadAllAsync(r => (List: r.GetGuid(0), Key: r.GetString(1), Sealed: r.GetFieldValue<byte[]>(2)), cancellationToken) is not [var found])
        {
            return null;
        }

        using var key = keys.Open(found.List, found.Key);
        return key.OpenPicture(entry, number, found.Sealed);
    }

    public static EntryAbout About(FaceKey key, Guid entry, byte[] whole) => JsonSerializer.Deserialize<EntryAbout>(key.OpenAbout(entry, whole))!;

    private (List<EnrolmentLook> Good, List<FacePictureRefusal> Refused) Look(IReadOnlyList<FacePictureFile> pictures)
    {
        var (good, names, refused) = (new List<EnrolmentLook>(), new List<string>(), new List<FacePictureRefusal>());
        foreach (var (index, picture) in pictures.Index())
        {
            var name = string.IsNullOrWhiteSpace(picture?.Name) ? $"picture {index + 1}" : picture.Name;
            if (picture?.Bytes is not { Length: > 0 and <= FaceRules.LargestEnrolmentPicture })
            {
                refused.Add(new(name, $"It is empty, or larger than {FaceRules.LargestEnrolmentPicture / 1_000_000} MB."));
                continue;
            }

            var look = enroller.Look(picture.Bytes);
            if (look.Refused is { } why)
            {
                refused.Add(new(name, why));
            }
            else if (good.Count > 0 && enroller.Distance(good[0].Template!, look.Template!) >= enroller.Card.Threshold)
            {
                refused.Add(new(name, $"It does not seem to show the same person as {names[0]}."));
                look.Dispose();
            }
            else
            {
                good.Add(look);
                names.Add(name);
            }
        }

        return (good, refused);
    }

    private async Task<Guid?> StoreAsync(Guid list, NewFaceEntry entry, string by, List<EnrolmentLook> looks, AuditedChange change, CancellationToken cancellationToken)
    {
        var connection = await change.BeginAsync(cancellationToken);
        await using var take = new NpgsqlCommand("select key, descriptor, (select count(*) from face_entries where list_id = $1) from face_lists where id = $1 for update", connection) { Parameters = { new() { Value = list } } };
        if (await take.ReadAllAsync(r => (Key: r.GetString(0), Descriptor: r.GetString(1), Entries: r.GetInt64(2)), cancellationToken) is not [var row])
        {
            return null;
        }

        if (row.Descriptor != enroller.Card.Name)
        {
            throw new InvalidDataException($"This watch-list was made with the descriptor {row.Descriptor}, and the core has {enroller.Card.Name}: their templates cannot be compared. Make a new list.");
        }

        if (row.Entries >= options.Value.MostEntries)
        {
            throw new InvalidDataException($"This watch-list has {row.Entries:N0} entries, which is the most that it may have (Core:Faces:MostEntries).");
        }

        using var key = keys.Open(list, row.Key);
        var (id, now) = (Guid.CreateVersion7(), time.GetUtcNow());
        await using var insert = new NpgsqlCommand("insert into face_entries (id, list_id, about, category, minor, authority, expires_at, proposed_by, proposed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)", connection)
        {
            Parameters =
            {
                new() { Value = id }, new() { Value = list }, new() { Value = key.SealAbout(id, JsonSerializer.Serialize(new EntryAbout(entry.Label!.Trim(), entry.Reason!.Trim()))) }, new() { Value = entry.Category! },
                new() { Value = entry.Minor }, TextParameter.Of(entry.Minor ? entry.Authority!.Trim() : null), new() { Value = entry.ExpiresAt.ToUniversalTime() }, new() { Value = by }, new() { Value = now },
            },
        };
        await insert.ExecuteNonQueryAsync(cancellationToken);
        foreach (var (number, look) in looks.Index())
        {
            await using var picture = new NpgsqlCommand("insert into face_pictures (entry_id, number, picture, template) values ($1, $2, $3, $4)", connection)
            {
                Parameters = { new() { Value = id }, new() { Value = number + 1 }, new() { Value = key.SealPicture(id, number + 1, look.Jpeg) }, new() { Value = key.SealTemplate(id, number + 1, look.Template!.Bytes) } },
            };
            await picture.ExecuteNonQueryAsync(cancellationToken);
        }

        await CompareAsync(connection, list, id, key, looks, cancellationToken);
        return id;
    }

    // With every other entry, so that whoever confirms it sees whom it may be taken for.
    private async Task CompareAsync(NpgsqlConnection connection, Guid list, Guid id, FaceKey key, List<EnrolmentLook> looks, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select e.id, p.number, p.template from face_entries e join face_pictures p on p.entry_id = e.id where e.list_id = $1 and e.id <> $2", connection)
        {
            Parameters = { new() { Value = list }, new() { Value = id } },
        };
        var nearest = new Dictionary<Guid, double>();
        foreach (var (other, number, whole) in await command.ReadAllAsync(r => (r.GetGuid(0), r.GetInt32(1), r.GetFieldValue<byte[]>(2)), cancellationToken))
        {
            var values = key.OpenTemplate(other, number, whole);
            using var template = new FaceVector(values);
            CryptographicOperations.ZeroMemory(values);
            var distance = looks.Min(l => enroller.Distance(l.Template!, template));
            nearest[other] = Math.Min(distance, nearest.GetValueOrDefault(other, double.MaxValue));
        }

        foreach (var (other, distance) in nearest)
        {
            if (FaceRules.Resemblance(distance, enroller.Card.Threshold) is { } how)
            {
                await using var note = new NpgsqlCommand("insert into face_resemblances (entry_id, other_id, how) values ($1, $2, $3)", connection) { Parameters = { new() { Value = id }, new() { Value = other }, new() { Value = how } } };
                await note.ExecuteNonQueryAsync(cancellationToken);
            }
        }
    }
}

/// <summary>What is sealed of an entry beside its pictures.</summary>
internal sealed record EntryAbout(string Label, string Reason);
