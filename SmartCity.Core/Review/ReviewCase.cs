namespace SmartCity.Core.Review;

/// <summary>A case for a person. One for each sighting and kind, whatever is replayed.</summary>
/// <param name="Kind">unread, doubtful, unregistered, near-match or unclassified.</param>
/// <param name="Why">Plain English for the reviewer.</param>
public sealed record ReviewCase(
    string Kind,
    string Why,
    Guid SightingId,
    DateTimeOffset CapturedAt,
    string StationId,
    string? Plate,
    double Confidence,
    string? Evidence);
