namespace SmartCity.Contracts.Api;

/// <summary>What is looked for, <c>POST /api/vehicles/search</c>; what is null counts for nothing, and something has to be given.</summary>
public sealed record VehicleSearch
{
    /// <summary>A plate, or a pattern with ? (one character) and * (any number).</summary>
    public string? Plate { get; init; }

    /// <summary>As in the registry, in any case.</summary>
    public string? Make { get; init; }
    public string? Colour { get; init; }

    /// <summary>car, van, minibus, hgv, coach, motorcycle, taxi or phv.</summary>
    public string? Class { get; init; }

    /// <summary>Ids of stations.</summary>
    public string[]? Stations { get; init; }

    /// <summary>First sighting of the passage, inclusive.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>First sighting of the passage, exclusive.</summary>
    public DateTimeOffset? To { get; init; }
}

/// <summary>A passage that was looked for.</summary>
/// <param name="Vehicle">Null when the plate is not registered.</param>
public sealed record PassageHit(PassageView Passage, VehicleView? Vehicle);

/// <summary>Where a vehicle went, <c>GET /api/vehicles/{plate}/journey</c>.</summary>
/// <param name="Truncated">There are more passages than are shown.</param>
public sealed record JourneyView(string Plate, IReadOnlyList<JourneyStop> Stops, bool Truncated);

/// <summary>A passage on the way.</summary>
/// <param name="Leg">From the stop before; null at the first.</param>
public sealed record JourneyStop(PassageView Passage, string StationName, double? Latitude, double? Longitude, JourneyLeg? Leg);

/// <summary>From one station to the next.</summary>
/// <param name="Kilometres">Along the straight line: the road is longer.</param>
/// <param name="KilometresAnHour">On average along the straight line, hence at least; null when no time has passed.</param>
public sealed record JourneyLeg(TimeSpan Duration, double Kilometres, double? KilometresAnHour);
