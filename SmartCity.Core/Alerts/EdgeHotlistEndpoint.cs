using System.Buffers;
using System.Net.Mime;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Stations;

namespace SmartCity.Core.Alerts;

internal static class EdgeHotlistEndpoint
{
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdefABCDEF");

    public static IServiceCollection AddEdgeHotlist(this IServiceCollection services)
    {
        services.AddOptions<EdgeHotlistOptions>().BindConfiguration(EdgeHotlistOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<EdgeHotlists>();
    }

    public static IEndpointRouteBuilder MapEdgeHotlist(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/edge/hotlist", GetAsync).WithTags("Hot-list")
            .WithSummary("The hot-list that an edge holds: hashed plates of the highest priorities, without reasons; 226 with what changed for an edge that says which list it has; a key that is bound to stations may only name those")
            .Produces<byte[]>(contentType: MediaTypeNames.Application.Octet).Produces<byte[]>(StatusCodes.Status226IMUsed, MediaTypeNames.Application.Octet).ProducesProblem(StatusCodes.Status403Forbidden).RequireAuthorization(Scope.EdgeConfig);
        return app;
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> GetAsync(
        string[] station, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, EdgeHotlists hotlists, CancellationToken cancellationToken)
    {
        if (await refusals.CheckAsync(user, station, request.Path) is { } refused)
        {
            return refused;
        }

        var newest = await hotlists.NewestAsync(cancellationToken);
        var tag = new EntityTagHeaderValue($"\"{newest.Version}\"");
        var isKnown = request.GetTypedHeaders().IfNoneMatch.Any(t => t.Compare(tag, useStrongComparison: false));
        if (!isKnown && BaseOf(request) is { } before && newest.Since(before) is { } delta)
        {
            request.HttpContext.Response.StatusCode = StatusCodes.Status226IMUsed;
            request.HttpContext.Response.Headers["IM"] = EdgeHotlistDelta.Manipulation;
            return TypedResults.Bytes(delta.ToBytes(), MediaTypeNames.Application.Octet, entityTag: tag);
        }

        return TypedResults.Bytes(newest.List.Bytes, MediaTypeNames.Application.Octet, entityTag: tag);
    }

    // Of the list that the edge has. An edge that says nothing, or what cannot be understood, gets the whole list.
    private static byte[]? BaseOf(HttpRequest request)
    {
        var asked = request.Headers["A-IM"].ToString().Split(';', StringSplitOptions.TrimEntries);
        return asked is [EdgeHotlistDelta.Manipulation, var parameter] && parameter.StartsWith(EdgeHotlistDelta.Base, StringComparison.Ordinal) && parameter.Length == EdgeHotlistDelta.Base.Length + 2 * SHA256.HashSizeInBytes && parameter.AsSpan(EdgeHotlistDelta.Base.Length).IndexOfAnyExcept(Hex) < 0
            ? Convert.FromHexString(parameter.AsSpan(EdgeHotlistDelta.Base.Length))
            : null;
    }
}
