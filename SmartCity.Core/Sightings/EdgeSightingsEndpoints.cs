using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Ops;
using SmartCity.Core.Stations;

namespace SmartCity.Core.Sightings;

/// <summary>What the core has of a station's sightings, for the station's edge, which sends again what is missing.</summary>
internal static class EdgeSightingsEndpoints
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    public static IEndpointRouteBuilder MapEdgeSightings(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/edge/sightings").WithTags("Sightings").RequireAuthorization(Scope.EdgeConfig).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden);
        group.MapGet("", CountAsync).WithSummary("How many sightings of a station the core has, by five minutes of capture time; from is inclusive, to exclusive; for the station's edge");
        group.MapPost("missing", MissingAsync).WithSummary("Those of an edge's sightings that the core does not have; for the station's edge");
        return app;
    }

    private static async Task<Results<Ok<EdgeSightings>, ProblemHttpResult>> CountAsync(
        string station, DateTimeOffset from, DateTimeOffset to, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, Arrivals arrivals, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        if (await refusals.CheckAsync(user, [station], request.Path) is { } refused)
        {
            return refused;
        }

        if (to <= from || to - from > Longest)
        {
            return Paging.Problem($"from must be before to, and at most {Longest.TotalDays:0} days before it.");
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var counts = new NpgsqlCommand(
            "select date_bin($4, captured_at, 'epoch'), sum(1 + revision) from sightings where station_id = $1 and captured_at >= $2 and captured_at < $3 group by 1 order by 1", connection)
        {
            Parameters = { new() { Value = station }, new() { Value = from.ToUniversalTime() }, new() { Value = to.ToUniversalTime() }, new() { Value = EdgeSightings.Stretch } },
        };
        var stretches = await counts.ReadAllAsync(r => new StretchCount(r.Time(0), r.GetInt64(1)), cancellationToken);
        await using var sent = new NpgsqlCommand("select sent_to from station_totals where station_id = $1", connection) { Parameters = { new() { Value = station } } };
        var sentTo = await sent.ExecuteScalarAsync(cancellationToken) is DateTime at ? new DateTimeOffset(at, TimeSpan.Zero) : (DateTimeOffset?)null;
        return TypedResults.Ok(new EdgeSightings { SentTo = sentTo, Stretches = stretches, CompareHours = await arrivals.AskAsync(connection, station, cancellationToken) is { Count: > 0 } hours ? hours : null });
    }

    private static async Task<Results<Ok<EdgeSightingsMissing>, ProblemHttpResult>> MissingAsync(
        string station, EdgeSightingsAsked asked, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        if (await refusals.CheckAsync(user, [station], request.Path) is { } refused)
        {
            return refused;
        }

        if (asked.Ids is null || asked.Ids.Count > EdgeSightings.MostIds)
        {
            return Paging.Problem($"ids must have at most {EdgeSightings.MostIds} entries.");
        }

        if (asked.Revisions is { } revisions && revisions.Count != asked.Ids.Count)
        {
            return Paging.Problem("revisions must have as many entries as ids.");
        }

        await using var command = dataSource.CreateCommand(
            """
            select k.id from unnest($4, $5) as k (id, revision)
            left join (select id, revision from sightings where station_id = $1 and captured_at >= $2 and captured_at < $3) s on s.id = k.id
            where (s.id is null or s.revision < k.revision)
              and not exists (select from dead_letters d where d.sighting_id = k.id and d.sighting_revision >= k.revision and d.state <> 'replayed' and d.topic = $6)
            """);
        command.Parameters.Add(new() { Value = station });
        command.Parameters.Add(new() { Value = asked.From.ToUniversalTime() });
        command.Parameters.Add(new() { Value = asked.To.ToUniversalTime() });
        command.Parameters.Add(new() { Value = asked.Ids.ToArray() });
        command.Parameters.Add(new() { Value = asked.Revisions?.ToArray() ?? new int[asked.Ids.Count] });
        // What another station's records claim is no word of this one's.
        command.Parameters.Add(new() { Value = Topics.Mirrored(station, Topics.Sightings) });
        return TypedResults.Ok(new EdgeSightingsMissing(await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken)));
    }
}
