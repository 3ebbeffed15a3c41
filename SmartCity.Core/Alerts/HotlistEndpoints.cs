using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Alerts;

internal static class HotlistEndpoints
{
    private const string EntryColumns = "id, pattern, reason, priority, requested_by, nullif(valid_from, '-infinity'), nullif(valid_to, 'infinity')";
    private const long LargestImport = 8L << 30;

    public static IEndpointRouteBuilder MapHotlist(this IEndpointRouteBuilder app)
    {
        var hotList = app.MapGroup("/api/hotlist").WithTags("Hot-list").RequireAuthorization(Scope.HotlistRead);
        hotList.MapGet("", EntriesAsync).WithSummary("Entries, newest first");
        hotList.MapPost("", AddAsync).RequireAuthorization(Scope.HotlistWrite).WithSummary("Adds an entry; it holds within a second").DisableAntiforgery();
        hotList.MapPost("import", ImportAsync).RequireAuthorization(Scope.HotlistWrite).WithSummary("Adds or replaces entries from CSV or a JSON list; what is not valid is reported by line").DisableAntiforgery()
            .Accepts<string>("text/csv", "application/json").WithMetadata(new RequestSize());
        hotList.MapPost("test", TestAsync).WithSummary("What a plate would set off now: entries that it meets, and entries that it is near to").DisableAntiforgery();
        hotList.MapDelete("{id:guid}", RemoveAsync).RequireAuthorization(Scope.HotlistWrite).WithSummary("Takes an entry away");
        return app;
    }

    private static async Task<Results<Ok<Page<HotlistEntryView>>, ProblemHttpResult>> EntriesAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken, Cursor? after = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        await using var command = new SqlFilter().After("created_at", "id", after).Command(
            dataSource,
            $"select {EntryColumns}, created_at from hotlist_entries where {{where}} order by created_at desc, id desc limit {{limit}}",
            limit + 1);
        var rows = await command.ReadAllAsync(
            r => (Entry: ReadEntry(r), Created: r.Time(7)),
            cancellationToken);
        var page = Paging.ToPage(rows, limit, e => new Cursor(e.Created, e.Entry.Id!.Value));
        return TypedResults.Ok(new Page<HotlistEntryView>([.. page.Items.Select(i => i.Entry)], page.Next));
    }

    private static async Task<Results<Created<HotlistEntryView>, ProblemHttpResult>> AddAsync(HotlistEntryView entry, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken)
    {
        var (valid, problem) = HotlistImport.Check(entry);
        if (valid is null)
        {
            return Paging.Problem(problem!);
        }

        var now = time.GetUtcNow();
        var added = valid with { Id = Guid.CreateVersion7(now) };
        await using var command = dataSource.CreateCommand(
            $"""
            with added as (
                insert into hotlist_entries (id, pattern, reason, priority, requested_by, valid_from, valid_to, created_at)
                values ($1, $2, $3, $4, $5, coalesce($6, '-infinity'), coalesce($7, 'infinity'), $8) returning pattern)
            select pg_notify('{HotList.Channel}', pattern) from added
            """);
        foreach (var value in (object?[])[added.Id, added.Pattern, added.Reason, added.Priority, added.RequestedBy])
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }

        command.Parameters.Add(new() { Value = (object?)added.ValidFrom?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)added.ValidTo?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = now });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return TypedResults.Created($"/api/hotlist/{added.Id}", added);
    }

    private static async Task<Results<Ok<ImportReport>, ProblemHttpResult>> ImportAsync(HttpRequest request, HotlistImport import, CancellationToken cancellationToken)
    {
        try
        {
            return TypedResults.Ok(request.HasJsonContentType() ? await import.ImportJsonAsync(request.Body, cancellationToken) : await import.ImportCsvAsync(request.Body, cancellationToken));
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

        var entries = await command.ReadAllAsync(ReadEntry, cancellationToken);
        return TypedResults.Ok(new HotlistAnswer(
            entries.FindAll(e => PlatePattern.Matches(e.Pattern, plate)),
            entries.FindAll(e => PlatePattern.IsExact(e.Pattern) && e.Pattern != plate)));
    }

    private static async Task<Results<NoContent, NotFound>> RemoveAsync(Guid id, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("delete from hotlist_entries where id = $1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? TypedResults.NoContent() : TypedResults.NotFound();
    }

    private static HotlistEntryView ReadEntry(NpgsqlDataReader r) => new()
    {
        Id = r.GetGuid(0),
        Pattern = r.GetString(1),
        Reason = r.GetString(2),
        Priority = r.GetInt32(3),
        RequestedBy = r.Text(4),
        ValidFrom = r.IsDBNull(5) ? null : r.Time(5),
        ValidTo = r.IsDBNull(6) ? null : r.Time(6),
    };

    private sealed class RequestSize : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => LargestImport;
    }
}
