using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// <c>rtsp://…</c>, <c>rtsps://…</c> through the program ffmpeg, because OpenCV's Linux build has no network. A frame was captured when it arrived.
/// </summary>
/// <param name="bad">Told why a frame cannot be used.</param>
internal sealed class RtspSource(string cameraId, Uri address, long mostPixels, TimeProvider time, ILogger logger, Action<string>? bad = null) : ICameraSource
{
    private const string Program = "ffmpeg";
    private const string Boundary = "ffmpeg";

    private readonly string _shown = CameraAddress.Shown(address.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped))!;

    public bool Waits => false;

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var program = Start();
        var said = "";
        program.ErrorDataReceived += (_, line) => said = line.Data is { Length: > 0 } text ? Unnamed(text) : said;
        program.BeginErrorReadLine();
        try
        {
            var pictures = new MotionJpeg(cameraId, _shown, program.StandardOutput.BaseStream, Boundary, mostPixels, time, logger, bad);
            for (var number = 0L; ; number++)
            {
                var image = await NextAsync(pictures, program, () => said, cancellationToken);
                yield return new Frame(cameraId, number, time.GetUtcNow(), image);
            }
        }
        finally
        {
            if (!program.HasExited)
            {
                program.Kill();
            }
        }
    }

    private static async Task<OpenCvSharp.Mat> NextAsync(MotionJpeg pictures, Process program, Func<string> said, CancellationToken cancellationToken)
    {
        try
        {
            return await pictures.NextAsync(cancellationToken);
        }
        catch (CameraLostException e)
        {
            program.Kill();
            await program.WaitForExitAsync(cancellationToken); // what it said has arrived then
            throw said().Length > 0 ? new CameraLostException($"{e.Message} {Program}: {said()}", e) : e;
        }
    }

    private Process Start()
    {
        string[] arguments = ["-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-fflags", "nobuffer", "-i", address.AbsoluteUri, "-an", "-c:v", "mjpeg", "-q:v", "3", "-f", "mpjpeg", "pipe:1"];
        try
        {
            return Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception e)
        {
            throw new CameraLostException($"Camera {cameraId}: {_shown} needs the program {Program}, which does not start ({e.Message}). Install it (Debian: apt-get install ffmpeg).", e);
        }
    }

    private string Unnamed(string text)
    {
        text = text.Replace(address.AbsoluteUri, _shown, StringComparison.Ordinal);
        return address.UserInfo.Length > 0 ? text.Replace(address.UserInfo + "@", "", StringComparison.Ordinal) : text;
    }
}
