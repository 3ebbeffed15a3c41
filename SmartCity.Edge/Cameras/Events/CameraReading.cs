namespace SmartCity.Edge.Cameras.Events;

/// <summary>What a camera with recognition of its own says of a vehicle.</summary>
public sealed record CameraReading
{
    /// <summary>A–Z and 0–9 only; null when the camera could not read the plate.</summary>
    public string? Plate { get; init; }

    /// <summary>Probability 0–1, as the camera has it.</summary>
    public double Confidence { get; init; }

    /// <summary>As the camera says it; null when it does not.</summary>
    public string? Direction { get; init; }

    /// <summary>Kilometres per hour; null when the camera does not measure it.</summary>
    public double? SpeedKmh { get; init; }
}

/// <summary>One event of such a camera.</summary>
/// <param name="CapturedAt">Null when the event has no time.</param>
/// <param name="Picture">The file that shows the vehicle.</param>
internal sealed record CameraEvent(CameraReading Reading, DateTimeOffset? CapturedAt, byte[] Picture);
