using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Privacy;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Sightings;

internal static class SightingEndpoints
{
    public static IEndpointRouteBuilder MapSightings(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/sightings").WithTags("Sightings").RequireAuthorization(Scope.LiveRead).ForLimited();
        group.MapGet("/", ListAsync).WithSummary("Sightings of the last minutes, newest first; with the scope vehicles:search and a reason those of any time and plate; from is inclusive, to is exclusive, and days alone are whole days of the city")
            .RequireReason("sightings.search", "plate", Scope.VehiclesSearch).RequireReason("sightings.history", scope: History.NeededScope, when: History.IsAskedFor, whole: "all stations")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden);
        group.MapGet("/{id:guid}", GetAsync).WithSummary("One sighting; one of the past needs a reason, unless an alert, a charge or a case that the caller may see rests on it")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden);
        return app;
    }

    private static async Task<Results<Ok<Page<SightingView>>, ProblemHttpResult>> ListAsync(
        HttpContext http,
        History history,
        SightingQueries queries,
        CancellationToken cancellationToken,
        string? station = null,
        string? plate = null,
        PeriodBegin? from = null,
        PeriodEnd? to = null,
        string? @class = null,
        string? zone = null,
        string? version = null,
        Cursor? after = null,
        int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        var isLive = string.IsNullOrWhiteSpace(plate) && !History.IsAskedFor(http);
        if (isLive)
        {
            from = new(history.LiveFrom);
        }

        var filter = new SightingFilter(station, PlateText.OrNull(plate), from?.At, to?.At, after, @class, zone, AlsoRestricted: !isLive && Restricted.MaySee(http), Version: version, Only: StationLimit.Of(http.User));
        var rows = await queries.ListAsync(filter, limit + 1, cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows.ConvertAll(s => Keepers.For(http.User, s)), limit, s => new Cursor(s.CapturedAt, s.Id)));
    }

    private static async Task<Results<Ok<SightingView>, NotFound, ProblemHttpResult>> GetAsync(Guid id, HttpContext http, History history, SightingQueries queries, CancellationToken cancellationToken)
    {
        if (await queries.FindAsync(id, cancellationToken) is not { } sighting || !StationLimit.Allows(http.User, sighting.StationId) || await history.IsHiddenAsync(http, [sighting.Plate, sighting.Decision?.Read], [id], sighting.PassageId, cancellationToken))
        {
            return TypedResults.NotFound();
        }

        if (((history.IsPast(sighting.CapturedAt) && history.IsPast(sighting.StoredAt)) || await history.IsRestrictedAsync([sighting.Plate, sighting.Decision?.Read], cancellationToken))
            && await history.LookAsync(http, "sightings.read", $"{id} {sighting.Plate}".TrimEnd(), [id], sighting.PassageId, cancellationToken) is { } refused)
        {
            return refused;
        }

        return TypedResults.Ok(Keepers.For(http.User, sighting));
    }
}
