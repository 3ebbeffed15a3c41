namespace SmartCity.Core.Passages;

/// <summary>A passage that a batch of sightings made or extended, as it stands after the batch, inside the batch's transaction.</summary>
/// <param name="PassageId">Stays the same however the passage's sightings arrive.</param>
/// <param name="IsNew">False when an earlier batch had the passage already.</param>
/// <param name="BestSightingId">The most confident sighting: the evidence.</param>
public sealed record PassageChange(
    Guid PassageId,
    bool IsNew,
    string Plate,
    string? Country,
    double Confidence,
    string StationId,
    string CameraId,
    string? Direction,
    DateTimeOffset FirstAt,
    DateTimeOffset LastAt,
    Guid BestSightingId,
    DateTimeOffset BestCapturedAt,
    string? Evidence,
    string? TraceId)
{
    /// <summary>Passages that this one took in because a late sighting closed the gap between them; they no longer exist.</summary>
    public IReadOnlyList<Guid> Absorbed { get; init; } = [];
}
