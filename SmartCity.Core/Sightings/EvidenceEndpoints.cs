using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Sightings;

internal static class EvidenceEndpoints
{
    private const string Prefix = "evidence/";
    private const string Patch = ".plate.jpg";
    private const string RetryAfterSeconds = "5";

    public static IEndpointRouteBuilder MapEvidence(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/evidence/{**key}", GetAsync).WithTags("Sightings").WithSummary("A picture by its object key; one of the past needs the scope vehicles:search, or an alert, a charge or a case that the caller may see and that rests on it").RequireAuthorization(Scope.LiveRead).ForLimited();
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

    private static async Task<Results<FileContentHttpResult, FileStreamHttpResult, ProblemHttpResult, NotFound>> GetAsync(
        string key, [FromServices] IObjectStore objects, EvidenceChecks checks, History history, NpgsqlDataSource dataSource, HttpContext http, CancellationToken cancellationToken)
    {
        if (Key(key) is not { } objectKey || !StationLimit.Allows(http.User, objectKey.Split('/')[1]))
        {
            return TypedResults.NotFound();
        }

        var stored = await FindAsync(objectKey, dataSource, cancellationToken);
        if (stored is null && objectKey.EndsWith(EdgeStrip.Ending, StringComparison.Ordinal))
        {
            return TypedResults.NotFound();
        }

        var isRestricted = stored is not null && await history.IsRestrictedAsync(stored.Plates, cancellationToken);
        if (isRestricted && await history.IsHiddenAsync(http, stored!.Plates, [SightingOf(objectKey)], stored.PassageId, cancellationToken))
        {
            return TypedResults.NotFound();
        }

        if ((isRestricted || IsHistory(objectKey, stored, history)) && await history.LookAtPictureAsync(http, SightingOf(objectKey), stored?.PassageId, cancellationToken) is { } refused)
        {
            return refused;
        }

        if (await objects.OpenAsync(objectKey, cancellationToken) is not { } picture)
        {
            return stored is not null && await MissingAsync(objectKey, objects, http.Response, cancellationToken) is { } problem ? problem : TypedResults.NotFound();
        }

        var type = objectKey.EndsWith(".png", StringComparison.Ordinal) ? "image/png" : "image/jpeg";
        if (stored?.Sha256 is { } sha256)
        {
            using var content = new MemoryStream();
            await using (picture)
            {
                await picture.CopyToAsync(content, cancellationToken);
            }

            if (!await checks.IsOriginalAsync(objectKey, content.GetBuffer().AsMemory(0, (int)content.Length), sha256))
            {
                http.Response.Headers.CacheControl = "no-store";
                return TypedResults.Problem("The picture in the object store is not the one that the camera took: its SHA-256 differs from the one in the sighting. It is not shown, and the audit has a line about it.", statusCode: StatusCodes.Status409Conflict, title: "The picture was changed");
            }

            Cache(http.Response);
            return TypedResults.Bytes(content.ToArray(), type);
        }

        Cache(http.Response);
        return TypedResults.Stream(picture, type);
    }

    // A key is written once; plates are personal data, so no shared cache keeps them.
    private static void Cache(HttpResponse response)
    {
        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        response.Headers.XContentTypeOptions = "nosniff";
    }

    // Where there is no sighting, the key says the hour.
    private static bool IsHistory(string key, StoredPicture? stored, History history) =>
        stored is not null ? history.IsPast(stored.CapturedAt) && history.IsPast(stored.StoredAt) : HourOf(key) is not { } hour || history.IsPast(hour.AddHours(1));

    private static Guid SightingOf(string key) => Guid.TryParse(Path.GetFileName(key).Split('.')[0], out var id) ? id : Guid.Empty;

    private static DateTimeOffset? HourOf(string key) =>
        key.Split('/') is [_, _, var year, var month, var day, var hour, _]
            && DateTimeOffset.TryParseExact(year + month + day + hour, "yyyyMMddHH", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    // The hour in the key says in which day to look.
    private static async Task<StoredPicture?> FindAsync(string key, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var isPatch = key.EndsWith(Patch, StringComparison.Ordinal);
        var evidence = isPatch ? key[..^Patch.Length] + ".jpg" : key;
        if (HourOf(key) is not { } hour || SightingOf(key) is var id && id == Guid.Empty)
        {
            return null;
        }

        if (key.EndsWith(EdgeStrip.Ending, StringComparison.Ordinal))
        {
            return await FindStripAsync(key, id, hour, dataSource, cancellationToken);
        }

        await using var command = dataSource.CreateCommand(
            "select captured_at, stored_at, case when $4 then patch_sha256 else evidence_sha256 end, passage_id, plate, read_plate from sightings where id = $1 and captured_at >= $2 and captured_at < $5 and evidence = $3");
        foreach (var value in (object[])[id, hour, evidence, isPatch, hour.AddHours(1)])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return (await command.ReadAllAsync(r => new StoredPicture(r.Time(0), r.Time(1), r.Bytes(2), r.Id(3), [r.Text(4), r.Text(5)]), cancellationToken)).FirstOrDefault();
    }

    // One that was put without a sighting, or of which nothing was told, is nobody's.
    private static async Task<StoredPicture?> FindStripAsync(string key, Guid id, DateTimeOffset hour, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select s.captured_at, s.stored_at, t.sha256, s.passage_id, s.plate, s.read_plate from sighting_strips t join sightings s on s.id = t.id and s.captured_at = t.captured_at
            where t.id = $1 and t.key = $2 and s.captured_at >= $3 and s.captured_at < $4 and s.station_id = split_part(t.key, '/', 2) and s.erased_at is null
            """);
        foreach (var value in (object[])[id, key, hour, hour.AddHours(1)])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return (await command.ReadAllAsync(r => new StoredPicture(r.Time(0), r.Time(1), r.Bytes(2), r.Id(3), [r.Text(4), r.Text(5)]), cancellationToken)).FirstOrDefault();
    }

    // A sighting goes before its picture.
    private static async Task<ProblemHttpResult> MissingAsync(string key, IObjectStore objects, HttpResponse response, CancellationToken cancellationToken)
    {
        var evidence = key.EndsWith(Patch, StringComparison.Ordinal) ? key[..^Patch.Length] + ".jpg" : key;
        response.Headers.CacheControl = "no-store";
        await using var shed = await objects.OpenAsync(Sighting.ShedKey(evidence), cancellationToken);
        if (shed is not null)
        {
            return TypedResults.Problem("The edge's disk was full, and this picture was deleted. Its sighting stands.", statusCode: StatusCodes.Status410Gone, title: "The picture was deleted");
        }

        response.Headers.RetryAfter = RetryAfterSeconds;
        if (key.EndsWith(EdgeStrip.Ending, StringComparison.Ordinal))
        {
            return TypedResults.Problem("The frames before and after a sighting follow it, unless the edge had no room for them. Its own picture stands.", statusCode: StatusCodes.Status404NotFound, title: "The frames are not here");
        }

        return TypedResults.Problem("The sighting was sent before its picture, which follows.", statusCode: StatusCodes.Status404NotFound, title: "The picture is on its way");
    }

    private sealed record StoredPicture(DateTimeOffset CapturedAt, DateTimeOffset StoredAt, byte[]? Sha256, Guid? PassageId, string?[] Plates);
}
