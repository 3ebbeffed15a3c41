namespace SmartCity.Contracts.Api;

/// <summary><c>GET /api/live/summary</c>: today in the city so far, and the last minute.</summary>
public sealed record LiveSummary
{
    public required DateTimeOffset At { get; init; }

    /// <summary>Calendar day in the city's time zone.</summary>
    public required DateOnly Day { get; init; }

    /// <summary>Vehicles past a camera today.</summary>
    public long Sightings { get; init; }

    public long SightingsLastMinute { get; init; }

    /// <summary>Congestion charge for today, less reversals.</summary>
    public decimal Toll { get; init; }
    public int TollVehicles { get; init; }

    /// <summary>ULEZ and LEZ charges for today, less reversals.</summary>
    public decimal Pollution { get; init; }
    public int PollutionVehicles { get; init; }

    /// <summary>Of both amounts, ISO 4217.</summary>
    public string Currency { get; init; } = "GBP";

    /// <summary>Alerts raised today.</summary>
    public int Alerts { get; init; }

    /// <summary>Today's alerts that nobody has acknowledged.</summary>
    public int OpenAlerts { get; init; }

    /// <summary>Every station, busiest of the last minute first.</summary>
    public required IReadOnlyList<StationNow> Stations { get; init; }
}

/// <param name="State">up (a heartbeat within 30 s), down, or unknown (never heard).</param>
/// <param name="LastMinute">Sightings stored in the last minute.</param>
/// <param name="Today">Sightings captured today.</param>
/// <param name="Newest">Capture time of the newest.</param>
public sealed record StationNow(string StationId, string State, long LastMinute, long Today, DateTimeOffset? Newest);

/// <summary><c>GET /api/flow</c>: sightings of a day by station and step.</summary>
/// <param name="Day">Calendar day in the city's time zone.</param>
/// <param name="From">Its midnight.</param>
/// <param name="Steps">How many steps the day has.</param>
/// <param name="Totals">Sightings of each step, all stations together.</param>
/// <param name="Stations">Those with a sighting on that day.</param>
public sealed record FlowView(DateOnly Day, DateTimeOffset From, TimeSpan Step, int Steps, IReadOnlyList<long> Totals, IReadOnlyList<FlowOfStation> Stations);

/// <param name="Counts">Sightings of each step.</param>
public sealed record FlowOfStation(string StationId, IReadOnlyList<long> Counts);

/// <summary><c>GET /api/passages/{id}</c>: a passage with the sightings that were merged into it, oldest first.</summary>
public sealed record PassageDetail(PassageView Passage, IReadOnlyList<SightingView> Sightings);
