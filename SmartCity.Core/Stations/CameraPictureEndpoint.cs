using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Stations;

/// <summary>What a camera sees, a few seconds old.</summary>
internal static class CameraPictureEndpoint
{
    private const string Jpeg = "image/jpeg";

    public static IEndpointRouteBuilder MapCameraPictures(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/cameras/{id}/picture", GetAsync).WithTags("Stations").WithSummary("A camera's newest picture; Last-Modified is when it was captured; with watch=true the edge sends one a second for the next 20 seconds")
            .Produces<FileContentHttpResult>(StatusCodes.Status200OK, Jpeg).RequireAuthorization(Scope.LiveRead).ForLimited();
        return app;
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> GetAsync(
        string id, ClaimsPrincipal user, NpgsqlDataSource dataSource, [FromServices] IObjectStore objects, HttpResponse response, WatchedCameras watched, CancellationToken cancellationToken, bool watch = false)
    {
        await using var command = dataSource.CreateCommand("select station_id from cameras where id = $1");
        command.Parameters.Add(new() { Value = id });
        if (await command.ExecuteScalarAsync(cancellationToken) is not string station || !StationLimit.Allows(user, station))
        {
            return TypedResults.Problem($"There is no camera {id}.", statusCode: StatusCodes.Status404NotFound);
        }

        if (watch)
        {
            await watched.WatchAsync(id, cancellationToken);
        }

        await using var stream = await objects.OpenAsync(CameraPicture.Key(station, id), cancellationToken);
        if (stream is null)
        {
            return TypedResults.Problem($"Camera {id} has sent no picture yet.", statusCode: StatusCodes.Status404NotFound);
        }

        using var picture = new MemoryStream();
        await stream.CopyToAsync(picture, cancellationToken);
        var jpeg = picture.ToArray();
        var capturedAt = CameraPicture.CapturedAt(jpeg);
        response.Headers.CacheControl = "private, no-cache";
        response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Bytes(jpeg, Jpeg, lastModified: capturedAt, entityTag: capturedAt is { } at ? new EntityTagHeaderValue($"\"{at.ToUnixTimeMilliseconds()}\"") : null);
    }
}
