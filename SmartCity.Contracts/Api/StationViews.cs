namespace SmartCity.Contracts.Api;

/// <summary>A zone as it is drawn on maps, <c>GET /api/zones</c>.</summary>
/// <param name="Outline">Rings of longitude, latitude pairs (WGS84 degrees), as in a GeoJSON polygon.</param>
public sealed record ZoneView(string Id, string Name, IReadOnlyList<IReadOnlyList<double[]>> Outline);

/// <summary>A station as an administrator sets it up, <c>GET /api/setup/stations</c>.</summary>
/// <param name="Zones">Dated memberships, oldest first.</param>
/// <param name="Cameras">All cameras, including those being tested and retired ones.</param>
/// <param name="RetiredAt">Since when its cameras no longer run; their sightings are kept. Null if it is not retired.</param>
/// <param name="HasEdge">Whether an edge serves it, by a heartbeat within the last 30 s.</param>
public sealed record StationSetup(
    string Id, string Name, double Latitude, double Longitude, IReadOnlyList<Cities.ZoneMembership> Zones, IReadOnlyList<CameraSetup> Cameras, DateTimeOffset? RetiredAt, bool HasEdge);

/// <summary>A camera as an administrator sets it up.</summary>
/// <param name="Source">Address of its pictures; a password in it is shown as <c>***</c>.</param>
/// <param name="Masks">Regions painted black before anything is kept or read: polygons of x, y pairs from 0 to 1.</param>
/// <param name="Recognition">How plates are looked for in its pictures, where it is not as the edge's settings have it.</param>
/// <param name="State">active, trial (its pictures are shown, but it makes no sightings) or retired.</param>
/// <param name="Now">What its edge's last heartbeat says; null before the first.</param>
public sealed record CameraSetup(
    string Id, string StationId, string? Source, int? Lane, string? Direction, IReadOnlyList<IReadOnlyList<double[]>> Masks, Cities.CameraRecognition? Recognition, string State, DateTimeOffset? TrialUntil,
    CameraHeartbeat? Now)
{
    /// <summary>What movement in the picture means on the road; null where nobody has said.</summary>
    public Cities.CameraMotion? Motion { get; init; }
}

/// <summary>The body of <c>POST /api/setup/stations</c>.</summary>
public sealed record NewStation(string? Id, string? Name, double? Latitude, double? Longitude, IReadOnlyList<Cities.ZoneMembership>? Zones = null);

/// <summary>The body of <c>PUT /api/setup/stations/{id}</c>; a property that is null is not changed.</summary>
/// <param name="Retired">True stops its cameras; false starts them again.</param>
public sealed record StationChange(string? Name = null, double? Latitude = null, double? Longitude = null, bool? Retired = null);

/// <summary>The body of <c>PUT /api/setup/stations/{id}/zones</c>: all zones of the station, past ones too.</summary>
public sealed record StationZones(IReadOnlyList<Cities.ZoneMembership>? Zones);

/// <summary>The body of <c>POST /api/setup/cameras</c>.</summary>
/// <param name="Trial">Whether it is only shown, for ten minutes or until <c>PUT</c> makes it active.</param>
public sealed record NewCamera(string? Id, string? StationId, string? Source, int? Lane = null, string? Direction = null, IReadOnlyList<IReadOnlyList<double[]>>? Masks = null, bool Trial = false,
    Cities.CameraRecognition? Recognition = null)
{
    /// <summary>What movement in the picture means on the road.</summary>
    public Cities.CameraMotion? Motion { get; init; }
}

/// <summary>The body of <c>PUT /api/setup/cameras/{id}</c>; a property that is null is not changed.</summary>
/// <param name="Lane">0 removes the lane.</param>
/// <param name="Direction">An empty text removes the direction.</param>
/// <param name="State">active or retired.</param>
public sealed record CameraChange(string? Source = null, int? Lane = null, string? Direction = null, IReadOnlyList<IReadOnlyList<double[]>>? Masks = null, string? State = null,
    Cities.CameraRecognition? Recognition = null)
{
    /// <summary>What movement in the picture means on the road; one that says nothing removes it.</summary>
    public Cities.CameraMotion? Motion { get; init; }
}

/// <summary>The body of <c>PUT /api/zones/{id}</c>.</summary>
public sealed record ZoneChange(string? Name, IReadOnlyList<IReadOnlyList<double[]>>? Outline);
