using Microsoft.Extensions.Options;
using SmartCity.Bricks;
using SmartCity.Bricks.Objects;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Cameras.Recordings;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Inbox;

/// <summary>One picture of the inbox → its camera, as if it had been uploaded. Done when its sightings are in the spool.</summary>
internal sealed class InboxReading(ServedStations stations, CameraSources sources, PixelBudget pixels, IOptions<EdgeOptions> options)
{
    /// <summary>The camera of a picture; null if this edge has none of that name that takes uploads.</summary>
    public Camera? CameraOf(string key) =>
        InboxKey.CameraOf(key) is { } id ? stations.All.SelectMany(s => s.Cameras).FirstOrDefault(c => c.Id == id && UploadSource.IsUpload(c.Source) && !c.Trial) : null;

    public async ValueTask<Result> ReadAsync(IObjectStore inbox, CloudEvent<ObjectLanded> landed, CancellationToken cancellationToken)
    {
        var key = landed.Data.Key;
        if (CameraOf(key) is not { } camera)
        {
            return Result.Rejected($"This edge has no camera '{InboxKey.CameraOf(key)}' with the source 'upload' that is not on trial.");
        }

        await using var stream = await OpenAsync(inbox, key, cancellationToken);
        if (stream is null)
        {
            return Result.Rejected("The picture was deleted before it was read, or this edge may not read it.");
        }

        if (await UploadEndpoint.ReadAsync(stream, options.Value.UploadBytes, cancellationToken) is not { } content)
        {
            return Result.Rejected($"The picture has more than {options.Value.UploadBytes} bytes.");
        }

        var outcome = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            var room = await pixels.TakeAsync(Pictures.Pixels(content, options.Value.PicturePixels), cancellationToken);
            var frame = Decode(camera, landed, content, room, outcome);
            if (!UploadEndpoint.Offer((UploadSource)sources.Of(camera), frame))
            {
                return Result.Failed($"Pictures of camera '{camera.Id}' arrive faster than they can be read.");
            }
        }
        catch (InvalidDataException e)
        {
            return Result.Rejected(e.Message);
        }

        return await outcome.Task.WaitAsync(cancellationToken) ? Result.Done : Result.Failed("Its sightings could not be kept.");
    }

    // A file of another user would hold up its camera for as long as an object store that is away.
    private static async Task<Stream?> OpenAsync(IObjectStore inbox, string key, CancellationToken cancellationToken)
    {
        try
        {
            return await inbox.OpenAsync(key, cancellationToken);
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Whoever reads the same object again makes the same frame of it, and its sightings get the same ids.
    private Frame Decode(Camera camera, CloudEvent<ObjectLanded> landed, byte[] content, IDisposable room, TaskCompletionSource<bool> outcome)
    {
        try
        {
            var captured = RecordingTimes.Utc(PictureTime.Of(content), camera.Id, () => stations.TimeZone) ?? landed.Time!.Value;
            return new Frame(camera.Id, captured.ToUnixTimeMilliseconds(), captured.ToUniversalTime(), Pictures.Decode(content, options.Value.PicturePixels))
            {
                Still = true,
                IsTimedElsewhere = true,
                Origin = landed.Id,
                Room = room,
                Outcome = outcome,
            };
        }
        catch
        {
            room.Dispose();
            throw;
        }
    }
}
