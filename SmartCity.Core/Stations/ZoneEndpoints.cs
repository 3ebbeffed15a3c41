using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Stations;

/// <summary>The zones of the schemes, as data.</summary>
internal static class ZoneEndpoints
{
    public static IEndpointRouteBuilder MapZones(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/zones", ListAsync).WithTags("Zones").WithSummary("Every zone with its outline").RequireAuthorization(Scope.LiveRead);
        return app;
    }

    private static async Task<Ok<IReadOnlyList<ZoneView>>> ListAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id, name, outline from zones order by id");
        return TypedResults.Ok<IReadOnlyList<ZoneView>>(await command.ReadAllAsync(Read, cancellationToken));
    }

    private static ZoneView Read(NpgsqlDataReader r) => new(r.GetString(0), r.GetString(1), JsonSerializer.Deserialize<double[][][]>(r.GetString(2))!);
}
