using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Stations;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Sightings;

/// <summary>
/// Pictures from edges, which have no credentials of the object store: the core gives an address for one object, and only for one that is the
/// station's own and not there yet.
/// </summary>
internal static class EdgeUploadEndpoints
{
    private const int LargestPicture = 20_000_000;
    private const string Path = "/api/edge/objects/";
    private static readonly TimeSpan ValidFor = TimeSpan.FromMinutes(5);

    public static IEndpointRouteBuilder MapEdgeUploads(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/edge/uploads", AskAsync).WithTags("Sightings").WithSummary("Where an edge may put pictures of its station; evidence that is there already is not written again")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden).RequireAuthorization(Scope.EdgeConfig).AuditedByItself();
        app.MapPut(Path + "{**key}", PutAsync).WithTags("Sightings").WithSummary("Takes a picture of an edge's station, where the core keeps objects in a folder")
            .Accepts<byte[]>("image/jpeg", "text/plain").WithMetadata(new RequestSizeLimitAttribute(LargestPicture))
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden).RequireAuthorization(Scope.EdgeConfig).AuditedByItself();
        return app;
    }

    private static async Task<Results<Ok<EdgeUploads>, ProblemHttpResult>> AskAsync(
        string station, EdgeUploadsAsked asked, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, [FromServices] IObjectStore objects, CancellationToken cancellationToken)
    {
        if (asked.Keys is not { Count: > 0 and <= EdgeUploadsAsked.MostKeys })
        {
            return Paging.Problem($"keys must have 1 to {EdgeUploadsAsked.MostKeys} entries.");
        }

        if (asked.Keys.Any(k => StationOf(k) != station))
        {
            return await RefuseKeyAsync(asked.Keys.First(k => StationOf(k) != station), user, refusals, request);
        }

        if (await refusals.CheckAsync(user, [station], request.Path) is { } refused)
        {
            return refused;
        }

        var uploads = new List<EdgeUpload>(asked.Keys.Count);
        foreach (var key in asked.Keys)
        {
            uploads.Add(new EdgeUpload(key, IsEvidence(key) && await objects.ExistsAsync(key, cancellationToken) ? null : (await objects.UploadAddressAsync(key, ValidFor))?.AbsoluteUri ?? Path[1..] + key));
        }

        return TypedResults.Ok(new EdgeUploads(uploads));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> PutAsync(
        string key, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, [FromServices] IObjectStore objects, CancellationToken cancellationToken)
    {
        if (StationOf(key) is not { } station)
        {
            return await RefuseKeyAsync(key, user, refusals, request);
        }

        if (await refusals.CheckAsync(user, [station], request.Path) is { } refused)
        {
            return refused;
        }

        using var content = new MemoryStream();
        await request.Body.CopyToAsync(content, cancellationToken);
        if (!IsEvidence(key) || !await objects.ExistsAsync(key, cancellationToken))
        {
            await objects.PutAsync(key, content.GetBuffer().AsMemory(0, (int)content.Length), request.ContentType ?? "image/jpeg", cancellationToken);
        }

        return TypedResults.NoContent();
    }

    private static async Task<ProblemHttpResult> RefuseKeyAsync(string? key, ClaimsPrincipal user, EdgeRefusals refusals, HttpRequest request) =>
        key is not null && StationOf(key) is { } station && await refusals.CheckAsync(user, [station], request.Path) is { } refused
            ? refused
            : Paging.Problem("keys must be keys of the station's own pictures, evidence/STATION/yyyy/MM/dd/HH/ID.jpg or pictures/STATION/CAMERA.jpg.");

    private static bool IsEvidence(string key) => key.StartsWith("evidence/", StringComparison.Ordinal);

    /// <summary>The station whose picture a key is of; null if it is no picture's.</summary>
    internal static string? StationOf(string? key)
    {
        if (key is null || !(key.EndsWith(".jpg", StringComparison.Ordinal) || key.EndsWith(".jpg.shed", StringComparison.Ordinal)))
        {
            return null;
        }

        var names = key.Split('/');
        return names.All(n => n.Length > 0 && n[0] != '.' && n.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) && names is ["evidence", _, _, _, _, _, _] or ["pictures", _, _] ? names[1] : null;
    }
}
