using System.Data;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Doubts;
using SmartCity.Core.Privacy;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Review;

internal static class ReviewEndpoints
{
    internal const string Columns = "id, kind, why, sighting_id, captured_at, station_id, plate, confidence, evidence, state, other_id, other_at, other_station, other_plate, other_evidence";

    private const int MostClaimed = 50;

    private static readonly string[] States = ["open", "proposed", "confirmed", "corrected", "no-plate", "skipped", "settled"];
    private static readonly Dictionary<string, ReviewDecision> Decisions = new(StringComparer.Ordinal)
    {
        ["confirmed"] = ReviewDecision.Confirmed,
        ["corrected"] = ReviewDecision.Corrected,
        ["no-plate"] = ReviewDecision.NoPlate,
    };

    private static readonly HashSet<string> Kinds = ["unread", "doubtful", "unregistered", "near-match", "unclassified", TwoPlaces.Kind, TwoReadings.Kind, WatchedPlates.Kind, ReadingCases.AuditSample, ReviewClaims.SecondPerson];

    public static IEndpointRouteBuilder MapReview(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/review").WithTags("Review").RequireAuthorization(Scope.ReviewRead).ForLimited();
        group.MapGet("/", ListAsync).WithSummary("Review cases, newest capture first; open ones if no state is given; a reason is required for those that wait for nobody any more")
            .RequireReason("review.list", when: http => !Waits(http.Request.Query["state"]), whole: "decided cases");
        group.MapGet("/counts", CountsAsync).WithSummary("Number of open cases, by kind");
        group.MapGet("/{id:guid}", GetAsync).WithSummary("One case").Audited("review.read").AuditAbout((ReviewView v) => (v.Plate, null));
        group.MapPost("/{id:guid}", ResolveAsync).WithSummary("Decides a case and corrects the sighting, its passages, charges and alerts; a skipped case can be opened again")
            .RequireAuthorization(Scope.ReviewWrite).Audited("review.decide", recordBody: true)
            .AuditAbout((ReviewView v) => (v.Plate, null)).AuditAbout((ReviewResolution r) => Decided(r));
        group.MapPost("/claim", ClaimAsync).WithSummary("Reserves cases for the user to decide, newest capture first").RequireAuthorization(Scope.ReviewWrite).AuditedByItself();
        group.MapDelete("/claim", GiveBackAsync).WithSummary("Gives back the cases that are reserved for the user").RequireAuthorization(Scope.ReviewWrite).AuditedByItself();
        var sighting = app.MapGroup("/api/sightings/{sightingId:guid}/review").WithTags("Review").RequireAuthorization(Scope.ReviewWrite).ForLimited();
        sighting.MapPost("", DecideAsync).WithSummary("Decides on a reading, whether it has a case or not, and returns what changed; what takes a charge back needs a reason, else the answer is 428").Audited("review.decide", recordBody: true)
            .AuditAbout((ReviewResolution r) => Decided(r));
        sighting.MapPost("undo", UndoAsync).WithSummary("Undoes the user's own last decision or proposal and returns what changed; what takes a charge back needs a reason, else the answer is 428").Audited("review.undo").AuditAbout((ReviewOutcome o) => (o.Plate, null));
        return app;
    }

    private static async Task<Results<Ok<Page<ReviewView>>, ProblemHttpResult>> ListAsync(
        ClaimsPrincipal user,
        NpgsqlDataSource dataSource,
        CancellationToken cancellationToken,
        string state = "open",
        string? kind = null,
        string? station = null,
        string? version = null,
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
            .And(ReviewLimit.Shows("@"), StationLimit.Of(user))
            .And("exists (select from sightings s where s.captured_at = review_cases.captured_at and s.id = review_cases.sighting_id and s.reader_version = @)", version)
            .And(Waits(state) ? null : $"{Restricted.Not("plate")} and {Restricted.Not("resolved_plate")}")
            .After("captured_at", "id", after)
            .Command(dataSource, $"select {Columns} from review_cases where {{where}} order by captured_at desc, id desc limit {{limit}}", limit + 1);
        var rows = await command.ReadAllAsync(Read, cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows, limit, c => new Cursor(c.CapturedAt, c.Id)));
    }

    private static bool Waits(string? state) => state is null or "" or "open" or "proposed" or "skipped";

    private static string Reason(HttpRequest request) => Uri.UnescapeDataString(request.Headers[AuditFilter.ReasonHeader].ToString()).Trim();

    private static (string? Subject, string? Reason) Decided(ReviewResolution resolution) => (resolution.State == "corrected" ? $"→ {resolution.Plate}" : resolution.State, null);

    private static async Task<Ok<List<ReviewCount>>> CountsAsync(ClaimsPrincipal user, ReviewClaims claims, CancellationToken cancellationToken, string? version = null) =>
        TypedResults.Ok(await claims.CountAsync(user, version, cancellationToken));

    private static async Task<Results<Ok<IReadOnlyList<ReviewTask>>, ProblemHttpResult>> ClaimAsync(ReviewClaim claim, ClaimsPrincipal user, ReviewClaims claims, CancellationToken cancellationToken) =>
        claim.Count is < 1 or > MostClaimed ? Paging.Problem($"count is {claim.Count}; it must be from 1 to {MostClaimed}.")
        : claim.Kind is { } kind && kind != ReviewClaims.Skipped && !Kinds.Contains(kind) ? Paging.Problem($"kind must be one of {string.Join(", ", Kinds)}, {ReviewClaims.Skipped}.")
        : TypedResults.Ok(await claims.TakeAsync(user, claim, cancellationToken));

    private static async Task<NoContent> GiveBackAsync(ClaimsPrincipal user, ReviewClaims claims, CancellationToken cancellationToken)
    {
        await claims.GiveBackAsync(user.Identity!.Name!, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<ReviewOutcome>, NotFound, ProblemHttpResult>> UndoAsync(Guid sightingId, ClaimsPrincipal user, HttpRequest request, ReadReviews reviews, AuditedChange change, CancellationToken cancellationToken)
    {
        try
        {
            return await reviews.UndoAsync(sightingId, user.Identity!.Name!, Reason(request), cancellationToken, change, StationLimit.Of(user)) is { } outcome ? TypedResults.Ok(outcome) : TypedResults.NotFound();
        }
        catch (ReasonMissingException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status428PreconditionRequired);
        }
        catch (ArgumentException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static async Task<Results<Ok<ReviewView>, NotFound, ProblemHttpResult>> ResolveAsync(
        Guid id, ReviewResolution resolution, ClaimsPrincipal user, HttpRequest request, ReviewClaims claims, ReadReviews reviews, AuditedChange change, IOptions<ReviewOptions> people, TimeProvider time, CancellationToken cancellationToken)
    {
        if (resolution.State is "open" or "skipped")
        {
            return await MarkAsync(id, resolution, user, change, time, cancellationToken) || await FindAsync(id, user, change, cancellationToken) is not { } other
                ? await GetAsync(id, user, change, cancellationToken)
                : TypedResults.Problem($"The case is {other.State}. Only an open case can be skipped, and only a skipped case can be opened again.", statusCode: StatusCodes.Status409Conflict);
        }

        var found = await FindAsync(id, user, change, cancellationToken);
        if (found is null)
        {
            return TypedResults.NotFound();
        }

        return await DecideAsync(found.SightingId, resolution, user, request, claims, reviews, change, people, cancellationToken) is { Result: ProblemHttpResult problem } ? problem : await GetAsync(id, user, change, cancellationToken);
    }

    private static async Task<Results<Ok<ReviewOutcome>, NotFound, ProblemHttpResult>> DecideAsync(Guid sightingId, ReviewResolution resolution, ClaimsPrincipal user, HttpRequest request, ReviewClaims claims, ReadReviews reviews, AuditedChange change, IOptions<ReviewOptions> people, CancellationToken cancellationToken)
    {
        if (people.Value.TwoPeople && SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        if (resolution.State is not { } state || !Decisions.TryGetValue(state, out var decision))
        {
            return Paging.Problem($"state must be one of {string.Join(", ", Decisions.Keys)}.");
        }

        var plate = PlateText.OrNull(resolution.Plate);
        if (decision == ReviewDecision.Corrected && (plate is null || plate.Length is 0 or > 12 || !plate.All(char.IsAsciiLetterOrDigit)))
        {
            return Paging.Problem("corrected needs the right plate: 1 to 12 letters A-Z and digits.");
        }

        if (await claims.OtherAsync(sightingId, user, cancellationToken) is var (other, until))
        {
            return TypedResults.Problem($"This case is reserved for {other} until {until:HH:mm} UTC at the latest.", statusCode: StatusCodes.Status409Conflict);
        }

        try
        {
            return await reviews.ApplyAsync(sightingId, decision, plate, resolution.Shown, user.Identity!.Name!, Reason(request), cancellationToken, change, StationLimit.Of(user)) is { } outcome ? TypedResults.Ok(outcome) : TypedResults.NotFound();
        }
        catch (DBConcurrencyException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
        }
        catch (ReasonMissingException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status428PreconditionRequired);
        }
        catch (ArgumentException e)
        {
            return Paging.Problem(e.Message);
        }
    }

    private static async Task<bool> MarkAsync(Guid id, ReviewResolution resolution, ClaimsPrincipal user, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var command = await change.CommandAsync(
            $"""
            update review_cases set state = $2, resolved_by = $3, resolved_at = case when $2 = 'open' then null else $4::timestamptz end, claimed_by = null, claimed_until = null
            where id = $1 and state in ('open', 'skipped') and {ReviewLimit.Shows("$5")}
            """,
            cancellationToken);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = resolution.State });
        command.Parameters.Add(new() { Value = user.Identity!.Name! });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        command.Parameters.Add(TextParameter.Of(StationLimit.Of(user)));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private static async Task<Results<Ok<ReviewView>, NotFound, ProblemHttpResult>> GetAsync(Guid id, ClaimsPrincipal user, AuditedChange change, CancellationToken cancellationToken) =>
        await FindAsync(id, user, change, cancellationToken) is { } found ? TypedResults.Ok(found) : TypedResults.NotFound();

    private static async Task<ReviewView?> FindAsync(Guid id, ClaimsPrincipal user, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = change.Look($"select {Columns} from review_cases where id = $1 and {ReviewLimit.Shows("$2")}");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(TextParameter.Of(StationLimit.Of(user)));
        return (await command.ReadAllAsync(Read, cancellationToken)).FirstOrDefault();
    }

    internal static ReviewView Read(NpgsqlDataReader r) => new()
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
        Other = r.Id(10) is { } other ? new OtherReading(other, r.Time(11), r.GetString(12), r.GetString(13), r.Text(14)) : null,
    };
}
