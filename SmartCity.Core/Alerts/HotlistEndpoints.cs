using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Alerts;

internal static class HotlistEndpoints
{
    private const string EntryColumns = "id, pattern, reason, priority, requested_by, nullif(valid_from, '-infinity'), nullif(valid_to, 'infinity'), list, added_by, created_at";
    private const int MostExported = 1_000_000;
    private const string EntriesSql = $"select {EntryColumns} from hotlist_entries where {{where}} order by created_at desc, id desc limit {{limit}}";
    private static readonly TimeSpan Reach = TimeSpan.FromDays(1);
    private const long LargestImport = 8L << 30;

    public static IEndpointRouteBuilder MapHotlist(this IEndpointRouteBuilder app)
    {
        var hotList = app.MapGroup("/api/hotlist").WithTags("Hot-list").RequireAuthorization(Scope.HotlistRead);
        hotList.MapGet("", EntriesAsync).WithSummary("Entries, newest first; state is active, expired or upcoming; text is part of a plate, reason, requester or list").Audited("hotlist.search", "text", counted: true).Audited("hotlist.list", whole: "all entries", counted: true);
        hotList.MapGet("export", Export).WithSummary($"The same as CSV, at most {MostExported} entries").RequireReason("hotlist.export", whole: "all entries");
        hotList.MapPost("", AddAsync).RequireAuthorization(Scope.HotlistWrite).WithSummary("Adds an entry; it takes effect within a second").DisableAntiforgery().Audited("hotlist.add", recordBody: true).AuditAbout((HotlistEntryView e) => (e.Pattern, e.Reason));
        hotList.MapPut("{id:guid}", ChangeAsync).RequireAuthorization(Scope.HotlistWrite).WithSummary("Changes an entry; it takes effect within a second").DisableAntiforgery().Audited("hotlist.change", recordBody: true).AuditAbout((HotlistEntryView e) => (e.Pattern, e.Reason));
        hotList.MapPost("import", ImportAsync).RequireAuthorization(Scope.HotlistWrite).WithSummary("Adds or replaces entries from CSV or a JSON list; invalid rows are reported by line; with preview=true nothing is saved").DisableAntiforgery().Audited("hotlist.import")
            .Accepts<string>("text/csv", "application/json").WithMetadata(new RequestSize());
        hotList.MapPost("test", TestAsync).WithSummary("What a plate would cause now: entries that it matches, and entries that it looks like").DisableAntiforgery().Audited("hotlist.test", recordBody: true).AuditAbout((HotlistQuestion q) => (q.Plate, null));
        hotList.MapPost("reach", ReachAsync).RequireAuthorization(Scope.VehiclesSearch).WithSummary("How many passages of the last 24 hours a plate or pattern would have met: it tells whether a vehicle passed, so it needs the scope for searches too").DisableAntiforgery().Audited("hotlist.reach", recordBody: true).AuditAbout((HotlistQuestion q) => (q.Plate, null));
        hotList.MapDelete("{id:guid}", RemoveAsync).RequireAuthorization(Scope.HotlistWrite).WithSummary("Removes an entry; a reason is required").RequireReason("hotlist.remove").AuditAbout((HotlistEntryView e) => (e.Pattern, null));
        return app;
    }

    private static async Task<Results<Ok<Page<HotlistEntryView>>, ProblemHttpResult>> EntriesAsync(
        [AsParameters] HotlistFilter filter, NpgsqlDataSource dataSource, HotList listed, TimeProvider time, CancellationToken cancellationToken, Cursor? after = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        if (filter.Wrong is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        var now = time.GetUtcNow();
        await using var command = filter.Where(now).After("created_at", "id", after).Command(dataSource, EntriesSql, limit + 1);
        var entries = await command.ReadAllAsync(r => ReadEntry(r, now), cancellationToken);
        var page = Paging.ToPage(entries.ConvertAll(e => e with { TooWide = listed.WhyTooWide(e.Pattern) }), limit, e => new Cursor(e.AddedAt!.Value, e.Id!.Value));
        return TypedResults.Ok(page);
    }

    private static Results<PushStreamHttpResult, ProblemHttpResult> Export([AsParameters] HotlistFilter filter, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return filter.Wrong is { } wrong
            ? Paging.Problem(wrong)
            : CsvExport.Stream(
                "hotlist.csv",
                ["pattern", "reason", "priority", "requestedBy", "list", "validFrom", "validTo", "state", "addedBy", "addedAt"],
                filter.Where(now).Command(dataSource, EntriesSql, MostExported + 1).StreamAsync(r => ReadEntry(r, now), cancellationToken),
                e => [e.Pattern, e.Reason, e.Priority, e.RequestedBy, e.List, e.ValidFrom, e.ValidTo, e.State, e.AddedBy, e.AddedAt],
                cancellationToken,
                MostExported);
    }

    private static async Task<Results<Created<HotlistEntryView>, ProblemHttpResult>> AddAsync(HotlistEntryView entry, ClaimsPrincipal user, RecentPassages passages, TypedPlates typed, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        var (valid, problem) = HotlistImport.Check(entry);
        if (valid is null)
        {
            return Paging.Problem(problem!);
        }

        if (!PlatePattern.IsExact(valid.Pattern) && (await passages.ReadAsync(cancellationToken)).Refuse(valid.Pattern) is { } tooMuch)
        {
            return Paging.Problem(tooMuch);
        }

        var now = time.GetUtcNow();
        var added = valid with { Id = Guid.CreateVersion7(now), AddedBy = user.Identity!.Name, AddedAt = now };
        var connection = await change.BeginAsync(cancellationToken);
        if (await TwinAsync(connection, added, cancellationToken) is { } twin)
        {
            return twin;
        }

        await using var command = new NpgsqlCommand(
            """
            insert into hotlist_entries (id, pattern, reason, priority, requested_by, list, valid_from, valid_to, added_by, created_at)
            values ($1, $2, $3, $4, $5, $6, coalesce($7, '-infinity'), coalesce($8, 'infinity'), $9, $10)
            """,
            connection);
        AddValues(command, added);
        command.Parameters.Add(new() { Value = added.AddedBy! });
        command.Parameters.Add(new() { Value = now });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return TypedResults.Created($"/api/hotlist/{added.Id}", added with { State = StateOf(added, now), Meant = typed.Meant(added.Pattern), TooWide = null });
    }

    private static async Task<Results<Ok<HotlistEntryView>, NotFound, ProblemHttpResult>> ChangeAsync(Guid id, HotlistEntryView entry, RecentPassages passages, TypedPlates typed, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        var (valid, problem) = HotlistImport.Check(entry);
        if (valid is null)
        {
            return Paging.Problem(problem!);
        }

        if (!PlatePattern.IsExact(valid.Pattern) && (await passages.ReadAsync(cancellationToken)).Refuse(valid.Pattern) is { } tooMuch)
        {
            return Paging.Problem(tooMuch);
        }

        var connection = await change.BeginAsync(cancellationToken);
        var twin = await TwinAsync(connection, valid with { Id = id }, cancellationToken);
        if (twin is not null && await IsThereAsync(connection, id, cancellationToken))
        {
            return twin;
        }

        await using var command = new NpgsqlCommand(
            $"""
            update hotlist_entries set pattern = $2, reason = $3, priority = $4, requested_by = $5, list = $6, valid_from = coalesce($7, '-infinity'), valid_to = coalesce($8, 'infinity')
            where id = $1 returning {EntryColumns}
            """,
            connection);
        AddValues(command, valid with { Id = id });
        var found = await command.ReadAllAsync(r => ReadEntry(r, time.GetUtcNow()), cancellationToken);
        return found is [var changed] ? TypedResults.Ok(changed with { Meant = typed.Meant(changed.Pattern) }) : TypedResults.NotFound();
    }

    private static async Task<bool> IsThereAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select exists (select from hotlist_entries where id = $1)", connection) { Parameters = { new() { Value = id } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    // Two entries of one requester for one plate at one time would raise two alerts for each passage. Imports take the same turn.
    private static async Task<ProblemHttpResult?> TwinAsync(NpgsqlConnection connection, HotlistEntryView entry, CancellationToken cancellationToken)
    {
        await using (var turn = new NpgsqlCommand("select pg_advisory_xact_lock(3, 0)", connection))
        {
            await turn.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var command = new NpgsqlCommand(
            """
            select id, reason, added_by from hotlist_entries
            where pattern = $1 and id <> $2 and requested_by is not distinct from $3 and valid_from < coalesce($5, 'infinity') and coalesce($4, '-infinity') < valid_to limit 1
            """,
            connection)
        {
            Parameters = { new() { Value = entry.Pattern }, new() { Value = entry.Id!.Value }, TextParameter.Of(entry.RequestedBy), At(entry.ValidFrom), At(entry.ValidTo) },
        };
        return await command.ReadAllAsync(r => (Id: r.GetGuid(0), Reason: r.GetString(1), By: r.Text(2)), cancellationToken) is [var twin]
            ? TypedResults.Problem(
                $"{entry.Pattern} is on the hot-list already: entry {twin.Id} ({twin.Reason}{(twin.By is null ? "" : $"; added by {twin.By}")}) has the same pattern and requester and holds at the same time. Change that entry.",
                statusCode: StatusCodes.Status409Conflict)
            : null;

        static NpgsqlParameter At(DateTimeOffset? at) => new() { Value = (object?)at?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };
    }

    // Parameters 1 to 8 of what is added or changed.
    private static void AddValues(NpgsqlCommand command, HotlistEntryView entry)
    {
        command.Parameters.Add(new() { Value = entry.Id!.Value });
        command.Parameters.Add(new() { Value = entry.Pattern });
        command.Parameters.Add(new() { Value = entry.Reason });
        command.Parameters.Add(new() { Value = entry.Priority });
        foreach (var text in (string?[])[entry.RequestedBy, entry.List])
        {
            command.Parameters.Add(new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        }

        foreach (var at in (DateTimeOffset?[])[entry.ValidFrom, entry.ValidTo])
        {
            command.Parameters.Add(new() { Value = (object?)at?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        }
    }

    private static async Task<Results<Ok<ImportReport>, ProblemHttpResult>> ImportAsync(HttpRequest request, ClaimsPrincipal user, HotlistImport import, AuditedChange change, CancellationToken cancellationToken, bool preview = false)
    {
        try
        {
            var by = preview ? null : user.Identity!.Name!;
            var report = request.HasJsonContentType() ? await import.ImportJsonAsync(request.Body, by, cancellationToken, change) : await import.ImportCsvAsync(request.Body, by, cancellationToken, change);
            request.HttpContext.Items[AuditFilter.Details] = new { report.Read, report.Imported, report.Rejected, report.Preview };
            return TypedResults.Ok(report);
        }
        catch (InvalidDataException e)
        {
            return Paging.Problem(e.Message);
        }
    }

    private static async Task<Results<Ok<HotlistAnswer>, ProblemHttpResult>> TestAsync(HotlistQuestion question, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken)
    {
        if (question.Plate is null || PlatePattern.Normalise(question.Plate) is not { } plate || !PlatePattern.IsExact(plate))
        {
            return Paging.Problem("plate must have 1 to 12 letters A-Z and digits.");
        }

        await using var command = dataSource.CreateCommand(
            $"""
            select {EntryColumns} from hotlist_entries
            where (pattern = $1 or pattern = any($2) or pattern ~ '[?*]') and valid_from <= $3 and $3 < valid_to order by priority, pattern
            """);
        foreach (var value in (object[])[plate, NearPlates.LookingLike(plate).ToArray(), question.At?.ToUniversalTime() ?? time.GetUtcNow()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        var now = time.GetUtcNow();
        var entries = await command.ReadAllAsync(r => ReadEntry(r, now), cancellationToken);
        return TypedResults.Ok(new HotlistAnswer(
            entries.FindAll(e => PlatePattern.Matches(e.Pattern, plate)),
            entries.FindAll(e => PlatePattern.IsExact(e.Pattern) ? e.Pattern != plate : PlatePattern.MatchesInPrint(e.Pattern, plate))));
    }

    private static async Task<Results<Ok<HotlistReach>, ProblemHttpResult>> ReachAsync(HotlistQuestion question, RecentPassages passages, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken)
    {
        var (asked, problem) = HotlistImport.Check(new HotlistEntryView { Pattern = question.Plate ?? "", Reason = "asked" });
        if (asked is not { Pattern: var pattern })
        {
            return Paging.Problem(problem!);
        }

        await using var command = dataSource.CreateCommand("select count(*), count(distinct plate) from passages where first_at >= $1 and plate like $2");
        command.Parameters.Add(new() { Value = time.GetUtcNow() - Reach });
        command.Parameters.Add(new() { Value = pattern.Replace('?', '_').Replace('*', '%') });
        var (met, vehicles) = (await command.ReadAllAsync(r => (r.GetInt64(0), r.GetInt64(1)), cancellationToken))[0];
        return TypedResults.Ok(new HotlistReach(pattern, met, vehicles, PlatePattern.IsExact(pattern) ? null : (await passages.ReadAsync(cancellationToken)).Refuse(pattern)));
    }

    private static async Task<Results<NoContent, NotFound>> RemoveAsync(Guid id, HttpContext http, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var command = await change.CommandAsync($"delete from hotlist_entries where id = $1 returning {EntryColumns}", cancellationToken);
        command.Parameters.Add(new() { Value = id });
        if (await command.ReadAllAsync(r => ReadEntry(r, time.GetUtcNow()), cancellationToken) is not [var removed])
        {
            return TypedResults.NotFound();
        }

        http.Items[AuditFilter.Details] = removed;
        return TypedResults.NoContent();
    }

    private static HotlistEntryView ReadEntry(NpgsqlDataReader r, DateTimeOffset now)
    {
        var entry = new HotlistEntryView
        {
            Id = r.GetGuid(0),
            Pattern = r.GetString(1),
            Reason = r.GetString(2),
            Priority = r.GetInt32(3),
            RequestedBy = r.Text(4),
            ValidFrom = r.IsDBNull(5) ? null : r.Time(5),
            ValidTo = r.IsDBNull(6) ? null : r.Time(6),
            List = r.Text(7),
            AddedBy = r.Text(8),
            AddedAt = r.Time(9),
        };
        return entry with { State = StateOf(entry, now) };
    }

    private static string StateOf(HotlistEntryView entry, DateTimeOffset now) => entry.ValidTo <= now ? "expired" : entry.ValidFrom > now ? "upcoming" : "active";

    private sealed class RequestSize : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => LargestImport;
    }
}

/// <param name="State">active, expired or upcoming; all when null.</param>
/// <param name="Text">A part of plate, reason, requester or list.</param>
internal sealed record HotlistFilter(string? State = null, string? Text = null)
{
    private static readonly string[] States = ["active", "expired", "upcoming"];

    /// <summary>What is wrong, for people; null when nothing is.</summary>
    public string? Wrong => State is null || States.Contains(State) ? null : $"state must be one of {string.Join(", ", States)}.";

    public SqlFilter Where(DateTimeOffset now)
    {
        var filter = new SqlFilter();
        _ = State switch
        {
            "active" => filter.And("valid_from <= @ and valid_to > @", (DateTimeOffset?)now),
            "expired" => filter.And("valid_to <= @", (DateTimeOffset?)now),
            "upcoming" => filter.And("valid_from > @", (DateTimeOffset?)now),
            _ => filter,
        };
        return string.IsNullOrWhiteSpace(Text)
            ? filter
            : filter.And("(strpos(pattern, upper(replace(@, ' ', ''))) > 0 or strpos(lower(concat_ws(' ', reason, requested_by, list)), lower(@)) > 0)", Text.Trim());
    }
}
