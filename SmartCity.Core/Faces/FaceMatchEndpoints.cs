using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Faces;

internal static class FaceMatchEndpoints
{
    public static IEndpointRouteBuilder MapFaceMatches(this IEndpointRouteBuilder app)
    {
        var matches = app.MapGroup("/api/faces/matches").WithTags(FaceSlice.Tag).RequireAuthorization(Scope.FacesReview);
        matches.MapGet("", async (ClaimsPrincipal user, FaceMatches waiting, CancellationToken token) => TypedResults.Ok(await waiting.WaitingAsync(user.Identity!.Name!, token))).WithSummary("Matches that wait for a person, the oldest first");
        matches.MapGet("{id:guid}/picture", PictureAsync).WithSummary("What the camera saw").Audited("faces.match-view").Produces(StatusCodes.Status200OK, contentType: "image/jpeg");
        matches.MapGet("{id:guid}/enrolled/{number}", EnrolledAsync).WithSummary("A picture of whom the match may show").Audited("faces.match-view").Produces(StatusCodes.Status200OK, contentType: "image/jpeg");
        matches.MapPost("{id:guid}/answer", AnswerAsync).WithSummary("Says whether a match shows whom it seems to; two different people must say so before it counts").AuditedByItself();
        return app;
    }

    /// <summary>A face, which nobody between here and the screen keeps.</summary>
    public static FileContentHttpResult Jpeg(HttpContext http, byte[] picture)
    {
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Bytes(picture, "image/jpeg");
    }

    private static async Task<Results<FileContentHttpResult, NotFound>> PictureAsync(Guid id, HttpContext http, FaceMatches matches, CancellationToken cancellationToken) =>
        await matches.PictureAsync(id, cancellationToken) is { } picture ? Jpeg(http, picture) : TypedResults.NotFound();

    private static async Task<Results<FileContentHttpResult, NotFound>> EnrolledAsync(Guid id, int number, HttpContext http, FaceMatches matches, FaceEntries entries, CancellationToken cancellationToken) =>
        await matches.EntryAsync(id, cancellationToken) is { } entry && await entries.PictureAsync(entry, number, cancellationToken) is { } picture ? Jpeg(http, picture) : TypedResults.NotFound();

    private static async Task<Results<Ok<FaceMatchOutcome>, NotFound, ProblemHttpResult>> AnswerAsync(Guid id, FaceMatchAnswer body, ClaimsPrincipal user, FaceMatches matches, CancellationToken cancellationToken)
    {
        if (SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        if (body.Says is null || !FaceAnswer.All.Contains(body.Says))
        {
            return Paging.Problem($"says must be one of {string.Join(", ", FaceAnswer.All)}.");
        }

        try
        {
            return await matches.AnswerAsync(id, user.Identity!.Name!, body.Says, cancellationToken) is { } outcome ? TypedResults.Ok(outcome) : TypedResults.NotFound();
        }
        catch (InvalidDataException e)
        {
            return FaceSlice.Conflict(e.Message);
        }
    }
}
