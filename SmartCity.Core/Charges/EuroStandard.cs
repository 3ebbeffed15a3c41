using System.Globalization;

namespace SmartCity.Core.Charges;

/// <summary>Whether a vehicle meets a Euro standard, as registered or, where that is missing, as its date of first registration lets one assume.</summary>
internal static class EuroStandard
{
    // What a keeper can show where the scheme presumes that the standard is missed.
    private const string Proof = " This is presumed until the keeper proves the vehicle's Euro standard, for example with the manufacturer's certificate of conformity.";

    /// <param name="Answer">Null when neither is known, or the date does not tell.</param>
    /// <param name="Lifts">A sentence with a space before it that says what would lift a presumption; empty where nothing is presumed.</param>
    internal readonly record struct Finding(bool? Answer, string Because, string Lifts = "");

    public static Finding Meets(ChargedVehicle vehicle, int needed)
    {
        if (vehicle.Euro is { } euro)
        {
            return new Finding(euro >= needed, $"Registered as Euro {Name(vehicle, euro)}");
        }

        if (vehicle.FirstRegistered is not { } first)
        {
            return new Finding(null, "Neither the Euro standard nor the date of first registration is known.");
        }

        if (Assumption(vehicle) is not var (assumed, since))
        {
            return new Finding(null, $"The Euro standard of this {vehicle.Class} is not known and cannot be assumed from its date of first registration.");
        }

        var date = first.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
        if (first >= since)
        {
            return new Finding(assumed >= needed, $"Euro standard missing; first registered on {date}, so Euro {Name(vehicle, assumed)} is assumed");
        }

        return needed == assumed
            ? new Finding(false, $"Euro standard missing; first registered on {date}, before {since.ToString("d MMMM yyyy", CultureInfo.InvariantCulture)}, so less than Euro {Name(vehicle, assumed)} is assumed", Proof)
            : new Finding(null, $"Euro standard missing; first registered on {date}, which does not tell whether it meets Euro {Name(vehicle, needed)}.");
    }

    // The facts give a date for cars and vans; a private hire vehicle is a car, a minibus is judged as a van.
    private static (int Euro, DateOnly Since)? Assumption(ChargedVehicle vehicle) => (vehicle.Class, ChargeRules.BaseFuel(vehicle.Fuel)) switch
    {
        ("motorcycle", _) => (3, new DateOnly(2007, 7, 1)),
        ("hgv" or "coach", _) => (6, new DateOnly(2014, 1, 1)),
        (_, "petrol") => (4, new DateOnly(2006, 1, 1)),
        ("car" or "phv" or "taxi", "diesel") => (6, new DateOnly(2015, 9, 1)),
        ("van" or "minibus", "diesel") => (6, new DateOnly(2016, 9, 1)),
        _ => null,
    };

    private static string Name(ChargedVehicle vehicle, int euro) => vehicle.Class is "hgv" or "coach"
        ? euro switch { 1 => "I", 2 => "II", 3 => "III", 4 => "IV", 5 => "V", 6 => "VI", _ => "0" }
        : euro.ToString(CultureInfo.InvariantCulture);
}
