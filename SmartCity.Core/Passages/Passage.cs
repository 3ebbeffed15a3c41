namespace SmartCity.Core.Passages;

/// <summary>One vehicle past one station: from its first to its last sighting, with the most confident one as evidence.</summary>
public sealed record Passage
{
    /// <summary>Null until the passage is stored for the first time.</summary>
    public required Guid? Id { get; init; }
    public required string Plate { get; init; }
    public required string StationId { get; init; }
    public required DateTimeOffset FirstAt { get; init; }
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>Distinct sightings.</summary>
    public required int Sightings { get; init; }
    public required BestSighting Best { get; init; }

    /// <summary>Stored passages that this one took in because a sighting closed the gap between them.</summary>
    public IReadOnlyList<Guid> Absorbed { get; init; } = [];

    /// <summary>New sightings became part of it.</summary>
    public bool Changed { get; init; }
}

/// <summary>The sighting that stands for a passage.</summary>
/// <param name="Confidence">Probability 0–1 that the plate is right.</param>
public sealed record BestSighting(
    Guid Id,
    DateTimeOffset At,
    double Confidence,
    string CameraId,
    string? Direction,
    string? Country,
    string? Evidence,
    string? TraceId);
