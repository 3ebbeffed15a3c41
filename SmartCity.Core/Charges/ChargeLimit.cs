using System.Security.Claims;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;

namespace SmartCity.Core.Charges;

/// <summary>
/// What whoever is limited to groups of stations sees of the ledger: the lines that rest on what these stations saw. Why a charge was reversed may tell of another station,
/// whose reading spoke against it, so they read that only where their own sighting was decided on.
/// </summary>
internal static class ChargeLimit
{
    /// <summary>Instead of a reason that may tell of more.</summary>
    public const string Reversed = "The charge was reversed.";

    /// <summary>A line as somebody may see it; the statement has chosen it by its station.</summary>
    public static ChargeView For(ClaimsPrincipal user, ChargeView line) => StationLimit.Of(user) is null ? line : Own(line);

    /// <summary>A line of their own stations for whoever is limited to them.</summary>
    public static ChargeView Own(ChargeView line) =>
        line.Kind == "charge" || line.Why.Contains(line.SightingId.ToString(), StringComparison.Ordinal) ? line : line with { Why = Reversed };

    /// <summary>A sighting of their own stations for whoever is limited to them: what it led to, and nothing of the vehicle's other charges.</summary>
    public static SightingView Own(SightingView sighting) => sighting with { Charges = [.. sighting.Charges.Select(Own)], ChargedBefore = [] };
}
