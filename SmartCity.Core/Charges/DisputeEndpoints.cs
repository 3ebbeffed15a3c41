using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Charges;

internal static class DisputeEndpoints
{
    private const int ShortestReason = 3;
    private const int LongestReason = 1_000;
    private static readonly string[] States = ["open", "upheld", "rejected"];

    public static RouteGroupBuilder MapDisputes(this RouteGroupBuilder charges)
    {
        charges.MapGet("disputes", ListAsync).WithSummary("Disputes of charges, newest first; state is open, upheld or rejected; a reason is required, unless it is for the open ones")
            .RequireReason("disputes.list", when: http => http.Request.Query["state"] != "open", whole: "all disputes").Audited("disputes.list", whole: "open disputes", counted: true);
        charges.MapPost("disputes/{id:guid}", DecideAsync).WithSummary("Decides a dispute, with a note; upheld reverses the charge for good").RequireAuthorization(Scope.ReviewWrite).Audited("charges.decide", recordBody: true)
            .AuditAbout((DisputeDecision d) => (d.State, d.Note)).AuditAbout((DisputeView d) => (d.Charge.Plate, null));
        charges.MapGet("{id:guid}/disputes", async (Guid id, Disputes disputes, CancellationToken cancellationToken) => TypedResults.Ok(await disputes.OfAsync(id, cancellationToken)))
            .WithSummary("Disputes of a charge's vehicle, scheme and day, oldest first").Audited("disputes.read").AuditAbout((List<DisputeView> d) => (d.FirstOrDefault()?.Charge.Plate, null));
        charges.MapPost("{id:guid}/disputes", RaiseAsync).WithSummary("Disputes a charge that stands, with a reason").RequireAuthorization(Scope.ReviewWrite).Audited("charges.dispute", recordBody: true)
            .AuditAbout((NewDispute d) => (null, d.Reason)).AuditAbout((DisputeView d) => (d.Charge.Plate, null));
        return charges;
    }

    private static async Task<Results<Ok<Page<DisputeView>>, ProblemHttpResult>> ListAsync(
        HttpContext http, Disputes disputes, CancellationToken cancellationToken, string? state = null, DateOnly? day = null, Cursor? after = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        return state is not null && !States.Contains(state)
            ? Paging.Problem($"state must be one of {string.Join(", ", States)}.")
            : TypedResults.Ok(Paging.ToPage(await disputes.ListAsync(state, day, state == "open" || Restricted.MaySee(http), after, limit + 1, cancellationToken), limit, d => new Cursor(d.RaisedAt, d.Id)));
    }

    private static async Task<Results<Created<DisputeView>, NotFound, ProblemHttpResult>> RaiseAsync(Guid id, NewDispute dispute, ClaimsPrincipal user, Disputes disputes, AuditedChange change, CancellationToken cancellationToken)
    {
        if (SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        if (dispute.Reason?.Trim() is not { Length: >= ShortestReason and <= LongestReason } reason)
        {
            return Paging.Problem($"reason must say in {ShortestReason} to {LongestReason} characters why the charge is disputed.");
        }

        try
        {
            return await disputes.RaiseAsync(id, reason, user.Identity!.Name!, cancellationToken, change) is { } raised ? TypedResults.Created($"/api/charges/{id}/disputes", raised) : TypedResults.NotFound();
        }
        catch (InvalidOperationException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static async Task<Results<Ok<DisputeView>, NotFound, ProblemHttpResult>> DecideAsync(Guid id, DisputeDecision decision, ClaimsPrincipal user, Disputes disputes, AuditedChange change, CancellationToken cancellationToken)
    {
        if (SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        if (decision.State is not ("upheld" or "rejected"))
        {
            return Paging.Problem("state must be upheld or rejected.");
        }

        if (decision.Note?.Trim() is not { Length: >= ShortestReason and <= LongestReason } note)
        {
            return Paging.Problem($"note must say in {ShortestReason} to {LongestReason} characters why the dispute is decided so.");
        }

        try
        {
            return await disputes.DecideAsync(id, decision.State == "upheld", note, user.Identity!.Name!, cancellationToken, change) is { } decided ? TypedResults.Ok(decided) : TypedResults.NotFound();
        }
        catch (InvalidOperationException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }
}
