using System.Security.Claims;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Vehicles;

/// <summary>
/// Keepers' names. One rule for all ways: in full only in the answer to a call that needs a reason and is a line of the audit, and only for those who
/// may see them. Everywhere else they are masked, for everybody.
/// </summary>
internal static class Keepers
{
    private static bool MaySee(ClaimsPrincipal user) => user.HasClaim(Scope.Claim, Scope.KeeperRead);

    public static SightingView Masked(SightingView sighting) =>
        sighting.Vehicle is { Keeper: not null } vehicle ? sighting with { Vehicle = Masked(vehicle) } : sighting;

    /// <summary>A sighting as somebody may see it where no reason is given: what it led to only with the scope for charges.</summary>
    public static SightingView For(ClaimsPrincipal user, SightingView sighting) =>
        Masked(!user.HasClaim(Scope.Claim, Scope.ChargesRead) ? WithoutCharges(sighting) : StationLimit.Of(user) is null ? sighting : ChargeLimit.Own(sighting));

    public static SightingView WithoutCharges(SightingView sighting) => sighting with { Charges = [], ChargedBefore = [] };

    public static VehicleView Masked(VehicleView vehicle) => vehicle.Keeper is null ? vehicle : vehicle with { Keeper = Masking.Keeper(vehicle.Keeper) };

    public static VehicleView For(ClaimsPrincipal user, VehicleView vehicle) => MaySee(user) ? vehicle : Masked(vehicle);
}
