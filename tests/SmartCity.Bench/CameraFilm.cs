using System.Diagnostics;
using System.Globalization;
using OpenCvSharp;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Cameras.Simulation;

namespace SmartCity.Bench;

/// <summary>A film of a street with vehicles, as an H.264 encoder in a camera sends it. Between two vehicles the street is empty for as long as a vehicle is seen.</summary>
internal sealed class CameraFilm(Size size, int rate) : IDisposable
{
    private readonly SimulatedTraffic _traffic = new(7, Weather.Day);
    private SimulatedPass? _pass;
    private int _began;

    /// <summary>Frames a second.</summary>
    public int Rate => rate;

    public async Task WriteAsync(string path, TimeSpan length, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "-nostdin", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", $"{size.Width}x{size.Height}", "-r", rate.ToString(CultureInfo.InvariantCulture), "-i", "pipe:0",
            "-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", (2 * rate).ToString(CultureInfo.InvariantCulture), "-pix_fmt", "yuv420p", "-f", "mpegts", path,
        ];
        using var encoder = Process.Start(new ProcessStartInfo(VideoDecoder.Program, arguments) { RedirectStandardInput = true })!;
        var bytes = new byte[size.Width * size.Height * 3];
        using var picture = Mat.FromPixelData(size.Height, size.Width, MatType.CV_8UC3, bytes);
        var drawn = -1;
        for (var frame = 0; frame < length.TotalSeconds * rate; frame++)
        {
            var step = (int)(frame / (rate * SimulatedTraffic.FrameInterval.TotalSeconds));
            if (step != drawn)
            {
                drawn = step;
                using var small = At(step);
                Cv2.Resize(small, picture, size, 0, 0, InterpolationFlags.Cubic);
            }

            await encoder.StandardInput.BaseStream.WriteAsync(bytes, cancellationToken);
        }

        encoder.StandardInput.Close();
        await encoder.WaitForExitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _pass?.Dispose();
        _traffic.Dispose();
    }

    private Mat At(int step)
    {
        _pass ??= _traffic.Next();
        if (step - _began >= 2 * _pass.Frames)
        {
            _pass.Dispose();
            (_pass, _began) = (_traffic.Next(), step);
        }

        return step - _began < _pass.Frames ? _pass.Draw(step - _began).Picture : _traffic.Empty();
    }
}
