using System.Globalization;

namespace SmartCity.Core.Charges;

/// <summary>Ultra Low Emission Zone.</summary>
internal static class UlezRules
{
    private const string Scheme = ChargeRules.Ulez;

    public static Assessment Assess(ChargedVehicle vehicle, DateOnly day, int passage, Tariff tariff)
    {
        Assessment No(string rule, string why) => new(Scheme, day, Verdict.NotCharged, 0, rule, why, passage);
        if (Tariff.On(tariff.Ulez, day) is not { } rate)
        {
            return No("ulez-no-tariff", "The ULEZ had no charge on this day.");
        }

        if (day is { Month: 12, Day: 25 })
        {
            return No("ulez-christmas", "The ULEZ does not charge on 25 December.");
        }

        if (vehicle.Class is "hgv" or "coach")
        {
            return No("ulez-class", $"A {vehicle.Class} comes under the LEZ, not under the ULEZ.");
        }

        if (vehicle.Class == "taxi")
        {
            return No("ulez-taxi", "Licensed London taxis do not pay the ULEZ charge.");
        }

        if (ChargeRules.Historic(vehicle, day) is { } historic)
        {
            return No("ulez-historic", historic);
        }

        if (vehicle.TaxClass is "military" or "agricultural")
        {
            return No($"ulez-{vehicle.TaxClass}", $"Vehicles in the {vehicle.TaxClass} tax class do not pay.");
        }

        if (day <= tariff.DisabledGraceTo && vehicle is { TaxClass: "disabled" } or { Class: "phv" })
        {
            var until = tariff.DisabledGraceTo.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
            if (vehicle.TaxClass == "disabled")
            {
                return No("ulez-disabled", $"Disabled tax class: not charged until {until}.");
            }

            if (vehicle.Discounts.Contains("wheelchair-booking"))
            {
                return No("ulez-wheelchair-accessible", $"Wheelchair-accessible private hire vehicle: not charged until {until}.");
            }
        }

        var fuel = ChargeRules.BaseFuel(vehicle.Fuel);
        if (fuel is "electric" or "hydrogen")
        {
            return No("ulez-zero-emission", $"Runs on {(fuel == "electric" ? "electricity" : "hydrogen")}: it meets the standard.");
        }

        var needed = vehicle.Class == "motorcycle" ? 3 : fuel == "petrol" ? 4 : 6;
        return EuroStandard.Meets(vehicle, needed) switch
        {
            { Answer: true } met => No("ulez-compliant", $"{met.Because}; the ULEZ asks a {fuel} {vehicle.Class} for Euro {needed}."),
            { Answer: false } missed => new Assessment(Scheme, day, Verdict.Charged, rate.Amount, "ulez-non-compliant",
                $"{missed.Because}; the ULEZ asks a {fuel} {vehicle.Class} for Euro {needed}: {tariff.Money(rate.Amount)} for the day.{missed.Lifts}", passage),
            var unknown => new Assessment(Scheme, day, Verdict.Review, 0, "ulez-unknown", unknown.Because, passage),
        };
    }
}
