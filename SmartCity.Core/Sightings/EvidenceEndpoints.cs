using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Sightings;

internal static class EvidenceEndpoints
{
    private const string Prefix = "evidence/";
    private const string Patch = ".plate.jpg";
    private const string RetryAfterSeconds = "5";

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

    private static async Task<Results<FileStreamHttpResult, ProblemHttpResult, NotFound>> GetAsync(
        string key, [FromServices] IObjectStore objects, NpgsqlDataSource dataSource, HttpResponse response, CancellationToken cancellationToken)
    {
        if (Key(key) is not { } objectKey)
        {
            return TypedResults.NotFound();
        }

        if (await objects.OpenAsync(objectKey, cancellationToken) is not { } picture)
        {
            return await MissingAsync(objectKey, objects, dataSource, response, cancellationToken) is { } problem ? problem : TypedResults.NotFound();
        }

        // A key is written once; plates are personal data, so no shared cache keeps them.
        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Stream(picture, objectKey.EndsWith(".png", StringComparison.Ordinal) ? "image/png" : "image/jpeg");
    }

    // A sighting goes before its picture. Null if there is no sighting with this picture, or none any more.
    private static async Task<ProblemHttpResult?> MissingAsync(string key, IObjectStore objects, NpgsqlDataSource dataSource, HttpResponse response, CancellationToken cancellationToken)
    {
        var evidence = key.EndsWith(Patch, StringComparison.Ordinal) ? key[..^Patch.Length] + ".jpg" : key;
        if (!Guid.TryParse(Path.GetFileName(evidence).Split('.')[0], out var id))
        {
            return null;
        }

        await using var command = dataSource.CreateCommand("select from sightings where id = $1 and evidence = $2");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = evidence });
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                return null;
            }
        }

        response.Headers.CacheControl = "no-store";
        await using var shed = await objects.OpenAsync(Sighting.ShedKey(evidence), cancellationToken);
        if (shed is not null)
        {
            return TypedResults.Problem("The edge's disk was full, and this picture was given up. Its sighting stands.", statusCode: StatusCodes.Status410Gone, title: "The picture was given up");
        }

        response.Headers.RetryAfter = RetryAfterSeconds;
        return TypedResults.Problem("The sighting was sent before its picture, which follows.", statusCode: StatusCodes.Status404NotFound, title: "The picture is on its way");
    }
}
