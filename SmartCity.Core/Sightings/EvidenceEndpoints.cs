using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Sightings;

internal static class EvidenceEndpoints
{
    private const string Prefix = "evidence/";

    public static IEndpointRouteBuilder MapEvidence(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/evidence/{**key}", GetAsync).WithTags("Sightings").WithSummary("A picture by its object key").RequireAuthorization(Scope.LiveRead);
        return app;
    }

    /// <summary>The object key that a path asks for; null if it is not a picture's. Nothing outside <c>evidence/</c> can be asked for.</summary>
    internal static string? Key(string path)
    {
        var key = path.StartsWith(Prefix, StringComparison.Ordinal) ? path : Prefix + path;
        var parts = key.Split('/');
        return parts.All(p => p.Length > 0 && p is not ("." or "..") && p.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            && (key.EndsWith(".jpg", StringComparison.Ordinal) || key.EndsWith(".png", StringComparison.Ordinal))
            ? key
            : null;
    }

    private static async Task<Results<FileStreamHttpResult, NotFound>> GetAsync(string key, [FromServices] IObjectStore objects, HttpResponse response, CancellationToken cancellationToken)
    {
        if (Key(key) is not { } objectKey || await objects.OpenAsync(objectKey, cancellationToken) is not { } picture)
        {
            return TypedResults.NotFound();
        }

        // A key is written once; plates are personal data, so no shared cache keeps them.
        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Stream(picture, objectKey.EndsWith(".png", StringComparison.Ordinal) ? "image/png" : "image/jpeg");
    }
}
