using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Alerts;

internal static class AlertSlice
{
    internal const string Columns =
        "id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, requested_by, station_id, camera_id, direction, captured_at, raised_at, evidence, trace_id, state, acknowledged_at, acknowledged_by, note, "
        + TakenBack + ", publish_error, joined_into, outcome, list";

    private const string Newest = "newest";
    private const string Urgent = "priority";

    // What the alert was raised for counts as something else since: a person has decided so, or has taken a decision back.
    private const string TakenBack =
        "exists (select from sightings s where s.captured_at = alerts.captured_at and s.id = alerts.sighting_id and s.plate is distinct from alerts.plate)";

    public static IServiceCollection AddAlerts(this IServiceCollection services)
    {
        services.AddSingleton<HotListSieve>();
        services.AddSingleton<HotList>();
        services.AddHostedService(provider => provider.GetRequiredService<HotList>());
        services.AddHostedService<AlertPublisher>();
        services.AddOptions<HotlistOptions>().BindConfiguration(HotlistOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RecentPassages>();
        services.AddSingleton<TypedPlates>();
        services.AddSingleton<HotlistImport>();
        services.AddSingleton<NearMatches>();
        services.AddWebhooks();
        services.AddEdgeHotlist();
        return services.AddSingleton<AlertRaiser>();
    }

    public static IEndpointRouteBuilder MapAlerts(this IEndpointRouteBuilder app)
    {
        var alerts = app.MapGroup("/api/alerts").WithTags("Alerts").RequireAuthorization(Scope.AlertsRead);
        alerts.MapGet("", ListAsync).WithSummary("Alerts, newest first or, with sort=priority, the most urgent first; a reason is required, unless it is for those that wait for somebody (state open, acknowledged or escalated, or setAside) or for those of one passage").RequireReason("alerts.search", "plate")
            .RequireReason("alerts.list", when: http => !IsWork(http.Request.Query), whole: "all alerts").ForLimited();
        alerts.MapGet("counts", CountsAsync).WithSummary("Number of alerts that somebody still has to deal with, by state: open and escalated").ForLimited();
        alerts.MapGet("lists", ListsAsync).WithSummary("The lists that alerts were raised for").ForLimited();
        alerts.MapPost("actions", ActOnAllAsync).WithSummary($"The same step for up to {AlertsDecision.MostAlerts} alerts; each is taken for itself, and the answer names those that could not be").RequireAuthorization(Scope.AlertsWrite).Audited("alerts.act", recordBody: true).AuditAbout((AlertsDecision d) => (d.Action, d.Note)).ForLimited();
        alerts.MapGet("{id:guid}", GetAsync).WithSummary("One alert, with what people did, where it was sent, and where the vehicle will probably be seen next").Audited("alerts.read").AuditAbout((AlertDetail d) => (d.Alert.Plate, null)).ForLimited();
        alerts.MapPost("{id:guid}/actions", ActAsync).WithSummary("Acknowledges, escalates, resolves, dismisses or reopens an alert; resolved needs an outcome, dismissed and escalated need a note").RequireAuthorization(Scope.AlertsWrite).Audited("alerts.act", recordBody: true).AuditAbout((AlertDecision d) => (d.Action, d.Note)).ForLimited();
        alerts.MapPost("{id:guid}/publish", PublishAsync).WithSummary("Sends an alert to topic alerts again").RequireAuthorization(Scope.AlertsWrite).Audited("alerts.publish");
        alerts.MapPost("{id:guid}/deliveries/{delivery:guid}/resend", ResendAsync).WithSummary("Sends an alert to a webhook again, in whatever state the delivery is").RequireAuthorization(Scope.AlertsWrite).Audited("alerts.resend");
        return app.MapHotlist().MapEdgeHotlist().MapWebhooks();
    }

    // What somebody still has to deal with, and what belongs to what is on the screen.
    private static bool IsWork(IQueryCollection query) =>
        query["state"].ToString() is "open" or "acknowledged" or "escalated" || !string.IsNullOrEmpty(query["passage"]) || string.Equals(query["setAside"], "true", StringComparison.OrdinalIgnoreCase);

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
        ReadingTakenBack = r.GetBoolean(20),
        NotPublished = r.Text(21),
        JoinedInto = r.Id(22),
        Outcome = r.Text(23),
        List = r.Text(24),
    };

    internal static string Select(string where) => $"select {Columns} from alerts where {where}";

    private static async Task<Results<Ok<Page<AlertView>>, ProblemHttpResult>> ListAsync(
        HttpContext http, NpgsqlDataSource dataSource, CancellationToken cancellationToken, string? state = null, int? priority = null, string? plate = null, Guid? passage = null, string? list = null, bool setAside = false, string? sort = null, Cursor? after = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        if (sort is not (null or Newest or Urgent))
        {
            return Paging.Problem($"sort must be {Newest} or {Urgent}.");
        }

        var filter = new SqlFilter()
            .And("state = @", state)
            .And("station_id = any(@)", StationLimit.Of(http.User))
            .And("priority = @", priority)
            .And("plate = @", PlateText.OrNull(plate))
            .And("passage_id = @", passage)
            .And("list = @", list)
            .And(setAside ? "publish_error is not null" : null)
            .And(Restricted.MaySee(http) ? null : $"(state in ('open', 'acknowledged', 'escalated') or {Restricted.Not("alerts.plate")})");
        await using var command = sort == Urgent
            ? AfterUrgent(filter, after).Command(dataSource, Select("{where} order by priority, raised_at desc, id desc limit {limit}"), limit + 1)
            : filter.After("raised_at", "id", after).Command(dataSource, Select("{where} order by raised_at desc, id desc limit {limit}"), limit + 1);
        var rows = await command.ReadAllAsync(Read, cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows, limit, a => new Cursor(a.RaisedAt, a.Id)));
    }

    // The cursor names the last alert of the page before; its priority never changes.
    private static SqlFilter AfterUrgent(SqlFilter filter, Cursor? after)
    {
        if (after is not { } cursor)
        {
            return filter;
        }

        var (at, id) = (filter.Parameter(cursor.At), filter.Parameter(cursor.Id));
        return filter.And($"(priority, {at}, {id}) >= ((select priority from alerts where id = {id}), raised_at, id) and id <> {id}");
    }

    private static async Task<Ok<List<string>>> ListsAsync(ClaimsPrincipal user, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select distinct list from alerts where list is not null and ($1::text[] is null or station_id = any($1)) order by list");
        command.Parameters.Add(TextParameter.Of(StationLimit.Of(user)));
        return TypedResults.Ok(await command.ReadAllAsync(r => r.GetString(0), cancellationToken));
    }

    private static async Task<Ok<List<AlertCount>>> CountsAsync(ClaimsPrincipal user, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select state, count(*) from alerts where state in ('open', 'escalated') and joined_into is null and ($1::text[] is null or station_id = any($1)) group by state order by state");
        command.Parameters.Add(TextParameter.Of(StationLimit.Of(user)));
        return TypedResults.Ok(await command.ReadAllAsync(r => new AlertCount(r.GetString(0), r.GetInt64(1)), cancellationToken));
    }

    private static async Task<Results<Ok<AlertDetail>, NotFound>> GetAsync(Guid id, ClaimsPrincipal user, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(Select("id = $1"));
        command.Parameters.Add(new() { Value = id });
        return await command.ReadAllAsync(Read, cancellationToken) is [var alert] && StationLimit.Allows(user, alert.StationId)
            ? TypedResults.Ok(new AlertDetail(
                alert,
                await AlertActions.OfAsync(dataSource, id, cancellationToken),
                await WebhookDeliveries.FindAsync(dataSource, new SqlFilter().And("d.alert_id = @", (Guid?)id), Paging.MaximumLimit, cancellationToken),
                [.. (await NextStations.FindAsync(dataSource, alert, cancellationToken)).Where(n => StationLimit.Allows(user, n.StationId))]))
            : TypedResults.NotFound();
    }

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> ActAsync(
        Guid id, AlertDecision decision, ClaimsPrincipal user, NpgsqlDataSource dataSource, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        if (AlertActions.Check(decision) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        if (!await StationLimit.AllowsAlertAsync(user, dataSource, id, cancellationToken))
        {
            return TypedResults.NotFound();
        }

        return await AlertActions.TakeAsync(await change.BeginAsync(cancellationToken), id, decision, user.Identity!.Name!, time.GetUtcNow(), cancellationToken) switch
        {
            null => TypedResults.NoContent(),
            "" => TypedResults.NotFound(),
            var state => TypedResults.Problem($"The alert is already {state}, so it cannot be {decision.Action}.", statusCode: StatusCodes.Status409Conflict),
        };
    }

    private static async Task<Results<Ok<AlertsDecided>, ProblemHttpResult>> ActOnAllAsync(
        AlertsDecision decision, ClaimsPrincipal user, NpgsqlDataSource dataSource, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        if (decision.Ids is not { Count: > 0 and <= AlertsDecision.MostAlerts } ids)
        {
            return Paging.Problem($"ids must name 1 to {AlertsDecision.MostAlerts} alerts.");
        }

        var each = new AlertDecision(decision.Action, decision.Note, decision.Outcome);
        if (AlertActions.Check(each) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        var refused = new Dictionary<Guid, AlertRefusal>();
        // In one order, so that two people who decide on many never wait for one another.
        foreach (var id in ids.Distinct().Order())
        {
            if (!await StationLimit.AllowsAlertAsync(user, dataSource, id, cancellationToken))
            {
                refused.Add(id, new AlertRefusal(id, null));
            }
            else if (await AlertActions.TakeAsync(await change.BeginAsync(cancellationToken), id, each, user.Identity!.Name!, time.GetUtcNow(), cancellationToken) is { } state)
            {
                refused.Add(id, new AlertRefusal(id, state.Length == 0 ? null : state));
            }
        }

        return TypedResults.Ok(new AlertsDecided(ids.Distinct().Count() - refused.Count, [.. ids.Distinct().Where(refused.ContainsKey).Select(id => refused[id])]));
    }

    private static async Task<Results<Accepted, NotFound>> PublishAsync(Guid id, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = await change.CommandAsync("update alerts set published_at = null, publish_error = null, publish_at = '-infinity' where id = $1", cancellationToken);
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? TypedResults.Accepted((string?)null) : TypedResults.NotFound();
    }

    private static async Task<Results<Accepted, NotFound>> ResendAsync(Guid id, Guid delivery, NpgsqlDataSource dataSource, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        var ofAlert = await WebhookDeliveries.FindAsync(dataSource, new SqlFilter().And("d.alert_id = @", (Guid?)id).And("d.id = @", (Guid?)delivery), 1, cancellationToken);
        return ofAlert.Count == 1 && await WebhookDeliveries.ResendAsync(change, delivery, time.GetUtcNow(), cancellationToken) ? TypedResults.Accepted((string?)null) : TypedResults.NotFound();
    }
}
