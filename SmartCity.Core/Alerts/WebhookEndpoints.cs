using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults.Webhooks;

namespace SmartCity.Core.Alerts;

internal static class WebhookEndpoints
{
    private const int ShortestSecret = 16;
    private const int SecretBytes = 32;
    private const int MostLists = 50;
    private const int LongestList = 100;
    private const int LongestName = 100;
    private const int LongestUrl = 2_000;
    private const int LongestSecret = 500;
    private const string Columns = "id, name, url, enabled, created_at, lowest_priority, lists";

    public static IServiceCollection AddWebhooks(this IServiceCollection services)
    {
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section).ValidateDataAnnotations().ValidateOnStart();
#pragma warning disable EXTEXP0001 // The schedule of attempts is the queue's; a client that tried again by itself would double it.
        services.AddHttpClient(WebhookSender.Client).ConfigurePrimaryHttpMessageHandler(provider => WebhookReach.Handler(provider.GetRequiredService<IOptions<WebhookOptions>>().Value.AllowPrivate)).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddSingleton<WebhookQueue>();
        services.AddSingleton<WebhookSender>();
        return services.AddHostedService(provider => provider.GetRequiredService<WebhookSender>());
    }

    public static IEndpointRouteBuilder MapWebhooks(this IEndpointRouteBuilder app)
    {
        var webhooks = app.MapGroup("/api/webhooks").WithTags("Webhooks").RequireAuthorization(Scope.CityWrite);
        webhooks.MapGet("", ListAsync).WithSummary("Webhooks to which alerts are sent");
        webhooks.MapPost("", AddAsync).WithSummary("Adds a webhook: every alert from now on of the given priorities and lists is sent to its address").DisableAntiforgery().Audited("webhooks.add").AuditAbout((WebhookRequest w) => Named(w));
        webhooks.MapPut("{id:guid}", ChangeAsync).WithSummary("Changes a webhook; it keeps its secret if none is given").DisableAntiforgery().Audited("webhooks.change").AuditAbout((WebhookRequest w) => Named(w));
        webhooks.MapPost("{id:guid}/secret", RenewSecretAsync).WithSummary("Makes a new secret, which signs every delivery from now on; only this answer shows it").DisableAntiforgery().Audited("webhooks.secret").AuditAbout((WebhookView w) => ($"{w.Name} {w.Url}", null));
        webhooks.MapPost("{id:guid}/test", TestAsync).WithSummary("Sends a signed test at once, even if the webhook is disabled, and returns the receiver's answer").Audited("webhooks.test").AuditAbout((AuditName n) => (n.Name, null));
        webhooks.MapDelete("{id:guid}", RemoveAsync).WithSummary("Removes a webhook and its deliveries").Audited("webhooks.remove").AuditAbout((AuditName n) => (n.Name, null));
        webhooks.MapGet("deliveries", DeliveriesAsync).WithSummary("Deliveries with every attempt, newest alert first");
        webhooks.MapPost("deliveries/{id:guid}/resend", ResendAsync).WithSummary("Sends a delivery again, in whatever state it is").Audited("webhooks.resend");
        return app;
    }

    private static async Task<Ok<List<WebhookView>>> ListAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns} from webhooks order by created_at, id");
        return TypedResults.Ok(await command.ReadAllAsync(Read, cancellationToken));
    }

    private static async Task<Results<Created<WebhookView>, ProblemHttpResult>> AddAsync(WebhookRequest request, CoreSecret secrets, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Problem(request) is { } problem)
        {
            return problem;
        }

        var now = time.GetUtcNow();
        var madeUp = string.IsNullOrEmpty(request.Secret) ? MakeSecret() : null;
        var webhook = new WebhookView(Guid.CreateVersion7(now), request.Name!.Trim(), request.Url!, request.Enabled, now, request.LowestPriority, Lists(request), madeUp);
        await using var command = await change.CommandAsync("insert into webhooks (id, name, url, secret, enabled, created_at, lowest_priority, lists) values ($1, $2, $3, $4, $5, $6, $7, $8)", cancellationToken);
        command.With(webhook.Id, webhook.Name, webhook.Url.AbsoluteUri, secrets.Seal(madeUp ?? request.Secret!, WebhookQueue.SecretPurpose), webhook.Enabled, now, webhook.LowestPriority, (object?)webhook.Lists ?? DBNull.Value);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return TypedResults.Created($"/api/webhooks/{webhook.Id}", webhook);
    }

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> ChangeAsync(Guid id, WebhookRequest request, CoreSecret secrets, AuditedChange change, CancellationToken cancellationToken)
    {
        if (Problem(request) is { } problem)
        {
            return problem;
        }

        await using var command = await change.CommandAsync("update webhooks set name = $2, url = $3, secret = coalesce(nullif($4, ''), secret), enabled = $5, lowest_priority = $6, lists = $7 where id = $1", cancellationToken);
        command.With(id, request.Name!.Trim(), request.Url!.AbsoluteUri, string.IsNullOrEmpty(request.Secret) ? "" : secrets.Seal(request.Secret, WebhookQueue.SecretPurpose), request.Enabled, request.LowestPriority, (object?)Lists(request) ?? DBNull.Value);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? TypedResults.NoContent() : TypedResults.NotFound();
    }

    private static async Task<Results<Ok<WebhookView>, NotFound>> RenewSecretAsync(Guid id, CoreSecret secrets, AuditedChange change, CancellationToken cancellationToken)
    {
        var secret = MakeSecret();
        await using var command = await change.CommandAsync($"update webhooks set secret = $2 where id = $1 returning {Columns}", cancellationToken);
        command.With(id, secrets.Seal(secret, WebhookQueue.SecretPurpose));
        return await command.ReadAllAsync(Read, cancellationToken) is [var webhook] ? TypedResults.Ok(webhook with { Secret = secret }) : TypedResults.NotFound();
    }

    private static async Task<Results<NoContent, NotFound>> RemoveAsync(Guid id, HttpContext http, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = await change.CommandAsync("delete from webhooks where id = $1 returning name || ' ' || url", cancellationToken);
        command.With(id);
        if (await command.ExecuteScalarAsync(cancellationToken) is not string name)
        {
            return TypedResults.NotFound();
        }

        http.Items[AuditFilter.Details] = new AuditName(name);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Page<WebhookDeliveryView>>, ProblemHttpResult>> DeliveriesAsync(
        NpgsqlDataSource dataSource, CancellationToken cancellationToken, Guid? webhook = null, string? state = null, Cursor? after = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        var filter = new SqlFilter().And("d.webhook_id = @", webhook).And("d.state = @", state).After("d.first_at", "d.id", after);
        var rows = await WebhookDeliveries.FindAsync(dataSource, filter, limit + 1, cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows.ConvertAll(r => r.Delivery), limit, d => new Cursor(d.FirstAt, d.Id)));
    }

    private static async Task<Results<Accepted, NotFound>> ResendAsync(Guid id, AuditedChange change, TimeProvider time, CancellationToken cancellationToken) =>
        await WebhookDeliveries.ResendAsync(change, id, time.GetUtcNow(), cancellationToken) ? TypedResults.Accepted((string?)null) : TypedResults.NotFound();

    private static async Task<Results<Ok<WebhookAttemptView>, NotFound>> TestAsync(Guid id, HttpContext http, CoreSecret secrets, NpgsqlDataSource dataSource, WebhookSender sender, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select url, secret, name from webhooks where id = $1");
        command.With(id);
        if (await command.ReadAllAsync(r => (new Uri(r.GetString(0)), secrets.Open(r.GetString(1), WebhookQueue.SecretPurpose), r.GetString(2)), cancellationToken) is not [var (url, secret, name)])
        {
            return TypedResults.NotFound();
        }

        http.Items[AuditFilter.Details] = new AuditName($"{name} {url}");
        return TypedResults.Ok(await sender.TestAsync(url, secret, cancellationToken));
    }

    // Never the secret.
    private static (string? Subject, string? Reason) Named(WebhookRequest request) => ($"{request.Name} {request.Url}", null);

    private static string[]? Lists(WebhookRequest request) => request.Lists is { Count: > 0 } lists ? [.. lists.Select(l => l.Trim()).Distinct(StringComparer.Ordinal)] : null;

    /// <summary>What a receiver knows deliveries by.</summary>
    public static string MakeSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    private static WebhookView Read(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), new Uri(r.GetString(2)), r.GetBoolean(3), r.Time(4), r.GetInt32(5), r.IsDBNull(6) ? null : r.GetFieldValue<string[]>(6));

    private static ProblemHttpResult? Problem(WebhookRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Name) || request.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            return Paging.Problem("name must not be empty, and url must be an http or https address.");
        }

        if (request.Name.Length > LongestName || request.Url.AbsoluteUri.Length > LongestUrl || request.Secret?.Length > LongestSecret)
        {
            return Paging.Problem($"name can have {LongestName} characters, url {LongestUrl} and secret {LongestSecret}.");
        }

        if (request.LowestPriority is < 1 or > 5)
        {
            return Paging.Problem("lowestPriority must be 1 (only the highest) to 5 (all).");
        }

        if (request.Lists is { } lists && (lists.Count > MostLists || lists.Any(l => l?.Trim() is not { Length: > 0 and <= LongestList })))
        {
            return Paging.Problem($"lists may have at most {MostLists} names of 1 to {LongestList} characters.");
        }

        return request.Secret is { Length: > 0 and < ShortestSecret } ? Paging.Problem($"secret must have at least {ShortestSecret} characters.") : null;
    }
}
