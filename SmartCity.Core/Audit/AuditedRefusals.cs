using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using SmartCity.Core.Access;

namespace SmartCity.Core.Audit;

/// <summary>Who tried what they may not do is a line of the audit too. A route that was not made for users who are limited to stations is refused to them here.</summary>
internal sealed class AuditedRefusals(AuditLog audit) : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _next = new();

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded && StationLimit.Refuses(context))
        {
            authorizeResult = PolicyAuthorizationResult.Forbid();
        }

        if (authorizeResult.Forbidden && context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            await audit.AppendAsync(context.User.Identity?.Name ?? "nobody", "access.refused", $"{context.Request.Method} {context.Request.Path}", null, null);
        }

        await _next.HandleAsync(next, context, policy, authorizeResult);
    }
}
