using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras.Events;
using SmartCity.Recognition;

namespace SmartCity.Edge.Cameras;

/// <summary><c>POST /cameras/{id}/frames</c>: a camera that sends its pictures itself.</summary>
public static class UploadEndpoint
{
    private const string KeyHeader = "X-Api-Key";
    private const string RetryAfterSeconds = "1";
    private const string TimeHeader = "X-Captured-At";

    public static IEndpointRouteBuilder MapUploads(this IEndpointRouteBuilder app)
    {
        app.MapPost("/cameras/{id}/frames", TakeAsync).AllowAnonymous().DisableAntiforgery().WithName("UploadFrame").WithMetadata(new DisableRequestSizeLimitAttribute()); // Edge:UploadKey and Edge:UploadBytes hold instead
        return app.MapCameraEvents();
    }

    /// <summary>Why a request for a camera is not taken, before anything of it is read; null if it may go on.</summary>
    internal static ProblemHttpResult? Refuse(string id, HttpRequest request, ServedStations stations, EdgeOptions settings, out Camera? camera)
    {
        camera = null;
        if (settings.UploadKey is null)
        {
            return Problem(StatusCodes.Status403Forbidden, "Uploads are refused because Edge:UploadKey is not set.");
        }

        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(Key(request))), SHA256.HashData(Encoding.UTF8.GetBytes(settings.UploadKey))))
        {
            request.HttpContext.Response.Headers.WWWAuthenticate = "Basic realm=\"SmartCity\"";
            return Problem(StatusCodes.Status401Unauthorized, $"{KeyHeader} is missing or wrong.");
        }

        camera = stations.All.SelectMany(s => s.Cameras).FirstOrDefault(c => c.Id == id);
        if (camera is null || !UploadSource.IsUpload(camera.Source))
        {
            return Problem(StatusCodes.Status404NotFound, $"This edge has no camera '{id}' with the source 'upload'.");
        }

        return request.ContentLength > settings.UploadBytes ? Problem(StatusCodes.Status413PayloadTooLarge, $"The body has {request.ContentLength} bytes; {settings.UploadBytes} are allowed.") : null;
    }

    private static async Task<Results<Accepted, ProblemHttpResult>> TakeAsync(
        string id, HttpRequest request, ServedStations stations, CameraSources sources, CameraBoard board, PixelBudget pixels, IOptions<EdgeOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        var settings = options.Value;
        if (Refuse(id, request, stations, settings, out var camera) is { } refused)
        {
            return refused;
        }

        var captured = time.GetUtcNow();
        if (request.Headers.TryGetValue(TimeHeader, out var given) && !DateTimeOffset.TryParse(given, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out captured))
        {
            return Problem(StatusCodes.Status400BadRequest, $"{TimeHeader} is not an ISO 8601 time such as 2026-11-23T08:15:30.120Z.");
        }

        var content = await ReadAsync(request.Body, settings.UploadBytes, cancellationToken);
        if (content is null)
        {
            return Problem(StatusCodes.Status413PayloadTooLarge, $"The picture has more than {settings.UploadBytes} bytes.");
        }

        try
        {
            if (pixels.TryTake(Pictures.Pixels(content, settings.PicturePixels)) is not { } room)
            {
                return Later(request, $"Pictures with {settings.DecodedPixels} pixels together wait to be read, which is the limit. Send this one again later.");
            }

            return Offer((UploadSource)sources.Of(camera!), Decode(id, captured, content, settings, room, UploadSource.SendsStills(camera!.Source), timedElsewhere: given.Count > 0)) ? TypedResults.Accepted((string?)null) : Later(request, $"Pictures of camera '{id}' arrive faster than they can be read. Send fewer, or send this one again later.");
        }
        catch (InvalidDataException e)
        {
            board.Find(id)?.FrameBad(e.Message);
            return Problem(StatusCodes.Status422UnprocessableEntity, e.Message);
        }
    }

    // A camera that cannot send a header of its own signs in, with the key as its password.
    private static string Key(HttpRequest request)
    {
        if (request.Headers[KeyHeader].ToString() is { Length: > 0 } key)
        {
            return key;
        }

        var bytes = new byte[512];
        return AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var basic) && string.Equals(basic.Scheme, "Basic", StringComparison.OrdinalIgnoreCase)
            && Convert.TryFromBase64String(basic.Parameter ?? "", bytes, out var length) && Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [_, var password] ? password : "";
    }

    internal static Frame Decode(string cameraId, DateTimeOffset captured, byte[] content, EdgeOptions settings, IDisposable room, bool still, bool timedElsewhere, CameraReading? reading = null)
    {
        try
        {
            return new Frame(cameraId, captured.ToUnixTimeMilliseconds(), captured.ToUniversalTime(), Pictures.Decode(content, settings.PicturePixels)) { Room = room, Reading = reading, Still = still, IsTimedElsewhere = timedElsewhere, Origin = reading is null ? null : $"{FrameOrigin.Of(content)}-{reading.Plate}" };
        }
        catch
        {
            room.Dispose();
            throw;
        }
    }

    internal static bool Offer(UploadSource source, Frame frame)
    {
        if (source.TryOffer(frame))
        {
            return true;
        }

        frame.Dispose();
        return false;
    }

    internal static async Task<byte[]?> ReadAsync(Stream body, int most, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        var buffer = new byte[81_920];
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (content.Length + read > most)
            {
                return null;
            }

            content.Write(buffer, 0, read);
        }

        return content.ToArray();
    }

    internal static ProblemHttpResult Later(HttpRequest request, string detail)
    {
        request.HttpContext.Response.Headers.RetryAfter = RetryAfterSeconds;
        return Problem(StatusCodes.Status429TooManyRequests, detail);
    }

    internal static ProblemHttpResult Problem(int status, string detail) => TypedResults.Problem(detail, statusCode: status);
}
