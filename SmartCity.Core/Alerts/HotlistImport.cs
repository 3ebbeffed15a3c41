using System.Globalization;
using System.Text.Json;
using CsvHelper;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Alerts;

/// <summary>
/// Adds entries from CSV (columns pattern or plate, reason; priority, requestedBy, list, validFrom, validTo may be there) or a JSON list of entries. An entry
/// of the same pattern and requester is changed and keeps its id; one that is the same already is not written, so importing a list again changes nothing. What is not valid is reported and left out; a plate that
/// was probably typed wrong is reported and imported as it is. A list may be uploaded for hours, so every 10,000 rows are a transaction; the last one is that of the call's line.
/// </summary>
public sealed class HotlistImport(NpgsqlDataSource dataSource, RecentPassages passages, TypedPlates typed, TimeProvider time)
{
    private const int BatchSize = 10_000;
    private const int LongestReason = 1_000;
    private const int LongestName = 200;
    private const int FewestFixed = 2;
    private const int Sampled = 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Web) { RespectNullableAnnotations = true };

    private static readonly string[] Columns = ["pattern", "plate", "reason", "priority", "requestedBy", "list", "validFrom", "validTo"];

    // What an export of the list and a file of rejected rows have beside these: a list that comes back is read as it is.
    private static readonly string[] LeftAside = ["state", "addedBy", "addedAt", "line", "error"];
    private static readonly string[] Properties = [.. Columns.Except(["plate"]), "id", "state", "addedBy", "addedAt", "meant", "tooWide"];

    /// <param name="by">Who imports it; null for a preview, which saves nothing.</param>
    /// <param name="change">The call's, which the last rows belong to; null for a transaction of their own.</param>
    /// <exception cref="InvalidDataException">The file has no header, or one with a column that is not known, then nothing was saved; or it is not CSV.</exception>
    public async Task<ImportReport> ImportCsvAsync(Stream csv, string? by, CancellationToken cancellationToken, AuditedChange? change = null)
    {
        try
        {
            return await ImportAsync(RowsAsync(csv), isCsv: true, by, change, cancellationToken);
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException($"The file is not CSV: {e.Message}", e);
        }
    }

    /// <param name="by">Who imports it; null for a preview, which saves nothing.</param>
    /// <param name="change">The call's, which the last rows belong to; null for a transaction of their own.</param>
    /// <exception cref="InvalidDataException">It is not a JSON list of entries.</exception>
    public async Task<ImportReport> ImportJsonAsync(Stream json, string? by, CancellationToken cancellationToken, AuditedChange? change = null)
    {
        try
        {
            // Read twice: what is refused is refused as a whole, before anything is saved.
            await using var kept = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
            await json.CopyToAsync(kept, cancellationToken);
            kept.Position = 0;
            await RefuseUnknownAsync(kept, cancellationToken);
            kept.Position = 0;
            return await ImportAsync(ItemsAsync(kept), isCsv: false, by, change, cancellationToken);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A name with half a character, such as \ud800, is good JSON and no text.
            throw new InvalidDataException($"The body is not a JSON list of entries: {e.Message}", e);
        }
    }

    /// <summary>The entry in its canonical form, or what is wrong with it.</summary>
    public static (HotlistEntryView? Entry, string? Error) Check(HotlistEntryView entry)
    {
        if (PlatePattern.Normalise(entry.Pattern) is not { } pattern)
        {
            return (null, $"pattern '{entry.Pattern}' must have 1 to 12 of the characters A-Z, 0-9, ? and *, at least one of them a letter or digit.");
        }

        if (!PlatePattern.IsExact(pattern) && pattern.Count(char.IsAsciiLetterOrDigit) < FewestFixed)
        {
            return (null, $"pattern '{pattern}' must have at least {FewestFixed} letters or digits beside ? and *.");
        }

        return string.IsNullOrWhiteSpace(entry.Reason) ? (null, "reason must not be empty.")
            : (TextError("reason", entry.Reason, LongestReason) ?? TextError("requestedBy", entry.RequestedBy, LongestName) ?? TextError("list", entry.List, LongestName)) is { } error ? (null, error)
            : entry.Priority is < 1 or > 5 ? (null, "priority must be from 1 to 5.")
            : entry.ValidTo <= entry.ValidFrom ? (null, $"validTo must be after validFrom; the entry would end {entry.ValidTo:yyyy-MM-dd HH:mm} and begin {entry.ValidFrom:yyyy-MM-dd HH:mm} UTC.")
            : (entry with { Pattern = pattern }, null);
    }

    private static string? TextError(string name, string? text, int longest) =>
        text?.Length > longest ? $"{name} has {text.Length} characters; at most {longest} are allowed."
        : text?.Any(char.IsControl) == true ? $"{name} must be one line without control characters."
        : null;

    private async Task<ImportReport> ImportAsync(IAsyncEnumerable<Row> rows, bool isCsv, string? by, AuditedChange? change, CancellationToken cancellationToken)
    {
        using var rejects = new RejectedRows();
        using var meant = new RejectedRows();
        var rejections = new ImportRejections();
        var doubts = new List<ImportDoubt>();
        var sample = new List<HotlistEntryView>();
        var taken = new List<TakenRow>(BatchSize);
        await using var before = new RowsBefore(dataSource);
        long read = 0, doubtful = 0;
        RecentPassages.Sample? recent = null;
        await foreach (var (line, row, problem, original) in rows.WithCancellation(cancellationToken))
        {
            if (taken.Count == BatchSize)
            {
                await TakeAsync(isLast: false);
            }

            read++;
            var (entry, error) = row is null ? (null, problem) : Check(row);
            if (entry is not null && !PlatePattern.IsExact(entry.Pattern) && (recent ??= await passages.ReadAsync(cancellationToken)).Refuse(entry.Pattern) is { } tooMuch)
            {
                (entry, error) = (null, tooMuch);
            }

            // What stood there is kept while anything of it may still be named.
            var isNamed = !rejections.IsFull || doubts.Count < ImportRejections.MostNamed;
            taken.Add(new TakenRow(line, entry, error, isNamed ? [.. original()] : []));
        }

        await TakeAsync(isLast: true);
        return rejections.Of(read) with { Preview = by is null, Sample = by is null ? sample : null, RejectedCsv = rejects.Text(), Doubtful = doubtful, Doubts = doubts, MeantCsv = isCsv ? meant.Text() : null };

        async Task TakeAsync(bool isLast)
        {
            var again = await before.AddAsync([.. taken.Where(t => t.Entry is not null).Select(t => (t.Line, t.Entry!.Pattern, t.Entry.RequestedBy))], cancellationToken);
            var entries = new List<HotlistEntryView>(taken.Count);
            foreach (var (line, entry, error, original) in taken)
            {
                // One entry has one reason: the first of two rows is imported, and the other is reported, or nobody would know which.
                var wrong = entry is null ? error! : again.TryGetValue(line, out var first) ? $"{(isCsv ? "Line" : "Entry")} {first} has the same pattern and requester." : null;
                if (wrong is not null)
                {
                    if (rejections.Add(line, wrong))
                    {
                        rejects.Add(line, wrong, original);
                    }

                    continue;
                }

                if (typed.Meant(entry!.Pattern) is { } better)
                {
                    doubtful++;
                    if (doubts.Count < ImportRejections.MostNamed)
                    {
                        doubts.Add(new ImportDoubt(line, entry.Pattern, better));
                        meant.Add(line, TypedPlates.Why(entry.Pattern, better), original.Select(f => PlatePattern.Normalise(f.Value ?? "") == entry.Pattern ? (f.Name, better) : f));
                    }
                }

                if (by is null && sample.Count < Sampled)
                {
                    sample.Add(entry);
                }

                entries.Add(entry);
            }

            taken.Clear();
            if (by is not null)
            {
                if (!isLast && change is not null)
                {
                    await change.HasPartAsync(cancellationToken);
                }

                await SaveAsync([.. entries], by, isLast ? change : null, cancellationToken);
            }
        }
    }

    private static async IAsyncEnumerable<Row> RowsAsync(Stream csv)
    {
        await using var reader = CsvReader.Create(csv, ImportCsv.Options, leaveOpen: true);
        await reader.ReadHeaderAsync();
        if (reader.Headers.Where(h => !Columns.Concat(LeftAside).Any(c => ImportCsv.Is(h, c))).ToArray() is { Length: > 0 } unknown)
        {
            throw new InvalidDataException($"Unknown {(unknown.Length == 1 ? "column" : "columns")}: {string.Join(", ", unknown)}. The columns are {string.Join(", ", Columns)}. Nothing was imported.");
        }

        ImportCsv.RefuseTwins(reader);
        if (reader.TryGetFieldIndex("pattern", out _) && reader.TryGetFieldIndex("plate", out _))
        {
            throw new InvalidDataException("The header names both pattern and plate. Keep one of them. Nothing was imported.");
        }

        var plate = reader.TryGetFieldIndex("pattern", out var index) || reader.TryGetFieldIndex("plate", out index) ? index : -1;
        if (plate < 0 || !reader.TryGetFieldIndex("reason", out _))
        {
            throw new InvalidDataException($"The header must have the columns pattern (or plate) and reason, but its columns are {string.Join(", ", reader.Headers)}.");
        }

        string? Field(string name) => reader.TryGetFieldIndex(name, out var at) ? reader.GetStringOrNull(at) : null;

        while (await reader.ReadAsync())
        {
            var problems = ImportCsv.Misfit(reader) is { } misfit ? [misfit] : new List<string>();
            var entry = new HotlistEntryView
            {
                Pattern = reader.GetStringOrNull(plate) ?? "",
                Reason = Field("reason") ?? "",
                Priority = Field("priority") is not { } priority ? 3 : int.TryParse(priority, NumberStyles.None, CultureInfo.InvariantCulture, out var p) ? p : 0,
                RequestedBy = Field("requestedBy"),
                List = Field("list"),
                ValidFrom = Time("validFrom", DayOrTime.TryBegin),
                ValidTo = Time("validTo", DayOrTime.TryEnd),
            };
            yield return new Row(reader.LineNumber, problems.Count == 0 ? entry : null, string.Join(" ", problems), Original);

            IEnumerable<(string, string?)> Original() => reader.Headers.Select((name, i) => (name, i < reader.FieldCount ? reader.GetStringOrNull(i) : null));

            DateTimeOffset? Time(string name, Moment read)
            {
                if (Field(name) is not { } text)
                {
                    return null;
                }

                if (read(text, out var time))
                {
                    return time;
                }

                problems.Add($"{name} '{text}' is not {DayOrTime.Expected}.");
                return null;
            }
        }
    }

    private static async Task RefuseUnknownAsync(Stream json, CancellationToken cancellationToken)
    {
        var number = 0L;
        await foreach (var item in JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(json, JsonSerializerOptions.Web, cancellationToken))
        {
            number++;
            if (item.ValueKind == JsonValueKind.Object && item.EnumerateObject().Select(p => p.Name).Where(n => !Properties.Contains(n, StringComparer.OrdinalIgnoreCase)).ToArray() is { Length: > 0 } unknown)
            {
                throw new InvalidDataException($"Entry {number} has {(unknown.Length == 1 ? "an unknown property" : "unknown properties")}: {string.Join(", ", unknown)}. The properties are {string.Join(", ", Columns.Except(["plate"]))}. Nothing was imported.");
            }
        }
    }

    private static async IAsyncEnumerable<Row> ItemsAsync(Stream json)
    {
        var number = 0L;
        await foreach (var item in JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(json, JsonSerializerOptions.Web))
        {
            number++;
            HotlistEntryView? entry = null;
            string? error = null;
            try
            {
                entry = item.Deserialize<HotlistEntryView>(Json);
            }
            catch (JsonException e)
            {
                error = e.Message;
            }

            yield return new Row(number, entry, error ?? "The entry is null; it must be an object.", () => [("entry", item.GetRawText())]);
        }
    }

    private async Task SaveAsync(HotlistEntryView[] entries, string by, AuditedChange? change, CancellationToken cancellationToken)
    {
        if (entries.Length == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        await using var transaction = await ChangeTransaction.BeginAsync(change, dataSource, cancellationToken);
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction.Transaction);
        // One import at a time, so that two never add the same entry.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select pg_advisory_xact_lock(3, 0)"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            with n as (
                select n.id, n.pattern, n.reason, n.priority, n.requested_by, coalesce(n.valid_from, '-infinity') as valid_from, coalesce(n.valid_to, 'infinity') as valid_to, n.list
                from unnest($1, $2, $3, $4, $5, $6, $7, $8) as n (id, pattern, reason, priority, requested_by, valid_from, valid_to, list)
            ), there as (
                select n.*, h.id as entry, h.twins, (h.reason, h.priority, h.valid_from, h.valid_to, h.list) is distinct from (n.reason, n.priority, n.valid_from, n.valid_to, n.list) as is_changed
                from n left join lateral (
                    select *, count(*) over () as twins from hotlist_entries where pattern = n.pattern and requested_by is not distinct from n.requested_by order by id limit 1 offset 0
                ) as h on true
            ), gone as (
                delete from hotlist_entries h using there t where t.twins > 1 and h.pattern = t.pattern and h.requested_by is not distinct from t.requested_by and h.id > t.entry
            ), changed as (
                update hotlist_entries h set reason = t.reason, priority = t.priority, valid_from = t.valid_from, valid_to = t.valid_to, list = t.list
                from there t where h.id = t.entry and t.is_changed
            )
            insert into hotlist_entries (id, pattern, reason, priority, requested_by, valid_from, valid_to, list, created_at, added_by)
            select id, pattern, reason, priority, requested_by, valid_from, valid_to, list, $9, $10 from there where entry is null
            """)
        {
            Parameters =
            {
                new() { Value = Array.ConvertAll(entries, _ => Guid.CreateVersion7(now)) },
                new() { Value = Array.ConvertAll(entries, e => e.Pattern) },
                new() { Value = Array.ConvertAll(entries, e => e.Reason.Trim()) },
                new() { Value = Array.ConvertAll(entries, e => e.Priority) },
                Texts(entries, e => e.RequestedBy),
                Times(entries, e => e.ValidFrom),
                Times(entries, e => e.ValidTo),
                Texts(entries, e => e.List),
                new() { Value = now },
                new() { Value = by },
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static NpgsqlParameter Texts(HotlistEntryView[] entries, Func<HotlistEntryView, string?> of) =>
        new() { Value = entries.Select(of).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Times(HotlistEntryView[] entries, Func<HotlistEntryView, DateTimeOffset?> of) =>
        new() { Value = entries.Select(e => of(e)?.ToUniversalTime()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };

    /// <param name="Error">Why there is no entry.</param>
    private sealed record TakenRow(long Line, HotlistEntryView? Entry, string? Error, IReadOnlyList<(string Name, string? Value)> Original);

    private delegate bool Moment(string? text, out DateTimeOffset at);

    /// <param name="Entry">Null when it can't be one, for the reason in <paramref name="Error"/>.</param>
    /// <param name="Original">What stood there, by column; only while the row is the current one.</param>
    private sealed record Row(long Line, HotlistEntryView? Entry, string? Error, Func<IEnumerable<(string Name, string? Value)>> Original);
}
