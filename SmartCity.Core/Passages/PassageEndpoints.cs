using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Passages;

internal static class PassageEndpoints
{
    public static IEndpointRouteBuilder MapPassages(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/passages", ListAsync).WithTags("Passages").WithSummary("Passages, newest first; from is inclusive, to exclusive; with a plate a reason is required").RequireAuthorization(Scope.LiveRead).RequireReason("passages.search", "plate", Scope.VehiclesSearch);
        return app;
    }

    private static async Task<Results<Ok<Page<PassageView>>, ProblemHttpResult>> ListAsync(
        NpgsqlDataSource dataSource,
        CancellationToken cancellationToken,
        string? station = null,
        string? plate = null,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        Cursor? after = null,
        int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        await using var command = new SqlFilter()
            .And("station_id = @", station)
            .And("plate = @", plate?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant())
            .And("first_at >= @", from)
            .And("first_at < @", to)
            .After("first_at", "id", after)
            .Command(
                dataSource,
                "select id, plate, station_id, first_at, last_at, sightings, best_sighting_id, evidence from passages where {where} order by first_at desc, id desc limit {limit}",
                limit + 1);
        var rows = await command.ReadAllAsync(
            r => new PassageView
            {
                Id = r.GetGuid(0),
                Plate = r.GetString(1),
                StationId = r.GetString(2),
                FirstAt = r.Time(3),
                LastAt = r.Time(4),
                Sightings = r.GetInt32(5),
                BestSightingId = r.GetGuid(6),
                Evidence = r.Text(7),
            },
            cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows, limit, p => new Cursor(p.FirstAt, p.Id)));
    }
}
