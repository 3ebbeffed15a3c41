namespace SmartCity.Contracts.Cities;

/// <summary>What an edge has to serve, <c>GET /api/edge/configuration?station=…</c>: its stations with the cameras that run.</summary>
public sealed record EdgeConfiguration
{
    public required IReadOnlyList<Station> Stations { get; init; }
}
