using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OpenCvSharp;
using SmartCity.Edge.Cameras.Recordings;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// <c>file:PATH</c> through OpenCV, on a thread of its own. A frame was captured at the video's start plus its position.
/// </summary>
internal sealed class VideoSource(string cameraId, string path, RecordingTimes times) : ICameraSource
{
    private const int Ahead = 2;

    public bool Waits => true;

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            throw new CameraLostException($"Camera {cameraId}: there is no file {path}.");
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var frames = Channel.CreateBounded<Frame>(Ahead);
        var grabbing = Task.Factory.StartNew(() => GrabAsync(frames.Writer, stop.Token), stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        try
        {
            await foreach (var frame in frames.Reader.ReadAllAsync(cancellationToken))
            {
                yield return frame;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await grabbing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (frames.Reader.TryRead(out var left))
            {
                left.Dispose();
            }
        }
    }

    private async Task GrabAsync(ChannelWriter<Frame> frames, CancellationToken cancellationToken)
    {
        try
        {
            using var capture = new VideoCapture(path, VideoCaptureAPIs.ANY);
            if (!capture.IsOpened())
            {
                throw new CameraLostException($"Camera {cameraId}: {path} could not be opened.");
            }

            var start = await times.OfVideoAsync(path, Length(capture), cancellationToken);
            var origin = FrameOrigin.OfFile(path);
            for (var number = 0L; !cancellationToken.IsCancellationRequested; number++)
            {
                var image = new Mat();
                if (!capture.Read(image) || image.Empty())
                {
                    image.Dispose();
                    break;
                }

                // OpenCV says of the frame that was read last where it stands.
                var place = TimeSpan.FromMilliseconds(capture.PosMsec);
                await frames.WriteAsync(new Frame(cameraId, number, start + place, image) { Moment = place, IsTimedElsewhere = true, Origin = origin }, cancellationToken);
            }

            frames.TryComplete();
        }
        catch (Exception e)
        {
            // Whatever it is: whoever waits for a frame is told.
            frames.TryComplete(e is CameraLostException or OperationCanceledException ? e : new CameraLostException($"Camera {cameraId}: {path} cannot be read: {e.Message}", e));
        }
    }

    // Zero where the container does not say.
    private static TimeSpan Length(VideoCapture capture) => capture is { FrameCount: > 0, Fps: > 0 and < 1000 } ? TimeSpan.FromSeconds(capture.FrameCount / capture.Fps) : TimeSpan.Zero;
}
