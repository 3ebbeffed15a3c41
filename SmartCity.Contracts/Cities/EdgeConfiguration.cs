namespace SmartCity.Contracts.Cities;

/// <summary>The stations of an edge and the cameras that it must run, <c>GET /api/edge/configuration?station=…</c>.</summary>
public sealed record EdgeConfiguration
{
    public required IReadOnlyList<Station> Stations { get; init; }

    /// <summary>IANA time zone of the city; null from a core that does not say.</summary>
    public string? TimeZone { get; init; }
}
