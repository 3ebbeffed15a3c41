using System.ComponentModel.DataAnnotations;

namespace SmartCity.Edge.Cameras;

/// <summary>Section <c>Edge:Video</c>: how the video of RTSP cameras is decoded.</summary>
public sealed class VideoOptions
{
    public const string Section = "Edge:Video";

    /// <summary>How many frames a second are taken of a camera at most; those between them are decoded and go no further.</summary>
    [Range(1, 120)]
    public int FramesPerSecond { get; set; } = 15;

    /// <summary>Frames with a longer side, in pixels, are scaled down to it.</summary>
    [Range(320, 8192)]
    public int LongestSide { get; set; } = 3840;

    /// <summary>
    /// <c>auto</c> for the first device of cuda, vaapi, qsv, videotoolbox and d3d11va that works here and the processor where none does;
    /// <c>cpu</c> for the processor; or the name of one of these devices.
    /// </summary>
    [RegularExpression("auto|cpu|cuda|vaapi|qsv|videotoolbox|d3d11va")]
    public string Decoder { get; set; } = "auto";

    /// <summary>Threads of a camera's decoder on the processor. Each beyond the first gives frames later by one.</summary>
    [Range(1, 16)]
    public int Threads { get; set; } = 1;
}
