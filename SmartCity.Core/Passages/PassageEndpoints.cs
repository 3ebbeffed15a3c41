using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Privacy;
using SmartCity.Core.Sightings;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Passages;

internal static class PassageEndpoints
{
    private const string Columns = "id, plate, station_id, first_at, last_at, sightings, best_sighting_id, evidence";

    public static IEndpointRouteBuilder MapPassages(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/passages", ListAsync).WithTags("Passages").WithSummary("Passages of the last minutes, newest first; with the scope vehicles:search and a reason those of any time and plate; from is inclusive, to is exclusive, and days alone are whole days of the city").RequireAuthorization(Scope.LiveRead).ForLimited()
            .RequireReason("passages.search", "plate", Scope.VehiclesSearch).RequireReason("passages.history", scope: History.NeededScope, when: History.IsAskedFor, whole: "all stations");
        app.MapGet("/api/passages/{id:guid}", GetAsync).WithTags("Passages").WithSummary("One passage with the sightings that were merged into it, oldest first").RequireAuthorization(Scope.LiveRead).ForLimited();
        return app;
    }

    private static async Task<Results<Ok<Page<PassageView>>, ProblemHttpResult>> ListAsync(
        HttpContext http,
        History history,
        NpgsqlDataSource dataSource,
        CancellationToken cancellationToken,
        string? station = null,
        string? plate = null,
        PeriodBegin? from = null,
        PeriodEnd? to = null,
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

        await using var command = new SqlFilter()
            .And("station_id = @", station)
            .And("station_id = any(@)", StationLimit.Of(http.User))
            .And("plate = @", PlateText.OrNull(plate))
            .And("first_at >= @", from?.At)
            .And("first_at < @", to?.At)
            .After("first_at", "id", after)
            .Command(
                dataSource,
                $"select {Columns} from {Restricted.Passages(!isLive && Restricted.MaySee(http))} where {{where}} order by first_at desc, id desc limit {{limit}}",
                limit + 1);
        var rows = await command.ReadAllAsync(Read, cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows, limit, p => new Cursor(p.FirstAt, p.Id)));
    }

    private static async Task<Results<Ok<PassageDetail>, NotFound, ProblemHttpResult>> GetAsync(Guid id, HttpContext http, History history, NpgsqlDataSource dataSource, SightingQueries sightings, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns} from passages where id = $1");
        command.Parameters.Add(new() { Value = id });
        if (await command.ReadAllAsync(Read, cancellationToken) is not [var passage] || !StationLimit.Allows(http.User, passage.StationId))
        {
            return TypedResults.NotFound();
        }

        // Its times say in which days to look.
        var filter = new SightingFilter(passage.StationId, null, passage.FirstAt, passage.LastAt.AddMilliseconds(1), null, Passage: id, AlsoRestricted: true);
        var rows = await sightings.ListAsync(filter, Paging.MaximumLimit, cancellationToken);
        if (await history.IsHiddenAsync(http, [passage.Plate], [.. rows.Select(s => s.Id)], id, cancellationToken))
        {
            return TypedResults.NotFound();
        }

        if (((history.IsPast(passage.LastAt) && (rows.Count == 0 || history.IsPast(rows.Max(s => s.StoredAt)))) || await history.IsRestrictedAsync([passage.Plate], cancellationToken))
            && await history.LookAsync(http, "passages.read", $"{id} {passage.Plate}", [.. rows.Select(s => s.Id)], id, cancellationToken) is { } refused)
        {
            return refused;
        }

        rows.Reverse();
        return TypedResults.Ok(new PassageDetail(passage, rows.ConvertAll(s => Keepers.For(http.User, s))));
    }

    private static PassageView Read(NpgsqlDataReader r) => new()
    {
        Id = r.GetGuid(0),
        Plate = r.GetString(1),
        StationId = r.GetString(2),
        FirstAt = r.Time(3),
        LastAt = r.Time(4),
        Sightings = r.GetInt32(5),
        BestSightingId = r.GetGuid(6),
        Evidence = r.Text(7),
    };
}
