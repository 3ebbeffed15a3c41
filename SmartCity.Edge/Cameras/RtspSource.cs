using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// <c>rtsp://…</c>, <c>rtsps://…</c> through the program ffmpeg, because OpenCV's Linux build has no network. A frame was captured when it arrived.
/// </summary>
internal sealed class RtspSource(string cameraId, Uri address, long mostPixels, VideoDecoder decoder, TimeProvider time) : ICameraSource
{
    private const int NotThere = 2;

    private readonly string _shown = CameraAddress.Shown(address.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped))!;

    public bool Waits => false;

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[] transport = address.Scheme.StartsWith("rtsp", StringComparison.Ordinal) ? ["-rtsp_transport", "tcp"] : [];
        using var program = Start(await decoder.ArgumentsAsync([.. transport, "-fflags", "nobuffer", "-i", address.AbsoluteUri], cancellationToken));
        var said = "";
        program.ErrorDataReceived += (_, line) => said = line.Data is { Length: > 0 } text ? Unnamed(text) : said;
        program.BeginErrorReadLine();
        try
        {
            var video = new PlanarVideo(cameraId, _shown, program.StandardOutput.BaseStream, mostPixels);
            for (var number = 0L; ; number++)
            {
                var picture = await NextAsync(video, program, () => said, cancellationToken);
                yield return new Frame(cameraId, number, time.GetUtcNow(), picture);
            }
        }
        finally
        {
            End(program);
        }
    }

    private async Task<PlanarPicture> NextAsync(PlanarVideo video, Process program, Func<string> said, CancellationToken cancellationToken)
    {
        using var silence = new CameraSilence(time, cancellationToken);

        // A program that has ended ends the read.
        await using var _ = silence.Token.Register(() => End(program));
        try
        {
            return await Task.Run(video.Next, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or CameraLostException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            End(program);
            await program.WaitForExitAsync(cancellationToken); // what it said has arrived then
            var why = silence.IsTooLong ? CameraSilence.Says(cameraId, _shown)
                : e is CameraLostException ? e.Message : $"Camera {cameraId}: {_shown} ended.";
            throw new CameraLostException(said().Length > 0 ? $"{why} {VideoDecoder.Program}: {said()}" : why, e);
        }
    }

    private Process Start(IReadOnlyList<string> arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(VideoDecoder.Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception e)
        {
            // The system's own words name a folder that has nothing to do with it.
            throw new CameraLostException($"Camera {cameraId}: {_shown} needs the program {VideoDecoder.Program}, which {(e.NativeErrorCode == NotThere ? "is not installed on the edge" : $"could not be started (error {e.NativeErrorCode})")}. Install it (Debian: apt-get install ffmpeg).", e);
        }
    }

    private static void End(Process program)
    {
        if (!program.HasExited)
        {
            program.Kill();
        }
    }

    private string Unnamed(string text)
    {
        text = text.Replace(address.AbsoluteUri, _shown, StringComparison.Ordinal);
        return address.UserInfo.Length > 0 ? text.Replace(address.UserInfo + "@", "", StringComparison.Ordinal) : text;
    }
}
