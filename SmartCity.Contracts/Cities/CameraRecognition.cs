namespace SmartCity.Contracts.Cities;

/// <summary>How plates are looked for in one camera's pictures; what is left out is as the edge's settings have it.</summary>
/// <param name="DetectionSide">Size to which a picture is scaled before plates are looked for: pixels of its longer side. More for plates that are far away.</param>
/// <param name="DetectionThreshold">Score (0–1) from which the detector is sure of a plate. Less finds more, and more that is no plate.</param>
public sealed record CameraRecognition(int? DetectionSide = null, double? DetectionThreshold = null)
{
    public const int LeastSide = 160;
    public const int MostSide = 4096;
    public const double LeastThreshold = 0.1;
    public const double MostThreshold = 0.95;

    /// <summary>What is wrong with a camera's settings, in plain English; null if nothing is.</summary>
    public static string? Check(CameraRecognition? recognition) =>
        recognition?.DetectionSide is < LeastSide or > MostSide ? $"recognition.detectionSide must be from {LeastSide} to {MostSide} pixels."
        : recognition?.DetectionThreshold is < LeastThreshold or > MostThreshold or double.NaN ? FormattableString.Invariant($"recognition.detectionThreshold must be from {LeastThreshold} to {MostThreshold}.")
        : null;
}
