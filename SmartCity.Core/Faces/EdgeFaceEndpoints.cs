using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Stations;

namespace SmartCity.Core.Faces;

/// <summary>What edges ask and bring. A key that is bound to stations speaks for those alone.</summary>
internal static class EdgeFaceEndpoints
{
    // A picture in base64, and what stands about it.
    private const long LargestMatch = FaceRules.LargestMatchPicture * 4L / 3 + 10_000;

    public static IEndpointRouteBuilder MapEdgeFaces(this IEndpointRouteBuilder app)
    {
        var edge = app.MapGroup("/api/edge/faces").WithTags(FaceSlice.Tag).RequireAuthorization(Scope.EdgeConfig).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden);
        edge.MapPost("", ExchangeAsync).WithSummary("Takes what a station's edge counted, and gives the deployments that are in force there with their templates").AuditedByItself();
        edge.MapPost("matches", TakeAsync).WithSummary("Takes a match once, as a question to reviewers; 409 when its deployment is not in force: then the edge destroys it").WithMetadata(new RequestSizeLimitAttribute(LargestMatch))
            .ProducesProblem(StatusCodes.Status409Conflict).AuditedByItself();
        return app;
    }

    private static async Task<Results<Ok<FaceOrders>, ProblemHttpResult>> ExchangeAsync(string station, FaceExchange exchange, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, FaceExchanges exchanges, CancellationToken cancellationToken) =>
        await refusals.CheckAsync(user, [station], request.Path) is { } refused ? refused
        : FaceExchanges.Check(exchange) is { } wrong ? Paging.Problem(wrong)
        : await OrdersAsync(station, exchange, user, exchanges, cancellationToken);

    private static async Task<Results<Ok<FaceOrders>, ProblemHttpResult>> OrdersAsync(string station, FaceExchange exchange, ClaimsPrincipal user, FaceExchanges exchanges, CancellationToken cancellationToken)
    {
        try
        {
            return TypedResults.Ok(await exchanges.ExchangeAsync(station, exchange, user.Identity!.Name!, cancellationToken));
        }
        catch (InvalidDataException e)
        {
            return Paging.Problem(e.Message);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> TakeAsync(string station, FaceMatch match, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, FaceMatches matches, CancellationToken cancellationToken) =>
        await refusals.CheckAsync(user, [station], request.Path) is { } refused ? refused
        : matches.Check(match) is { } wrong ? Paging.Problem(wrong)
        : await matches.TakeAsync(station, match, user.Identity!.Name!, cancellationToken) is { } why ? FaceSlice.Conflict(why)
        : TypedResults.NoContent();
}
