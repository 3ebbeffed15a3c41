using OpenCvSharp;

namespace SmartCity.Edge.Recognition;

/// <summary>Frame → plates. Implementations are thread-safe or pool their own sessions.</summary>
public interface IPlateDetector : IDisposable
{
    /// <summary>Model version, such as <c>ppocr-det-v4</c>.</summary>
    string Version { get; }

    /// <summary>Where it runs: cpu, cuda or tensorrt.</summary>
    string Device { get; }

    /// <summary>Finds plates in a BGR picture of any size; most prominent first.</summary>
    IReadOnlyList<PlateQuad> Detect(Mat image);
}

/// <summary>Rectified patches → per-character distributions, in order. Implementations are thread-safe or pool their own sessions.</summary>
public interface IPlateReader : IDisposable
{
    /// <summary>Model version, such as <c>ppocr-v4</c>.</summary>
    string Version { get; }

    /// <summary>Reads BGR patches, one batch.</summary>
    IReadOnlyList<CharacterGrid> Read(IReadOnlyList<Mat> patches);
}
