namespace SmartCity.Contracts.Api;

/// <summary>A zone as it is drawn on maps, <c>GET /api/zones</c>.</summary>
/// <param name="Outline">Rings of longitude, latitude pairs (WGS84 degrees), as in a GeoJSON polygon.</param>
public sealed record ZoneView(string Id, string Name, IReadOnlyList<IReadOnlyList<double[]>> Outline);
