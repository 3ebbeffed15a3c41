using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Review;

/// <summary>What a person decided.</summary>
/// <param name="State">confirmed, corrected, no-plate or skipped; open takes a decision back.</param>
/// <param name="Plate">The right plate, with corrected.</param>
public sealed record ReviewResolution(string State, string? Plate = null, string? By = null);

internal static class ReviewEndpoints
{
    private const string Columns = "id, kind, why, sighting_id, captured_at, station_id, plate, confidence, evidence, state";

    private static readonly HashSet<string> States = ["open", "confirmed", "corrected", "no-plate", "skipped"];
    private static readonly HashSet<string> Kinds = ["unread", "doubtful", "unregistered", "near-match", "unclassified"];

    public static IEndpointRouteBuilder MapReview(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/review").WithTags("Review");
        group.MapGet("/", ListAsync).WithSummary("Cases for a person, newest capture first; state open unless given");
        group.MapPost("/{id:guid}", ResolveAsync).WithSummary("Records what a person decided");
        return app;
    }

    private static async Task<Results<Ok<Page<ReviewView>>, ProblemHttpResult>> ListAsync(
        NpgsqlDataSource dataSource,
        CancellationToken cancellationToken,
        string state = "open",
        string? kind = null,
        string? station = null,
        Cursor? after = null,
        int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        if (!States.Contains(state) || kind is not null && !Kinds.Contains(kind))
        {
            return Paging.Problem($"state must be one of {string.Join(", ", States)}, kind one of {string.Join(", ", Kinds)}.");
        }

        await using var command = new SqlFilter()
            .And("state = @", state)
            .And("kind = @", kind)
            .And("station_id = @", station)
            .After("captured_at", "id", after)
            .Command(dataSource, $"select {Columns} from review_cases where {{where}} order by captured_at desc, id desc limit {{limit}}", limit + 1);
        var rows = await command.ReadAllAsync(Read, cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows, limit, c => new Cursor(c.CapturedAt, c.Id)));
    }

    private static async Task<Results<Ok<ReviewView>, NotFound, ProblemHttpResult>> ResolveAsync(
        Guid id, ReviewResolution resolution, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!States.Contains(resolution.State))
        {
            return Paging.Problem($"state must be one of {string.Join(", ", States)}.");
        }

        var plate = resolution.Plate?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        if (resolution.State == "corrected" && (plate is null || plate.Length is 0 or > 12 || !plate.All(char.IsAsciiLetterOrDigit)))
        {
            return Paging.Problem("corrected needs the right plate: 1 to 12 letters A-Z and digits.");
        }

        await using var command = dataSource.CreateCommand(
            $"""
            update review_cases set state = $2, resolved_plate = $3, resolved_by = $4, resolved_at = case when $2 = 'open' then null else $5 end
            where id = $1 returning {Columns}
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = resolution.State });
        command.Parameters.Add(new() { Value = resolution.State == "corrected" ? plate! : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)resolution.By ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        var rows = await command.ReadAllAsync(Read, cancellationToken);
        return rows is [var found] ? TypedResults.Ok(found) : TypedResults.NotFound();
    }

    private static ReviewView Read(NpgsqlDataReader r) => new()
    {
        Id = r.GetGuid(0),
        Kind = r.GetString(1),
        Why = r.GetString(2),
        SightingId = r.GetGuid(3),
        CapturedAt = r.Time(4),
        StationId = r.GetString(5),
        Plate = r.Text(6),
        Confidence = r.GetDouble(7),
        Evidence = r.Text(8),
        Patch = r.Text(8) is { } evidence ? Sighting.PatchKey(evidence) : null,
        State = r.GetString(9),
    };
}
