using SmartCity.Contracts.Api;

namespace SmartCity.Core.Review;

/// <summary>A case for a person. One for each sighting and kind, whatever is replayed.</summary>
/// <param name="Kind">unread, doubtful, unregistered, near-match, unclassified, two-places, two-readings, watched or audit-sample.</param>
/// <param name="Why">Plain English for the reviewer.</param>
public sealed record ReviewCase(
    string Kind,
    string Why,
    Guid SightingId,
    DateTimeOffset CapturedAt,
    string StationId,
    string? Plate,
    double Confidence,
    string? Evidence)
{
    /// <summary>The reading that speaks against it, where one does.</summary>
    public OtherReading? Other { get; init; }
}
