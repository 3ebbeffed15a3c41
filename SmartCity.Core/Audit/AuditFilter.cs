using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Audit;

/// <summary>
/// Writes a line for every call that changed something or was marked, after the work and before the answer: what could not be written down is not
/// answered, and not changed where the handler changes it with <see cref="AuditedChange"/>. Rows that needed a reason count against the caller's quota.
/// </summary>
internal sealed class AuditFilter(AuditLog audit, ReadQuota quota) : IEndpointFilter
{
    public const string ReasonHeader = "Audit-Reason";

    /// <summary>Under this name a handler leaves what else belongs to the line in the request's items.</summary>
    public const string Details = "audit details";

    private const int ShortestReason = 3;
    private const int LongestReason = 500;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var rules = http.GetEndpoint()?.Metadata.GetOrderedMetadata<AuditMetadata>() ?? [];
        var metadata = rules.FirstOrDefault(r => Applies(http, r));
        if (metadata is null && (rules.Count > 0 || HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)))
        {
            return await next(context);
        }

        if (metadata?.Scope is { } scope && !http.User.HasClaim(Scope.Claim, scope))
        {
            await audit.AppendAsync(Actor(http), "access.refused", $"{http.Request.Method} {http.Request.Path}", null, null);
            return TypedResults.Problem($"{metadata.Needing} needs the scope {scope}, which {Actor(http)} does not have.", statusCode: StatusCodes.Status403Forbidden);
        }

        var reason = ReasonOf(http);
        if (metadata is { ReasonRequired: true } && CheckReason(reason) is { } missing)
        {
            return missing;
        }

        if (metadata is { IsCounted: true } && await quota.RefuseAsync(http, audit, reason) is { } enough)
        {
            return enough;
        }

        // What changes something is written down before it does: a core that ends in between leaves that.
        var changes = !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method) && metadata is not { ReasonRequired: true, RecordBody: true };
        var intent = changes ? await audit.IntendAsync(Actor(http), ActionOf(http, metadata), About(http, metadata, [BodyOf(context)]).Subject, reason.Length > 0 ? reason : null) : (Guid?)null;
        var change = http.RequestServices.GetRequiredService<AuditedChange>();
        change.Intent = intent;
        object? result;
        try
        {
            result = await next(context);
        }
        catch (Exception e) when (e is BadHttpRequestException || change.Begun is not null)
        {
            await UndoAsync();
            throw;
        }

        var answer = (result as INestedHttpResult)?.Result ?? result;
        if (answer is not IStatusCodeHttpResult { StatusCode: >= 400 })
        {
            var value = (answer as IValueHttpResult)?.Value;
            var body = BodyOf(context);
            var details = metadata is { RecordBody: true } ? body : http.Items[Details];
            var (subject, why) = About(http, metadata, [body, http.Items[Details], value]);
            var (action, given, json) = (ActionOf(http, metadata), reason.Length > 0 ? reason : why, details is null ? null : JsonSerializer.Serialize(details, details.GetType(), JsonSerializerOptions.Web));
            try
            {
                await (change.Begun is null ? audit.AppendAsync(Actor(http), action, subject, given, json, intent) : audit.AppendAsync(change, Actor(http), action, subject, given, json, intent));
            }
            catch (Exception) when (change.Begun is not null)
            {
                await UndoAsync();
                throw;
            }

            if (metadata is { IsCounted: true })
            {
                Count(http, answer, value);
            }
        }
        else
        {
            await UndoAsync();
        }

        return result;

        async Task UndoAsync()
        {
            await change.DisposeAsync();
            if (intent is { } id && !change.HasParts)
            {
                await audit.ForgetAsync(id);
            }
        }
    }

    private static string ActionOf(HttpContext http, AuditMetadata? metadata) => metadata?.Action ?? $"{http.Request.Method} {(http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.TrimEnd('/')}";

    private static object? BodyOf(EndpointFilterInvocationContext context) =>
        context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType is { } type && context.Arguments.FirstOrDefault(type.IsInstanceOfType) is { } body
            ? body
            : context.Arguments.FirstOrDefault(a => a?.GetType().Namespace?.StartsWith("SmartCity.Contracts", StringComparison.Ordinal) == true);

    /// <summary>Why a caller asks, as the header says; empty when it does not.</summary>
    public static string ReasonOf(HttpContext http) => Uri.UnescapeDataString(http.Request.Headers[ReasonHeader].ToString()).Trim();

    /// <summary>What is wrong with a reason; null when nothing is.</summary>
    public static ProblemHttpResult? CheckReason(string reason) => reason.Length is < ShortestReason or > LongestReason
        ? Paging.Problem($"This call needs a reason for the audit: {ShortestReason} to {LongestReason} characters, percent-encoded in the header {ReasonHeader}.")
        : null;

    private void Count(HttpContext http, object? answer, object? value)
    {
        if (value is IRows rows)
        {
            quota.Count(ReadQuota.SubjectOf(http), Math.Max(1, rows.Rows));
        }
        else if (answer is PushStreamHttpResult or FileStreamHttpResult or FileContentHttpResult or PhysicalFileHttpResult)
        {
            quota.CountExport(ReadQuota.SubjectOf(http));
        }
        else if (value is not null)
        {
            quota.Count(ReadQuota.SubjectOf(http), 1);
        }
    }

    private static bool Applies(HttpContext http, AuditMetadata metadata) =>
        metadata.Action is not null && (metadata.Parameter is null || !string.IsNullOrWhiteSpace(http.Request.Query[metadata.Parameter])) && metadata.When?.Invoke(http) != false;

    private static string Actor(HttpContext http) => http.User.Identity?.Name ?? "nobody";

    private static (string? Subject, string? Reason) About(HttpContext http, AuditMetadata? metadata, object?[] items)
    {
        // Of a body and an answer of one type the first says it.
        var found = (http.GetEndpoint()?.Metadata.GetOrderedMetadata<AuditAbout>() ?? [])
            .Select(about => items.Select(i => i is null ? null : about.Of(i)).FirstOrDefault(f => f is not null)).OfType<(string? Subject, string? Reason)>().ToArray();
        var request = http.Request;
        string?[] subjects = [metadata?.Parameter is { } parameter ? request.Query[parameter].ToString() : string.Join(' ', request.RouteValues.Values), .. found.Select(f => f.Subject)];
        var subject = string.Join(' ', subjects.Where(s => !string.IsNullOrWhiteSpace(s)).Distinct());
        return (subject.Length > 0 ? subject : QueryString.Create(request.Query).Value is { Length: > 0 } query ? query : metadata?.Whole ?? request.Path.Value, found.Select(f => f.Reason).FirstOrDefault(r => !string.IsNullOrWhiteSpace(r)));
    }
}
