using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Faces;

/// <summary>Watch-lists. Pictures come only from whoever uploads them: no route takes a sighting, a camera or a match.</summary>
internal static class FaceListEndpoints
{
    private const long LargestBody = 40_000_000;

    public static IEndpointRouteBuilder MapFaceLists(this IEndpointRouteBuilder app)
    {
        var read = app.MapGroup("/api/faces/lists").WithTags(FaceSlice.Tag).RequireAuthorization(Scope.FacesRead);
        read.MapGet("", async (FaceLists lists, CancellationToken token) => TypedResults.Ok(await lists.ListAsync(token))).WithSummary("Watch-lists by name, without what is on them");
        read.MapGet("{id:guid}/estimate", EstimateAsync).WithSummary("False alerts an hour that are to be expected of this list at a threshold");
        var lists = app.MapGroup("/api/faces/lists").WithTags(FaceSlice.Tag).RequireAuthorization(Scope.FacesEnrol);
        lists.MapPost("", MakeAsync).WithSummary("Makes an empty watch-list").Audited("faces.list", recordBody: true).AuditAbout((NewFaceList l) => (l.Name, null));
        lists.MapGet("{id:guid}", ContentAsync).WithSummary("Who is on a watch-list").RequireReason("faces.list-read");
        lists.MapDelete("{id:guid}", DeleteAsync).WithSummary("Destroys a watch-list, its key, its pictures and the pictures of its matches").RequireReason("faces.list-delete");
        lists.MapPost("{id:guid}/entries", ProposeAsync).WithSummary("Proposes somebody for a watch-list, with one to five pictures; another person must confirm it").WithMetadata(new RequestSizeLimitAttribute(LargestBody)).Audited("faces.enrol");
        var entries = app.MapGroup("/api/faces/entries/{id:guid}").WithTags(FaceSlice.Tag).RequireAuthorization(Scope.FacesEnrol);
        entries.MapPost("confirm", ConfirmAsync).WithSummary("Confirms an entry that another person has proposed").Audited("faces.confirm");
        entries.MapDelete("", RemoveAsync).WithSummary("Destroys an entry and its pictures").RequireReason("faces.remove");
        entries.MapGet("pictures/{number}", PictureAsync).WithSummary("A picture of an entry").Audited("faces.entry-view").Produces(StatusCodes.Status200OK, contentType: "image/jpeg");
        return app;
    }

    private static async Task<Results<Ok<FaceEstimate>, NotFound, ProblemHttpResult>> EstimateAsync(Guid id, double threshold, double faces, FaceEstimates estimates, CancellationToken cancellationToken, [FromQuery] string[]? station = null) =>
        threshold is not (> 0 and <= 2) || faces is not (> 0 and <= 1_000_000) ? Paging.Problem("threshold must be above 0 and at most 2, and faces above 0 and at most 1,000,000.")
        : await estimates.OfAsync(id, threshold, faces, station ?? [], null, cancellationToken) is { } estimate ? TypedResults.Ok(estimate) : TypedResults.NotFound();

    private static async Task<Results<Ok<FaceListView>, ProblemHttpResult>> MakeAsync(NewFaceList body, ClaimsPrincipal user, FaceLists lists, AuditedChange change, CancellationToken cancellationToken)
    {
        if (SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        if (FaceRules.Check(body) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        try
        {
            return TypedResults.Ok(await lists.MakeAsync(body, user.Identity!.Name!, change, cancellationToken));
        }
        catch (InvalidDataException e)
        {
            return FaceSlice.Conflict(e.Message);
        }
    }

    private static async Task<Results<Ok<FaceListContent>, NotFound>> ContentAsync(Guid id, FaceLists lists, FaceEntries entries, CancellationToken cancellationToken) =>
        await lists.FindAsync(id, cancellationToken) is { } list && await entries.OfListAsync(id, cancellationToken) is { } content ? TypedResults.Ok(new FaceListContent(list, content)) : TypedResults.NotFound();

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> DeleteAsync(Guid id, FaceLists lists, AuditedChange change, CancellationToken cancellationToken)
    {
        try
        {
            return await lists.DeleteAsync(id, change, cancellationToken) is null ? TypedResults.NotFound() : TypedResults.NoContent();
        }
        catch (InvalidDataException e)
        {
            return FaceSlice.Conflict(e.Message);
        }
    }

    private static async Task<Results<Ok<FaceEnrolment>, NotFound, ProblemHttpResult>> ProposeAsync(Guid id, NewFaceEntry body, ClaimsPrincipal user, HttpContext http, FaceEntries entries, FaceEnroller enroller, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        if (SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        if (FaceRules.Check(body, time.GetUtcNow()) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        if (enroller.Missing is { } missing)
        {
            return FaceSlice.Conflict($"No picture can be looked at here. {missing}");
        }

        try
        {
            if (await entries.ProposeAsync(id, body, user.Identity!.Name!, change, cancellationToken) is not { } enrolment)
            {
                return TypedResults.NotFound();
            }

            if (enrolment.Entry is null)
            {
                return Paging.Problem($"No picture can be used. {string.Join(' ', enrolment.Refused.Select(r => $"{r.Name}: {r.Why}"))}");
            }

            // Who it is stays sealed: the audit is kept for years.
            http.Items[AuditFilter.Details] = new { entry = enrolment.Entry, body.Category, body.Minor, pictures = enrolment.Taken, refused = enrolment.Refused.Count };
            return TypedResults.Ok(enrolment);
        }
        catch (InvalidDataException e)
        {
            return FaceSlice.Conflict(e.Message);
        }
    }

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> ConfirmAsync(Guid id, ClaimsPrincipal user, FaceEntries entries, AuditedChange change, CancellationToken cancellationToken)
    {
        if (SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        try
        {
            return await entries.ConfirmAsync(id, user.Identity!.Name!, change, cancellationToken) ? TypedResults.NoContent() : TypedResults.NotFound();
        }
        catch (InvalidDataException e)
        {
            return FaceSlice.Conflict(e.Message);
        }
    }

    private static async Task<Results<NoContent, NotFound>> RemoveAsync(Guid id, FaceEntries entries, AuditedChange change, CancellationToken cancellationToken) =>
        await entries.RemoveAsync(id, change, cancellationToken) ? TypedResults.NoContent() : TypedResults.NotFound();

    private static async Task<Results<FileContentHttpResult, NotFound>> PictureAsync(Guid id, int number, HttpContext http, FaceEntries entries, CancellationToken cancellationToken) =>
        await entries.PictureAsync(id, number, cancellationToken) is { } picture ? FaceMatchEndpoints.Jpeg(http, picture) : TypedResults.NotFound();
}
