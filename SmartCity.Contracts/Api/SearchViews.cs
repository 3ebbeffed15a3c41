namespace SmartCity.Contracts.Api;

/// <summary>A search that somebody saved, <c>GET /api/searches/{page}</c>. Its reason is never saved with it.</summary>
/// <param name="Query">The page's address from its ?; empty for none.</param>
/// <param name="Plate">Plate or pattern; null for none.</param>
public sealed record SavedSearch(Guid Id, string Page, string Name, string Query, string? Plate, string Owner, bool IsShared, DateTimeOffset SavedAt);

/// <summary>The body of <c>POST /api/searches/{page}</c>. One of the same name is replaced.</summary>
/// <param name="IsShared">Whether everybody who may search there sees it; then it names no plate.</param>
public sealed record NewSavedSearch(string? Name, string? Query, string? Plate = null, bool IsShared = false);

/// <summary>What vehicles are called in the registry, <c>GET /api/vehicle-kinds</c>.</summary>
public sealed record VehicleKinds(IReadOnlyList<string> Makes, IReadOnlyList<string> Colours);
