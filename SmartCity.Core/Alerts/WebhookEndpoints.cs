using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Alerts;

internal static class WebhookEndpoints
{
    private const int ShortestSecret = 16;
    private const int SecretBytes = 32;
    private const string Columns = "id, name, url, enabled, created_at";

    public static IServiceCollection AddWebhooks(this IServiceCollection services)
    {
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section).ValidateDataAnnotations().ValidateOnStart();
#pragma warning disable EXTEXP0001 // The schedule of attempts is the queue's; a client that tried again by itself would double it.
        services.AddHttpClient(WebhookSender.Client).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false }).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddSingleton<WebhookQueue>();
        services.AddSingleton<WebhookSender>();
        return services.AddHostedService(provider => provider.GetRequiredService<WebhookSender>());
    }

    public static IEndpointRouteBuilder MapWebhooks(this IEndpointRouteBuilder app)
    {
        var webhooks = app.MapGroup("/api/webhooks").WithTags("Webhooks").RequireAuthorization(Scope.CityWrite);
        webhooks.MapGet("", ListAsync).WithSummary("Webhooks to which alerts are sent");
        webhooks.MapPost("", AddAsync).WithSummary("Adds a webhook: every alert from now on is sent to its address").DisableAntiforgery();
        webhooks.MapPut("{id:guid}", ChangeAsync).WithSummary("Changes a webhook; it keeps its secret if none is given").DisableAntiforgery();
        webhooks.MapPost("{id:guid}/secret", RenewSecretAsync).WithSummary("Makes a new secret, which signs every delivery from now on; only this answer shows it").DisableAntiforgery().Audited("webhooks.secret");
        webhooks.MapPost("{id:guid}/test", TestAsync).WithSummary("Sends a signed test at once, even if the webhook is disabled, and returns the receiver's answer").Audited("webhooks.test");
        webhooks.MapDelete("{id:guid}", RemoveAsync).WithSummary("Removes a webhook and its deliveries");
        webhooks.MapGet("deliveries", DeliveriesAsync).WithSummary("Deliveries with every attempt, newest alert first");
        webhooks.MapPost("deliveries/{id:guid}/resend", ResendAsync).WithSummary("Sends a delivery again, in whatever state it is");
        return app;
    }

    private static async Task<Ok<List<WebhookView>>> ListAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns} from webhooks order by created_at, id");
        return TypedResults.Ok(await command.ReadAllAsync(Read, cancellationToken));
    }

    private static async Task<Results<Created<WebhookView>, ProblemHttpResult>> AddAsync(WebhookRequest request, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Problem(request) is { } problem)
        {
            return problem;
        }

        var now = time.GetUtcNow();
        var madeUp = string.IsNullOrEmpty(request.Secret) ? MakeSecret() : null;
        var webhook = new WebhookView(Guid.CreateVersion7(now), request.Name!.Trim(), request.Url!, request.Enabled, now, madeUp);
        await using var command = dataSource.CreateCommand("insert into webhooks (id, name, url, secret, enabled, created_at) values ($1, $2, $3, $4, $5, $6)");
        Parameters(command, webhook.Id, webhook.Name, webhook.Url.AbsoluteUri, madeUp ?? request.Secret!, webhook.Enabled, now);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return TypedResults.Created($"/api/webhooks/{webhook.Id}", webhook);
    }

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> ChangeAsync(Guid id, WebhookRequest request, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        if (Problem(request) is { } problem)
        {
            return problem;
        }

        await using var command = dataSource.CreateCommand("update webhooks set name = $2, url = $3, secret = coalesce(nullif($4, ''), secret), enabled = $5 where id = $1");
        Parameters(command, id, request.Name!.Trim(), request.Url!.AbsoluteUri, request.Secret ?? "", request.Enabled);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? TypedResults.NoContent() : TypedResults.NotFound();
    }

    private static async Task<Results<Ok<WebhookView>, NotFound>> RenewSecretAsync(Guid id, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var secret = MakeSecret();
        await using var command = dataSource.CreateCommand($"update webhooks set secret = $2 where id = $1 returning {Columns}");
        Parameters(command, id, secret);
        return await command.ReadAllAsync(Read, cancellationToken) is [var webhook] ? TypedResults.Ok(webhook with { Secret = secret }) : TypedResults.NotFound();
    }

    private static async Task<Results<NoContent, NotFound>> RemoveAsync(Guid id, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("delete from webhooks where id = $1");
        Parameters(command, id);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? TypedResults.NoContent() : TypedResults.NotFound();
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

    private static async Task<Results<Accepted, NotFound>> ResendAsync(Guid id, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken) =>
        await WebhookDeliveries.ResendAsync(dataSource, id, time.GetUtcNow(), cancellationToken) ? TypedResults.Accepted((string?)null) : TypedResults.NotFound();

    private static async Task<Results<Ok<WebhookAttemptView>, NotFound>> TestAsync(Guid id, NpgsqlDataSource dataSource, WebhookSender sender, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select url, secret from webhooks where id = $1");
        Parameters(command, id);
        return await command.ReadAllAsync(r => (new Uri(r.GetString(0)), r.GetString(1)), cancellationToken) is [var (url, secret)]
            ? TypedResults.Ok(await sender.TestAsync(url, secret, cancellationToken))
            : TypedResults.NotFound();
    }

    private static string MakeSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    private static WebhookView Read(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), new Uri(r.GetString(2)), r.GetBoolean(3), r.Time(4));

    private static ProblemHttpResult? Problem(WebhookRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Name) || request.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            return Paging.Problem("name must not be empty, and url must be an http or https address.");
        }

        return request.Secret is { Length: > 0 and < ShortestSecret } ? Paging.Problem($"secret must have at least {ShortestSecret} characters.") : null;
    }

    private static void Parameters(NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }
    }
}
