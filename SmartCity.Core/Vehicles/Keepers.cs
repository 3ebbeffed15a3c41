using System.Security.Claims;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Vehicles;

/// <summary>Keepers' names, in full only for those who may see them.</summary>
internal static class Keepers
{
    public static bool MaySee(ClaimsPrincipal user) => user.HasClaim(Scope.Claim, Scope.KeeperRead);

    public static SightingView Masked(SightingView sighting) =>
        sighting.Vehicle is { Keeper: not null } vehicle ? sighting with { Vehicle = Masked(vehicle) } : sighting;

    public static VehicleView Masked(VehicleView vehicle) => vehicle.Keeper is null ? vehicle : vehicle with { Keeper = Masking.Keeper(vehicle.Keeper) };

    public static SightingView For(ClaimsPrincipal user, SightingView sighting) =>
        MaySee(user) ? sighting : Masked(sighting);

    public static VehicleView For(ClaimsPrincipal user, VehicleView vehicle) => MaySee(user) ? vehicle : Masked(vehicle);
}
