using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Mail;
using SmartCity.Core.Secrets;

namespace SmartCity.Core.Notifications;

/// <summary>Who is told of alerts, by a rota of two lines.</summary>
internal static class NotificationSlice
{
    private const int LongestName = 100;
    private const int LongestAddress = 2_000;
    private const int MostRecipients = 200;
    private const int MostShifts = 1_000;
    private const int LongestWaitMinutes = 24 * 60;

    public static IServiceCollection AddNotifications(this IServiceCollection services)
    {
        services.AddOptions<NotificationOptions>().BindConfiguration(NotificationOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.ConsoleAddress is null or { IsAbsoluteUri: true, Scheme: "http" or "https" }, "Core:Notifications:ConsoleAddress must be an http or https address, such as https://smartcity.example.org.").ValidateOnStart();
        MailSender.Add(services);
        services.AddSingleton<NotificationStore>().AddSingleton<NotificationPlan>().AddSingleton<NotificationSender>();
        return services.AddHostedService(provider => provider.GetRequiredService<NotificationSender>());
    }

    public static IEndpointRouteBuilder MapNotifications(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/notifications").WithTags("Notifications").RequireAuthorization(Scope.CityWrite);
        group.MapGet("", GetAsync).WithSummary("Recipients, rota and rules, and who is on which line now");
        group.MapPost("recipients", AddAsync).WithSummary("Adds a recipient of messages about alerts: email, webhook (signed JSON), slack or teams; its address is kept sealed").DisableAntiforgery().Audited("notifications.recipient.add").AuditAbout((RecipientRequest r) => Named(r));
        group.MapPut("recipients/{id:guid}", ChangeAsync).WithSummary("Changes a recipient; it keeps its address if none is given").DisableAntiforgery().Audited("notifications.recipient.change").AuditAbout((RecipientRequest r) => Named(r));
        group.MapDelete("recipients/{id:guid}", RemoveAsync).WithSummary("Removes a recipient with its shifts and deliveries").Audited("notifications.recipient.remove").AuditAbout((AuditName n) => (n.Name, null));
        group.MapPost("recipients/{id:guid}/test", TestAsync).WithSummary("Sends a test at once and says what became of it").Audited("notifications.recipient.test").AuditAbout((AuditName n) => (n.Name, null));
        group.MapPost("shifts", AddShiftAsync).WithSummary("Puts a recipient on the first or second line at some hours of some days of the week, in the city's time zone").DisableAntiforgery().Audited("notifications.shift.add", recordBody: true).AuditAbout((AuditName n) => (n.Name, null));
        group.MapDelete("shifts/{id:guid}", RemoveShiftAsync).WithSummary("Takes a shift off the rota").Audited("notifications.shift.remove").AuditAbout((AuditName n) => (n.Name, null));
        group.MapPut("rules/{priority}", SetRuleAsync).WithSummary("Says of alerts of a priority whether the first line is told, and after how many minutes without acknowledgement the second").DisableAntiforgery().Audited("notifications.rule", recordBody: true);
        group.MapGet("deliveries", DeliveriesAsync).WithSummary("Messages about alerts, newest first; state is waiting, delivered, dead or settled");
        group.MapPost("deliveries/{id:guid}/resend", ResendAsync).WithSummary("Tells a recipient again of an alert that nobody deals with yet").Audited("notifications.resend").AuditAbout((AuditName n) => (n.Name, null));
        app.MapGet("/api/alerts/{id:guid}/notifications", OfAlertAsync).WithTags("Alerts").WithSummary("Who was told of an alert, and when the second line will be").RequireAuthorization(Scope.AlertsRead).ForLimited();
        return app;
    }

    private static async Task<Ok<NotificationSettings>> GetAsync(NotificationStore store, NotificationPlan plan, MailSender mail, CancellationToken cancellationToken)
    {
        var (first, second) = await plan.OnNowAsync(cancellationToken);
        return TypedResults.Ok(new NotificationSettings(await store.RecipientsAsync(cancellationToken), await store.ShiftsAsync(cancellationToken), await store.RulesAsync(cancellationToken), first, second, mail.IsSet));
    }

    private static async Task<Results<Created<RecipientView>, ProblemHttpResult>> AddAsync(RecipientRequest body, NotificationStore store, AuditedChange change, CoreSecret secrets, TimeProvider time, CancellationToken cancellationToken)
    {
        if (body.Kind is not { } kind || !RecipientKind.All.Contains(kind))
        {
            return Paging.Problem($"kind must be one of {string.Join(", ", RecipientKind.All)}.");
        }

        if (CheckName(body) is { } wrong)
        {
            return wrong;
        }

        if (Shown(kind, body.Address) is not { } shown)
        {
            return NoAddress(kind);
        }

        if ((await store.RecipientsAsync(cancellationToken)).Count >= MostRecipients)
        {
            return Paging.Problem($"There are {MostRecipients} recipients already, and there cannot be more.");
        }

        var secret = WebhookEndpoints.MakeSecret();
        var recipient = new RecipientView(Guid.CreateVersion7(time.GetUtcNow()), body.Name!.Trim(), kind, shown, body.Enabled, time.GetUtcNow());
        return await NotificationStore.AddAsync(change, recipient, secrets.Seal(body.Address!.Trim(), NotificationStore.Purpose), secrets.Seal(secret, NotificationStore.Purpose), cancellationToken)
            ? TypedResults.Created($"/api/notifications/recipients/{recipient.Id}", recipient with { Secret = kind == RecipientKind.Webhook ? secret : null })
            : Taken(recipient.Name);
    }

    private static async Task<Results<Ok<RecipientView>, NotFound, ProblemHttpResult>> ChangeAsync(Guid id, RecipientRequest body, NotificationStore store, AuditedChange change, CoreSecret secrets, CancellationToken cancellationToken)
    {
        if (CheckName(body) is { } wrong)
        {
            return wrong;
        }

        if (await store.RecipientAsync(id, cancellationToken) is not { View: var before })
        {
            return TypedResults.NotFound();
        }

        var keeps = string.IsNullOrWhiteSpace(body.Address);
        if ((keeps ? before.Shown : Shown(before.Kind, body.Address)) is not { } shown)
        {
            return NoAddress(before.Kind);
        }

        var recipient = before with { Name = body.Name!.Trim(), Shown = shown, Enabled = body.Enabled };
        return await NotificationStore.ChangeAsync(change, recipient, keeps ? "" : secrets.Seal(body.Address!.Trim(), NotificationStore.Purpose), cancellationToken) ? TypedResults.Ok(recipient) : Taken(recipient.Name);
    }

    private static async Task<Results<NoContent, NotFound>> RemoveAsync(Guid id, HttpContext http, AuditedChange change, CancellationToken cancellationToken)
    {
        if (await NotificationStore.RemoveAsync(change, id, cancellationToken) is not { } name)
        {
            return TypedResults.NotFound();
        }

        http.Items[AuditFilter.Details] = new AuditName(name);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<WebhookAttemptView>, NotFound>> TestAsync(Guid id, HttpContext http, NotificationStore store, NotificationSender sender, CoreSecret secrets, CancellationToken cancellationToken)
    {
        if (await store.RecipientAsync(id, cancellationToken) is not { } found)
        {
            return TypedResults.NotFound();
        }

        http.Items[AuditFilter.Details] = new AuditName(found.View.Name);
        return TypedResults.Ok(await sender.TestAsync(found.View, secrets.Open(found.Address, NotificationStore.Purpose), secrets.Open(found.Secret, NotificationStore.Purpose), cancellationToken));
    }

    private static async Task<Results<Created<ShiftView>, ProblemHttpResult>> AddShiftAsync(NewShift body, HttpContext http, NotificationStore store, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Rota.Check(body) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        if ((await store.ShiftsAsync(cancellationToken)).Count >= MostShifts)
        {
            return Paging.Problem($"There are {MostShifts} shifts already, and there cannot be more.");
        }

        var shift = new ShiftView(Guid.CreateVersion7(time.GetUtcNow()), body.RecipientId, body.Line, [.. body.Days!.Distinct().Order()], body.Begins!.Value, body.Ends!.Value);
        if (await NotificationStore.AddAsync(change, shift, cancellationToken) is not { } name)
        {
            return Paging.Problem("recipientId must name a recipient.");
        }

        http.Items[AuditFilter.Details] = Named(name, shift);
        return TypedResults.Created($"/api/notifications/shifts/{shift.Id}", shift);
    }

    private static async Task<Results<NoContent, NotFound>> RemoveShiftAsync(Guid id, HttpContext http, AuditedChange change, CancellationToken cancellationToken)
    {
        if (await NotificationStore.RemoveShiftAsync(change, id, cancellationToken) is not var (name, shift))
        {
            return TypedResults.NotFound();
        }

        http.Items[AuditFilter.Details] = Named(name, shift);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<NotificationRule>, ProblemHttpResult>> SetRuleAsync(int priority, NotificationRuleChange body, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        if (priority is < 1 or > 5)
        {
            return Paging.Problem("priority must be 1 to 5.");
        }

        if (body.SecondAfterMinutes is < 1 or > LongestWaitMinutes)
        {
            return Paging.Problem($"secondAfterMinutes must be 1 to {LongestWaitMinutes}, or null for never.");
        }

        var rule = new NotificationRule(priority, body.First, body.SecondAfterMinutes);
        await NotificationStore.SetAsync(change, rule, time.GetUtcNow(), cancellationToken);
        return TypedResults.Ok(rule);
    }

    private static async Task<Results<Ok<Page<NotificationDelivery>>, ProblemHttpResult>> DeliveriesAsync(NotificationStore store, CancellationToken cancellationToken, string? state = null, Cursor? after = null, int limit = Paging.DefaultLimit) =>
        Paging.CheckLimit(limit) is { } problem
            ? problem
            : TypedResults.Ok(Paging.ToPage(await store.DeliveriesAsync(new SqlFilter().And("d.state = @", state).After("d.first_at", "d.id", after), limit + 1, cancellationToken), limit, d => new Cursor(d.FirstAt, d.Id)));

    private static async Task<Results<Accepted, ProblemHttpResult>> ResendAsync(Guid id, HttpContext http, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await NotificationStore.ResendAsync(change, id, time.GetUtcNow(), cancellationToken) is not { } name)
        {
            return TypedResults.Problem("There is no such message, or somebody deals with its alert already.", statusCode: StatusCodes.Status409Conflict);
        }

        http.Items[AuditFilter.Details] = new AuditName(name);
        return TypedResults.Accepted((string?)null);
    }

    private static async Task<Results<Ok<AlertNotifications>, NotFound>> OfAlertAsync(Guid id, ClaimsPrincipal user, NpgsqlDataSource dataSource, NotificationStore store, CancellationToken cancellationToken) =>
        !await StationLimit.AllowsAlertAsync(user, dataSource, id, cancellationToken) ? TypedResults.NotFound() : TypedResults.Ok(new AlertNotifications(await store.SecondLineAtAsync(id, cancellationToken), await store.DeliveriesAsync(new SqlFilter().And("d.alert_id = @", (Guid?)id), Paging.MaximumLimit, cancellationToken)));

    private static AuditName Named(string recipient, ShiftView shift) => new($"{recipient}, line {shift.Line}, {shift.Begins:HH:mm} to {shift.Ends:HH:mm} on days {string.Join(' ', shift.Days)}");

    // Never the address, which may let anybody write into a channel.
    private static (string? Subject, string? Reason) Named(RecipientRequest request) => ($"{request.Name} {request.Kind}", null);

    private static ProblemHttpResult? CheckName(RecipientRequest body) =>
        body.Name?.Trim() is { Length: > 0 and <= LongestName } name && !name.Any(char.IsControl) ? null : Paging.Problem($"name must have 1 to {LongestName} characters.");

    // What people may see of an address; null when it is none.
    private static string? Shown(string kind, string? address) =>
        address?.Trim() is not { Length: > 0 and <= LongestAddress } text ? null
        : kind == RecipientKind.Email ? (MailAddress.IsOne(text) ? text : null)
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", UserInfo: "" } ? url.GetLeftPart(UriPartial.Authority) : null;

    private static ProblemHttpResult NoAddress(string kind) =>
        Paging.Problem(kind == RecipientKind.Email ? "address must be one e-mail address, such as duty@example.org." : "address must be an http or https address without a user name.");

    private static ProblemHttpResult Taken(string name) => TypedResults.Problem($"There is a recipient with the name {name} already.", statusCode: StatusCodes.Status409Conflict);
}
