using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Audit;

/// <summary>Writes a line for every call that changed something or was marked, after the work and before the answer: what could not be written down is not answered.</summary>
internal sealed class AuditFilter(AuditLog audit) : IEndpointFilter
{
    public const string ReasonHeader = "Audit-Reason";

    /// <summary>Under this name a handler leaves what else belongs to the line in the request's items.</summary>
    public const string Details = "audit details";

    private const int ShortestReason = 3;
    private const int LongestReason = 500;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var metadata = http.GetEndpoint()?.Metadata.GetMetadata<AuditMetadata>();
        if (!Applies(http.Request, metadata))
        {
            return await next(context);
        }

        if (metadata?.Scope is { } scope && !http.User.HasClaim(Scope.Claim, scope))
        {
            await audit.AppendAsync(Actor(http), "access.refused", $"{http.Request.Method} {http.Request.Path}", null, null);
            return TypedResults.Problem($"The parameter {metadata.Parameter} needs the scope {scope}, which {Actor(http)} does not have.", statusCode: StatusCodes.Status403Forbidden);
        }

        var reason = Uri.UnescapeDataString(http.Request.Headers[ReasonHeader].ToString()).Trim();
        if (metadata is { ReasonRequired: true } && reason.Length is < ShortestReason or > LongestReason)
        {
            return Paging.Problem($"This call needs a reason for the audit: {ShortestReason} to {LongestReason} characters, percent-encoded in the header {ReasonHeader}.");
        }

        var result = await next(context);
        if (((result as INestedHttpResult)?.Result ?? result) is not IStatusCodeHttpResult { StatusCode: >= 400 })
        {
            var action = metadata?.Action ?? $"{http.Request.Method} {(http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.TrimEnd('/')}";
            var body = context.Arguments.FirstOrDefault(a => a?.GetType().Namespace?.StartsWith("SmartCity.Contracts", StringComparison.Ordinal) == true);
            var details = metadata is { RecordBody: true } ? body : http.Items[Details];
            var (subject, why) = About(http, metadata, [body, details, (((result as INestedHttpResult)?.Result ?? result) as IValueHttpResult)?.Value]);
            await audit.AppendAsync(Actor(http), action, subject, reason.Length > 0 ? reason : why, details is null ? null : JsonSerializer.Serialize(details, details.GetType(), JsonSerializerOptions.Web));
        }

        return result;
    }

    private static bool Applies(HttpRequest request, AuditMetadata? metadata) =>
        metadata is null ? !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)
        : metadata.Action is not null && (metadata.Parameter is null || !string.IsNullOrWhiteSpace(request.Query[metadata.Parameter]));

    private static string Actor(HttpContext http) => http.User.Identity?.Name ?? "nobody";

    private static (string? Subject, string? Reason) About(HttpContext http, AuditMetadata? metadata, object?[] items)
    {
        // Of a body and an answer of one type the first says it.
        var found = (http.GetEndpoint()?.Metadata.GetOrderedMetadata<AuditAbout>() ?? [])
            .Select(about => items.Select(i => i is null ? null : about.Of(i)).FirstOrDefault(f => f is not null)).OfType<(string? Subject, string? Reason)>().ToArray();
        var request = http.Request;
        string?[] subjects = [metadata?.Parameter is { } parameter ? request.Query[parameter].ToString() : string.Join(' ', request.RouteValues.Values), .. found.Select(f => f.Subject)];
        var subject = string.Join(' ', subjects.Where(s => !string.IsNullOrWhiteSpace(s)).Distinct());
        return (subject.Length > 0 ? subject : request.QueryString.Value is { Length: > 0 } query ? query : null, found.Select(f => f.Reason).FirstOrDefault(r => !string.IsNullOrWhiteSpace(r)));
    }
}
