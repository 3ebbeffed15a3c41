using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Alerts;

internal static class AlertSlice
{
    private const string Columns =
        "id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, requested_by, station_id, camera_id, direction, captured_at, raised_at, evidence, trace_id, state, acknowledged_at, acknowledged_by, note";

    public static IServiceCollection AddAlerts(this IServiceCollection services)
    {
        services.AddSingleton<HotList>();
        services.AddHostedService(provider => provider.GetRequiredService<HotList>());
        services.AddHostedService<AlertPublisher>();
        return services.AddSingleton(provider => new AlertRaiser(provider.GetRequiredService<HotList>().MayMatch, provider.GetRequiredService<TimeProvider>()));
    }

    public static IEndpointRouteBuilder MapAlerts(this IEndpointRouteBuilder app)
    {
        var alerts = app.MapGroup("/api/alerts").WithTags("Alerts");
        alerts.MapGet("", ListAsync).WithSummary("Alerts, newest first");
        alerts.MapGet("{id:guid}", GetAsync).WithSummary("One alert");
        alerts.MapPost("{id:guid}/acknowledge", AcknowledgeAsync).WithSummary("Says who has taken an alert on").DisableAntiforgery();
        var hotList = app.MapGroup("/api/hotlist").WithTags("Hot-list");
        hotList.MapGet("", EntriesAsync).WithSummary("Entries, newest first");
        hotList.MapPost("", AddAsync).WithSummary("Adds an entry; it holds within a second").DisableAntiforgery();
        hotList.MapDelete("{id:guid}", RemoveAsync).WithSummary("Takes an entry away");
        return app;
    }

    internal static AlertView Read(NpgsqlDataReader r) => new()
    {
        Id = r.GetGuid(0),
        EntryId = r.GetGuid(1),
        PassageId = r.GetGuid(2),
        SightingId = r.GetGuid(3),
        Plate = r.GetString(4),
        Pattern = r.GetString(5),
        Reason = r.GetString(6),
        Priority = r.GetInt32(7),
        RequestedBy = r.Text(8),
        StationId = r.GetString(9),
        CameraId = r.Text(10),
        Direction = r.Text(11),
        CapturedAt = r.Time(12),
        RaisedAt = r.Time(13),
        Evidence = r.Text(14),
        Patch = r.Text(14) is { } evidence ? Sighting.PatchKey(evidence) : null,
        TraceId = r.Text(15),
        State = r.GetString(16),
        AcknowledgedAt = r.IsDBNull(17) ? null : r.Time(17),
        AcknowledgedBy = r.Text(18),
        Note = r.Text(19),
    };

    internal static string Select(string where) => $"select {Columns} from alerts where {where}";

    private static async Task<Results<Ok<Page<AlertView>>, ProblemHttpResult>> ListAsync(
        NpgsqlDataSource dataSource, CancellationToken cancellationToken, string? state = null, string? plate = null, Cursor? after = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        await using var command = new SqlFilter()
            .And("state = @", state)
            .And("plate = @", plate?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant())
            .After("raised_at", "id", after)
            .Command(dataSource, Select("{where} order by raised_at desc, id desc limit {limit}"), limit + 1);
        var rows = await command.ReadAllAsync(Read, cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows, limit, a => new Cursor(a.RaisedAt, a.Id)));
    }

    private static async Task<Results<Ok<AlertView>, NotFound>> GetAsync(Guid id, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(Select("id = $1"));
        command.Parameters.Add(new() { Value = id });
        return await command.ReadAllAsync(Read, cancellationToken) is [var alert] ? TypedResults.Ok(alert) : TypedResults.NotFound();
    }

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> AcknowledgeAsync(Guid id, Acknowledgement body, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(body.By))
        {
            return Paging.Problem("by is empty; it must name who takes the alert on.");
        }

        await using var command = dataSource.CreateCommand(
            """
            update alerts set state = 'acknowledged', acknowledged_at = coalesce(acknowledged_at, $2), acknowledged_by = coalesce(acknowledged_by, $3), note = coalesce(note, $4)
            where id = $1
            """);
        foreach (var value in (object?[])[id, time.GetUtcNow(), body.By.Trim(), body.Note])
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }

        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? TypedResults.NoContent() : TypedResults.NotFound();
    }

    private static async Task<Results<Ok<Page<HotlistEntryView>>, ProblemHttpResult>> EntriesAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken, Cursor? after = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        await using var command = new SqlFilter().After("created_at", "id", after).Command(
            dataSource,
            "select id, pattern, reason, priority, requested_by, nullif(valid_from, '-infinity'), nullif(valid_to, 'infinity'), created_at from hotlist_entries where {where} order by created_at desc, id desc limit {limit}",
            limit + 1);
        var rows = await command.ReadAllAsync(
            r => (Entry: new HotlistEntryView
            {
                Id = r.GetGuid(0),
                Pattern = r.GetString(1),
                Reason = r.GetString(2),
                Priority = r.GetInt32(3),
                RequestedBy = r.Text(4),
                ValidFrom = r.IsDBNull(5) ? null : r.Time(5),
                ValidTo = r.IsDBNull(6) ? null : r.Time(6),
            }, Created: r.Time(7)),
            cancellationToken);
        var page = Paging.ToPage(rows, limit, e => new Cursor(e.Created, e.Entry.Id!.Value));
        return TypedResults.Ok(new Page<HotlistEntryView>([.. page.Items.Select(i => i.Entry)], page.Next));
    }

    private static async Task<Results<Created<HotlistEntryView>, ProblemHttpResult>> AddAsync(HotlistEntryView entry, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken)
    {
        if (PlatePattern.Normalise(entry.Pattern) is not { } pattern)
        {
            return Paging.Problem($"pattern '{entry.Pattern}' must have 1 to 12 of A-Z, 0-9, ? and *, and a letter or digit among them.");
        }

        if (string.IsNullOrWhiteSpace(entry.Reason) || entry.Priority is < 1 or > 5 || entry.ValidTo <= entry.ValidFrom)
        {
            return Paging.Problem("reason must not be empty, priority must be from 1 to 5, and validTo must be after validFrom.");
        }

        var now = time.GetUtcNow();
        var added = entry with { Id = Guid.CreateVersion7(now), Pattern = pattern };
        await using var command = dataSource.CreateCommand(
            $"""
            with added as (
                insert into hotlist_entries (id, pattern, reason, priority, requested_by, valid_from, valid_to, created_at)
                values ($1, $2, $3, $4, $5, coalesce($6, '-infinity'), coalesce($7, 'infinity'), $8) returning pattern)
            select pg_notify('{HotList.Channel}', pattern) from added
            """);
        foreach (var value in (object?[])[added.Id, pattern, added.Reason, added.Priority, added.RequestedBy])
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }

        command.Parameters.Add(new() { Value = (object?)added.ValidFrom?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)added.ValidTo?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = now });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return TypedResults.Created($"/api/hotlist/{added.Id}", added);
    }

    private static async Task<Results<NoContent, NotFound>> RemoveAsync(Guid id, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("delete from hotlist_entries where id = $1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? TypedResults.NoContent() : TypedResults.NotFound();
    }

    internal sealed record Acknowledgement(string By, string? Note);
}
