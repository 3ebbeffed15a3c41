using SmartCity.Contracts.Api;

namespace SmartCity.Core.Vehicles;

/// <summary>The facts of a registry record, by the names that files give them.</summary>
internal static class VehicleFacts
{
    private static readonly Dictionary<string, Func<VehicleView, VehicleView, VehicleView>> Copies = new(StringComparer.OrdinalIgnoreCase)
    {
        ["make"] = (to, of) => to with { Make = of.Make },
        ["model"] = (to, of) => to with { Model = of.Model },
        ["colour"] = (to, of) => to with { Colour = of.Colour },
        ["year"] = (to, of) => to with { Year = of.Year },
        ["class"] = (to, of) => to with { Class = of.Class },
        ["fuel"] = (to, of) => to with { Fuel = of.Fuel },
        ["euro"] = (to, of) => to with { Euro = of.Euro },
        ["firstRegistered"] = (to, of) => to with { FirstRegistered = of.FirstRegistered },
        ["grossKg"] = (to, of) => to with { GrossKg = of.GrossKg },
        ["unladenKg"] = (to, of) => to with { UnladenKg = of.UnladenKg },
        ["taxClass"] = (to, of) => to with { TaxClass = of.TaxClass },
        ["typeApproval"] = (to, of) => to with { TypeApproval = of.TypeApproval },
        ["keeper"] = (to, of) => to with { Keeper = of.Keeper },
    };

    public static IReadOnlyCollection<string> Names => Copies.Keys;

    /// <summary>A record with one fact of another.</summary>
    public static VehicleView With(this VehicleView record, string fact, VehicleView of) => Copies[fact](record, of);

    /// <summary>Whether two records agree in a fact.</summary>
    public static bool Agree(VehicleView one, VehicleView other, string fact) => one.With(fact, other) == one;
}
