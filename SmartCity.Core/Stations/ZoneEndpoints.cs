using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Stations;

/// <summary>The zones of the schemes, as data.</summary>
internal static class ZoneEndpoints
{
    private const int LongestName = 100;
    private const int MostRings = 20;
    private const int MostPoints = 5_000;

    public static IEndpointRouteBuilder MapZones(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/zones", ListAsync).WithTags("Zones").WithSummary("Every zone with its outline").RequireAuthorization(Scope.LiveRead).ForLimited();
        app.MapPut("/api/zones/{id}", ChangeAsync).WithTags("Zones").WithSummary("Changes a zone's outline on the map; who is charged depends only on its stations").RequireAuthorization(Scope.CityWrite).Audited("zones.change", recordBody: true);
        return app;
    }

    private static async Task<Ok<IReadOnlyList<ZoneView>>> ListAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id, name, outline from zones order by id");
        return TypedResults.Ok<IReadOnlyList<ZoneView>>(await command.ReadAllAsync(Read, cancellationToken));
    }

    private static async Task<Results<Ok<ZoneView>, NotFound, ProblemHttpResult>> ChangeAsync(string id, ZoneChange body, AuditedChange change, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(body.Name) || body.Name.Length > LongestName)
        {
            return Paging.Problem($"name must have 1 to {LongestName} characters.");
        }

        if (Check(body.Outline) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        await using var command = await change.CommandAsync("update zones set name = $2, outline = $3 where id = $1 returning id, name, outline", cancellationToken);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = body.Name.Trim() });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(body.Outline), NpgsqlDbType = NpgsqlDbType.Jsonb });
        return (await command.ReadAllAsync(Read, cancellationToken)) is [var zone] ? TypedResults.Ok(zone) : TypedResults.NotFound();
    }

    private static string? Check(IReadOnlyList<IReadOnlyList<double[]>>? outline)
    {
        if (outline is not { Count: > 0 and <= MostRings })
        {
            return $"outline must have 1 to {MostRings} rings, as the coordinates of a GeoJSON polygon.";
        }

        foreach (var ring in outline)
        {
            if (ring is not { Count: >= 4 and <= MostPoints } || !ring.All(p => p is [>= -180 and <= 180, >= -90 and <= 90]))
            {
                return $"outline: each ring must have 4 to {MostPoints} points of longitude and latitude.";
            }

            if (!ring[0].AsSpan().SequenceEqual(ring[^1]))
            {
                return "outline: each ring must end where it begins.";
            }
        }

        return null;
    }

    private static ZoneView Read(NpgsqlDataReader r) => new(r.GetString(0), r.GetString(1), JsonSerializer.Deserialize<double[][][]>(r.GetString(2))!);
}
