using System.Text.Json.Serialization;

namespace SmartCity.Contracts.Api;

/// <summary>A search for vehicles, <c>POST /api/vehicles/search</c>. A property that is null does not narrow it; at least one must be given.</summary>
public sealed record VehicleSearch
{
    /// <summary>A plate, or a pattern with ? (one character) and * (any number).</summary>
    public string? Plate { get; init; }

    /// <summary>As in the registry; upper and lower case are the same.</summary>
    public string? Make { get; init; }
    public string? Colour { get; init; }

    /// <summary>car, van, minibus, hgv, coach, motorcycle, taxi or phv.</summary>
    public string? Class { get; init; }

    /// <summary>Ids of stations.</summary>
    public string[]? Stations { get; init; }

    /// <summary>First sighting of the passage, inclusive. A day alone counts from its beginning in London.</summary>
    [JsonConverter(typeof(BeginConverter))]
    public DateTimeOffset? From { get; init; }

    /// <summary>First sighting of the passage, exclusive. A day alone is the last day, to its end in London.</summary>
    [JsonConverter(typeof(EndConverter))]
    public DateTimeOffset? To { get; init; }
}

/// <summary>A passage that was found.</summary>
/// <param name="Vehicle">Null if the registry does not know the plate.</param>
public sealed record PassageHit(PassageView Passage, VehicleView? Vehicle);

/// <summary>Where a vehicle went, <c>GET /api/vehicles/{plate}/journey</c>.</summary>
/// <param name="Truncated">Whether there are more passages than are returned.</param>
public sealed record JourneyView(string Plate, IReadOnlyList<JourneyStop> Stops, bool Truncated) : IRows
{
    int IRows.Rows => Stops.Count;

    /// <summary>Where the plate was at two places faster than any vehicle, oldest first, with what people decided: the plate is cloned or was misread.</summary>
    public IReadOnlyList<ReviewView> TwoPlaces { get; init; } = [];

    /// <summary>Whether it is only the part at the stations that whoever asks is limited to: the vehicle may have been elsewhere in between.</summary>
    public bool OwnStations { get; init; }
}

/// <summary>A passage on the way.</summary>
/// <param name="Leg">The way from the stop before; null for the first.</param>
public sealed record JourneyStop(PassageView Passage, string StationName, double? Latitude, double? Longitude, JourneyLeg? Leg);

/// <summary>From one station to the next.</summary>
/// <param name="Kilometres">Distance in a straight line; the road is longer.</param>
/// <param name="KilometresAnHour">Lowest possible average speed, for the straight line; null if no time has passed.</param>
public sealed record JourneyLeg(TimeSpan Duration, double Kilometres, double? KilometresAnHour);
