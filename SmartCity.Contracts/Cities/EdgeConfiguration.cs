using SmartCity.Contracts.Models;

namespace SmartCity.Contracts.Cities;

/// <summary>The stations of an edge and the cameras that it must run, <c>GET /api/edge/configuration?station=…</c>.</summary>
public sealed record EdgeConfiguration
{
    public required IReadOnlyList<Station> Stations { get; init; }

    /// <summary>IANA time zone of the city; null from a core that does not say.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Ids of cameras that somebody watches now: their newest pictures come more often. Null from a core that does not say.</summary>
    public IReadOnlyList<string>? Watched { get; init; }

    /// <summary>Which versions of models the edge is to run; null from a core that does not say.</summary>
    public IReadOnlyList<ModelRelease>? Models { get; init; }
}
