using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Sightings;

internal static class SightingEndpoints
{
    public static IEndpointRouteBuilder MapSightings(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/sightings").WithTags("Sightings").RequireAuthorization(Scope.LiveRead);
        group.MapGet("/", ListAsync).WithSummary("Sightings, newest first; from is inclusive, to is exclusive; a search for a plate needs a reason").RequireReason("sightings.search", "plate", Scope.VehiclesSearch).ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/{id:guid}", GetAsync).WithSummary("One sighting");
        return app;
    }

    private static async Task<Results<Ok<Page<SightingView>>, ProblemHttpResult>> ListAsync(
        ClaimsPrincipal user,
        SightingQueries queries,
        CancellationToken cancellationToken,
        string? station = null,
        string? plate = null,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        string? @class = null,
        string? zone = null,
        Cursor? after = null,
        int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        var filter = new SightingFilter(station, plate?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant(), from, to, after, @class, zone);
        var rows = await queries.ListAsync(filter, limit + 1, cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows.ConvertAll(s => Keepers.For(user, s)), limit, s => new Cursor(s.CapturedAt, s.Id)));
    }

    private static async Task<Results<Ok<SightingView>, NotFound>> GetAsync(Guid id, ClaimsPrincipal user, SightingQueries queries, CancellationToken cancellationToken) =>
        await queries.FindAsync(id, cancellationToken) is { } sighting ? TypedResults.Ok(Keepers.For(user, sighting)) : TypedResults.NotFound();
}
