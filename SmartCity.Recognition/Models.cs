using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>Frame → plates. Implementations are thread-safe or pool their own sessions.</summary>
internal interface IPlateDetector : IDisposable
{
    /// <summary>Model version, such as <c>ppocr-det-v4</c>.</summary>
    string Version { get; }

    /// <summary>Where it runs: cpu, cuda or tensorrt.</summary>
    string Device { get; }

    /// <summary>Least probability (0–1) that a character at an end of a quad does not belong to the plate, however well it is read: it may be a country's letter, a bolt or an edge.</summary>
    double Surplus { get; }

    /// <summary>The score from which what was found is no mere lettering: letters alone are a word below it.</summary>
    float PlateForCertain { get; }

    /// <summary>Whether its score tells plates from other text: then every quad that is sure is read; otherwise the rest only while none is a plate.</summary>
    bool ScoresPlates { get; }

    /// <summary>Finds the characters of plates in a BGR picture of any size; most prominent first.</summary>
    IReadOnlyList<PlateQuad> Detect(in Source image, in DetectionSettings settings);
}

/// <summary>Quads of a picture → per-character distributions, in order. Implementations are thread-safe or pool their own sessions.</summary>
internal interface IPlateReader : IDisposable
{
    /// <summary>Model version, such as <c>ppocr-v4</c>.</summary>
    string Version { get; }

    /// <summary>The version, and what its probabilities are worth.</summary>
    ReaderTraits By { get; }

    /// <summary>Cuts the quads out of a BGR picture and reads them in one batch.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="quads">What is read.</param>
    /// <param name="into">Gets what was seen in each.</param>
    void Read(in Source image, ReadOnlySpan<PlateQuad> quads, ReadOnlySpan<SeenPlaces> into);
}

/// <summary>A BGR picture, and the same as OpenCV's functions take it: made once for all cuts.</summary>
internal readonly record struct Source(Mat Picture, InputArray Array);
