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

    /// <summary>Under this name a handler leaves what else belongs to the line, as JSON, in the request's items.</summary>
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
            return TypedResults.Problem($"{metadata.Parameter} needs {scope}, which {Actor(http)} does not have.", statusCode: StatusCodes.Status403Forbidden);
        }

        var reason = Uri.UnescapeDataString(http.Request.Headers[ReasonHeader].ToString()).Trim();
        if (metadata is { ReasonRequired: true } && reason.Length is < ShortestReason or > LongestReason)
        {
            return Paging.Problem($"Say why, in {ShortestReason} to {LongestReason} characters, percent-encoded in the header {ReasonHeader}; it is written to the audit.");
        }

        var result = await next(context);
        if (((result as INestedHttpResult)?.Result ?? result) is not IStatusCodeHttpResult { StatusCode: >= 400 })
        {
            var action = metadata?.Action ?? $"{http.Request.Method} {(http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.TrimEnd('/')}";
            await audit.AppendAsync(Actor(http), action, Subject(http.Request, metadata), reason.Length == 0 ? null : reason, metadata is { RecordBody: true } ? Body(context) : http.Items[Details] as string);
        }

        return result;
    }

    private static bool Applies(HttpRequest request, AuditMetadata? metadata) =>
        metadata is null ? !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)
        : metadata.Action is not null && (metadata.Parameter is null || !string.IsNullOrWhiteSpace(request.Query[metadata.Parameter]));

    private static string Actor(HttpContext http) => http.User.Identity?.Name ?? "nobody";

    private static string? Subject(HttpRequest request, AuditMetadata? metadata) =>
        metadata?.Parameter is { } parameter ? request.Query[parameter].ToString()
        : request.RouteValues.Count > 0 ? string.Join(' ', request.RouteValues.Values)
        : request.QueryString.Value is { Length: > 0 } query ? query : null;

    private static string? Body(EndpointFilterInvocationContext context) =>
        context.Arguments.FirstOrDefault(a => a?.GetType().Namespace?.StartsWith("SmartCity.Contracts", StringComparison.Ordinal) == true) is { } body
            ? JsonSerializer.Serialize(body, body.GetType(), JsonSerializerOptions.Web)
            : null;
}
