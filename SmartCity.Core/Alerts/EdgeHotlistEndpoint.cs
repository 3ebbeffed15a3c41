using System.Net.Mime;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using SmartCity.Contracts.Api;
using SmartCity.Core.Stations;

namespace SmartCity.Core.Alerts;

internal static class EdgeHotlistEndpoint
{
    public static IServiceCollection AddEdgeHotlist(this IServiceCollection services)
    {
        services.AddOptions<EdgeHotlistOptions>().BindConfiguration(EdgeHotlistOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<EdgeHotlists>();
    }

    public static IEndpointRouteBuilder MapEdgeHotlist(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/edge/hotlist", GetAsync).WithTags("Hot-list")
            .WithSummary("The hot-list that an edge holds: hashed plates of the highest priorities, without reasons; a key that is bound to stations may only name those")
            .Produces<byte[]>(contentType: MediaTypeNames.Application.Octet).ProducesProblem(StatusCodes.Status403Forbidden).RequireAuthorization(Scope.EdgeConfig);
        return app;
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> GetAsync(
        string[] station, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, EdgeHotlists hotlists, CancellationToken cancellationToken)
    {
        if (await refusals.CheckAsync(user, station, request.Path) is { } refused)
        {
            return refused;
        }

        var (list, version) = await hotlists.NewestAsync(cancellationToken);
        return TypedResults.Bytes(list.Bytes, MediaTypeNames.Application.Octet, entityTag: new EntityTagHeaderValue($"\"{version}\""));
    }
}
