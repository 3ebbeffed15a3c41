using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SmartCity.Edge.Cameras;

/// <summary>The program ffmpeg, and which device it decodes video with; that is asked once.</summary>
internal sealed partial class VideoDecoder(IOptions<VideoOptions> options, ILogger<VideoDecoder> logger)
{
    public const string Program = "ffmpeg";

    private static readonly string[] Devices = ["cuda", "vaapi", "qsv", "videotoolbox", "d3d11va"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lazy<Task<string>> _device = new(() => options.Value.Decoder is "auto" ? FirstThatWorksAsync(logger) : Task.FromResult(options.Value.Decoder));

    private readonly Lazy<Task<bool>> _isOld = new(IsOldAsync);

    /// <summary>ffmpeg's arguments that turn an input into frames on its standard output, as <see cref="PlanarVideo"/> reads them.</summary>
    /// <param name="input">Arguments of the input, its <c>-i</c> included.</param>
    public async Task<IReadOnlyList<string>> ArgumentsAsync(IReadOnlyList<string> input, CancellationToken cancellationToken)
    {
        var (device, video) = (await _device.Value.WaitAsync(cancellationToken), options.Value);
        var passthrough = await _isOld.Value.WaitAsync(cancellationToken) ? "-vsync" : "-fps_mode";
        var (rate, side) = (video.FramesPerSecond, video.LongestSide);

        // Frames keep their own times: none is given twice to fill a gap. A tenth of a frame is allowed for jitter.
        FormattableString filter = $"select='isnan(prev_selected_t)+gte(t-prev_selected_t,{0.9 / rate:0.####})',scale=w='min(iw,{side})':h='min(ih,{side})':force_original_aspect_ratio=decrease:force_divisible_by=2,format=yuv420p";
        return
        [
            "-nostdin", "-loglevel", "error",
            .. device is "cpu" ? ["-threads", FormattableString.Invariant($"{video.Threads}")] : (string[])["-hwaccel", device],
            .. input,
            "-an", "-vf", FormattableString.Invariant(filter), passthrough, "passthrough", "-f", "yuv4mpegpipe", "pipe:1",
        ];
    }

    // Before 5.1 the option had another name, which later versions do not know. Builds without a number are newer.
    private static async Task<bool> IsOldAsync() =>
        await OtherProgram.AskAsync(Program, ["-version"], Patience, CancellationToken.None) is { Said: var said } && OldVersion().IsMatch(said);

    [GeneratedRegex(@"^ffmpeg version n?([0-4]\.|5\.0)")]
    private static partial Regex OldVersion();

    private static async Task<string> FirstThatWorksAsync(ILogger logger)
    {
        if (await OtherProgram.AskAsync(Program, ["-version"], Patience, CancellationToken.None) is null)
        {
            return "cpu"; // there is no ffmpeg: the source says so
        }

        foreach (var device in Devices)
        {
            if (await WorksAsync(device))
            {
                logger.LogInformation("Video is decoded by {Device}.", device);
                return device;
            }
        }

        logger.LogInformation("Video is decoded by the processor: ffmpeg found no device of {Devices} here.", string.Join(", ", Devices));
        return "cpu";
    }

    // A driver that hangs does not.
    private static async Task<bool> WorksAsync(string device) => await OtherProgram.AskAsync(
        Program, ["-nostdin", "-loglevel", "quiet", "-init_hw_device", device, "-f", "lavfi", "-i", "nullsrc=s=64x64:d=0.04", "-f", "null", "-"], Patience, CancellationToken.None) is { ExitCode: 0 };
}
