using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Edge.Faces;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// Puts what each camera sees into the object store every few seconds, beside recognition and never in its way: a picture that cannot be put
/// is dropped, the next one says more. They are no evidence.
/// </summary>
internal sealed class NewestPictures(IObjectWriter objects, BystanderBlur bystanders, IOptions<EdgeOptions> options, WorkerHealth health, TimeProvider time, ILogger<NewestPictures> logger) : BackgroundService
{
    private const string Worker = "camera pictures";
    private const int Widest = 1280;
    private const int Quality = 75;
    private const int Waiting = 32;
    private static readonly TimeSpan PutWithin = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, long> _taken = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _put = new(StringComparer.Ordinal);

    private readonly Channel<Picture> _waiting = Channel.CreateBounded<Picture>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Capture time of the picture that the object store took last; null when it took none since start.</summary>
    public DateTimeOffset? NewestOf(string cameraId) => _put.TryGetValue(cameraId, out var at) ? at : null;

    /// <summary>Keeps a frame as a small JPEG when the camera's picture is older than the interval. Called by one thread for each camera.</summary>
    public void Offer(string stationId, string cameraId, Frame frame, TimeSpan? every = null)
    {
        var now = time.GetTimestamp();
        if (_taken.TryGetValue(cameraId, out var taken) && time.GetElapsedTime(taken, now) < (every ?? options.Value.PictureInterval))
        {
            return;
        }

        _taken[cameraId] = now;
        try
        {
            using var covered = bystanders.Cover(frame.Image);
            _waiting.Writer.TryWrite(new Picture(stationId, cameraId, frame.CapturedAt, Jpeg(covered ?? frame.Image)));
        }
        catch (Exception e)
        {
            // The frame is read all the same.
            health.Degraded(Worker, $"The picture of camera {cameraId} could not be made: {e.Message}");
            logger.LogWarning(e, "The picture of camera {Camera} could not be made.", cameraId);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => health.KeepAsync(Worker, RunAsync, logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        await foreach (var picture in _waiting.Reader.ReadAllAsync(stoppingToken))
        {
            await PutAsync(picture, stoppingToken);
        }
    }

    private async Task PutAsync(Picture picture, CancellationToken stoppingToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        timeout.CancelAfter(PutWithin);
        try
        {
            await objects.PutAsync(CameraPicture.Key(picture.StationId, picture.CameraId), CameraPicture.Stamp(picture.Jpeg, picture.CapturedAt), "image/jpeg", timeout.Token);
            _put[picture.CameraId] = picture.CapturedAt;
            health.Healthy(Worker);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // Whatever the object store's client throws. The spool reports an outage too, and the next picture comes within seconds.
            health.Degraded(Worker, $"The cameras' newest pictures cannot be written to the object store: {e.Message}");
            logger.LogWarning("The newest picture of camera {Camera} could not be written to the object store: {Error}", picture.CameraId, e.Message);
        }
    }

    // What waits is the file: the picture itself is thirty times as large.
    private static byte[] Jpeg(Mat image)
    {
        var quality = new ImageEncodingParam(ImwriteFlags.JpegQuality, Quality);
        if (image.Width <= Widest)
        {
            return image.ImEncode(".jpg", quality);
        }

        using var small = new Mat();
        Cv2.Resize(image, small, new Size(Widest, (int)Math.Round((double)image.Height * Widest / image.Width)), 0, 0, InterpolationFlags.Area);
        return small.ImEncode(".jpg", quality);
    }

    private sealed record Picture(string StationId, string CameraId, DateTimeOffset CapturedAt, byte[] Jpeg);
}
