using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// <c>file:PATH</c>, <c>rtsp://…</c>, <c>http://…</c> through OpenCV, on a thread of its own. A frame of a file was captured at the file's
/// time of last writing plus its position; a live one when it was grabbed.
/// </summary>
internal sealed class VideoSource(string cameraId, string address, bool live, TimeProvider time) : ICameraSource
{
    private const int Ahead = 2;

    public bool Waits => !live;

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!live && !File.Exists(address))
        {
            throw new CameraLostException($"Camera {cameraId}: there is no file {address}.");
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
            using var capture = new VideoCapture(address, VideoCaptureAPIs.ANY);
            if (!capture.IsOpened())
            {
                throw new CameraLostException($"Camera {cameraId}: {Shown()} could not be opened.");
            }

            var start = live ? default : new DateTimeOffset(File.GetLastWriteTimeUtc(address), TimeSpan.Zero);
            var origin = live ? null : FrameOrigin.OfFile(address);
            for (var number = 0L; !cancellationToken.IsCancellationRequested; number++)
            {
                var image = new Mat();
                if (!capture.Read(image) || image.Empty())
                {
                    image.Dispose();
                    if (live)
                    {
                        throw new CameraLostException($"Camera {cameraId}: {Shown()} sends no more frames.");
                    }

                    break;
                }

                // OpenCV says of the frame that was read last where it stands.
                await frames.WriteAsync(new Frame(cameraId, number, live ? time.GetUtcNow() : start.AddMilliseconds(capture.PosMsec), image) { Origin = origin }, cancellationToken);
            }

            frames.TryComplete();
        }
        catch (Exception e) when (e is CameraLostException or OpenCVException or OperationCanceledException)
        {
            frames.TryComplete(e is OpenCVException ? new CameraLostException($"Camera {cameraId}: {e.Message}", e) : e);
        }
    }

    // Addresses of cameras often hold a password.
    private string Shown() => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.UserInfo.Length > 0
        ? address.Replace(uri.UserInfo + "@", "", StringComparison.Ordinal)
        : address;
}
