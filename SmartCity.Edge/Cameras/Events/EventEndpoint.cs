using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using SmartCity.Recognition;

namespace SmartCity.Edge.Cameras.Events;

/// <summary><c>POST /cameras/{id}/events</c>: a camera that reads plates itself. Key, limits and answers are those of an upload.</summary>
public static class EventEndpoint
{
    public static IEndpointRouteBuilder MapCameraEvents(this IEndpointRouteBuilder app)
    {
        app.MapPost("/cameras/{id}/events", TakeAsync).AllowAnonymous().DisableAntiforgery().WithName("CameraEvent").WithMetadata(new DisableRequestSizeLimitAttribute()); // Edge:UploadKey and Edge:UploadBytes hold instead
        return app;
    }

    private static async Task<Results<Accepted<EventTaken>, ProblemHttpResult>> TakeAsync(
        string id, HttpRequest request, ServedStations stations, CameraSources sources, CameraBoard board, PixelBudget pixels, IOptions<EdgeOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        var settings = options.Value;
        if (UploadEndpoint.Refuse(id, request, stations, settings, out var camera) is { } refused)
        {
            return refused;
        }

        if (await UploadEndpoint.ReadAsync(request.Body, settings.UploadBytes, cancellationToken) is not { } body)
        {
            return UploadEndpoint.Problem(StatusCodes.Status413PayloadTooLarge, $"The event has more than {settings.UploadBytes} bytes.");
        }

        try
        {
            if (EventFormat.Read(await EventPart.ReadAsync(request.ContentType, body, cancellationToken)) is not { } happened)
            {
                return TypedResults.Accepted((string?)null, new EventTaken(true));
            }

            var captured = happened.CapturedAt ?? time.GetUtcNow();
            if (pixels.TryTake(Pictures.Pixels(happened.Picture, settings.PicturePixels)) is not { } room)
            {
                return UploadEndpoint.Later(request, $"Pictures with {settings.DecodedPixels} pixels together wait to be read, which is the limit. Send this event again later.");
            }

            var frame = UploadEndpoint.Decode(id, captured, happened.Picture, settings, room, still: true, timedElsewhere: happened.CapturedAt is not null, happened.Reading);
            return UploadEndpoint.Offer((UploadSource)sources.Of(camera!), frame)
                ? TypedResults.Accepted((string?)null, new EventTaken(true))
                : UploadEndpoint.Later(request, $"Events of camera '{id}' arrive faster than they can be read. Send fewer, or send this one again later.");
        }
        catch (InvalidDataException e)
        {
            board.Find(id)?.FrameBad(e.Message);
            return UploadEndpoint.Problem(StatusCodes.Status400BadRequest, e.Message);
        }
    }

    /// <summary>Dahua's cameras send an event again until they read this.</summary>
    private sealed record EventTaken([property: System.Text.Json.Serialization.JsonPropertyName("Result")] bool Result);
}
