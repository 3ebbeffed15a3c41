namespace SmartCity.Contracts;

/// <summary>What an edge posts to its site's own receivers when a sighting matches its hot-list: once for each sighting and entry. A repeat has the same delivery id.</summary>
public sealed record LocalMatch
{
    /// <summary>The sighting's id; the core's alert of the same passage names one of its sightings as <c>sightingId</c>.</summary>
    public required Guid SightingId { get; init; }

    /// <summary>The hot-list entry; the core's alert names the same one as <c>entryId</c>.</summary>
    public required Guid EntryId { get; init; }

    /// <summary>1 (highest) to 5.</summary>
    public required int Priority { get; init; }

    public required string StationId { get; init; }

    public required string CameraId { get; init; }

    public int? Lane { get; init; }

    public string? Direction { get; init; }

    /// <summary>UTC capture time of the best frame.</summary>
    public required DateTimeOffset CapturedAt { get; init; }

    /// <summary>When the edge found the match.</summary>
    public required DateTimeOffset MatchedAt { get; init; }

    public required string Plate { get; init; }

    /// <summary>ISO 3166 alpha-2 code; null when not known.</summary>
    public string? Country { get; init; }

    /// <summary>Probability 0–1 that the whole plate is right.</summary>
    public required double Confidence { get; init; }

    /// <summary>Whether the core's API answered when the edge last asked it. If not, the core's alert will be late.</summary>
    public required bool LinkUp { get; init; }

    /// <summary>When the core last confirmed the hot-list; an old list may contain entries that have been removed since.</summary>
    public required DateTimeOffset ListAt { get; init; }
}
