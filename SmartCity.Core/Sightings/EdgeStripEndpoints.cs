using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Stations;

namespace SmartCity.Core.Sightings;

/// <summary>What an edge tells of the frames before and after a sighting, before it puts their picture.</summary>
internal static class EdgeStripEndpoints
{
    private const int LargestSide = 1_920;
    private const int FurthestMilliseconds = 60_000;
    private const int Sha256Digits = 64;

    public static IEndpointRouteBuilder MapEdgeStrips(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/edge/strips", AddAsync).WithTags("Sightings").WithSummary("What an edge tells of the frames before and after a sighting; it puts their picture afterwards")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status410Gone)
            .RequireAuthorization(Scope.EdgeConfig).AuditedByItself();
        return app;
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> AddAsync(
        string station, EdgeStrip strip, HttpRequest request, ClaimsPrincipal user, EdgeRefusals refusals, SightingStrips strips, CancellationToken cancellationToken)
    {
        if (await refusals.CheckAsync(user, [station], request.Path) is { } refused)
        {
            return refused;
        }

        if (Fault(station, strip, out var sighting) is { } fault)
        {
            return Paging.Problem(fault);
        }

        return await strips.AddAsync(sighting, strip with { CapturedAt = strip.CapturedAt.ToUniversalTime() }, cancellationToken) switch
        {
            StripAnswer.Wanted => TypedResults.NoContent(),
            StripAnswer.Another => TypedResults.Problem("The sighting has other frames before and after it already. Those stay.", statusCode: StatusCodes.Status409Conflict),
            _ => TypedResults.Problem("The sighting was erased, and its pictures with it.", statusCode: StatusCodes.Status410Gone),
        };
    }

    private static string? Fault(string station, EdgeStrip strip, out Guid sighting)
    {
        sighting = Guid.Empty;
        var name = strip.Key?.Split('/')[^1] ?? "";
        return !name.EndsWith(EdgeStrip.Ending, StringComparison.Ordinal) || !Guid.TryParseExact(name[..^EdgeStrip.Ending.Length], "D", out sighting) || strip.Key != EdgeStrip.KeyOf(station, strip.CapturedAt, sighting)
                ? "key must be evidence/STATION/yyyy/MM/dd/HH/ID.strip.jpg of the station, of the hour of capturedAt and of the sighting's id."
            : strip.Sha256 is not { Length: Sha256Digits } || !strip.Sha256.All(char.IsAsciiHexDigit) ? "sha256 must be 64 hexadecimal digits."
            : strip.Width is < 1 or > LargestSide || strip.Height is < 1 or > LargestSide ? $"width and height must be 1 to {LargestSide} pixels."
            : strip.Milliseconds is not { Count: > 0 and <= 2 * EdgeStrip.MostEachSide } || strip.Milliseconds.Any(m => m is < -FurthestMilliseconds or > FurthestMilliseconds)
                ? $"milliseconds must have 1 to {2 * EdgeStrip.MostEachSide} entries of at most {FurthestMilliseconds} before or after the sighting."
            : null;
    }
}
