namespace SmartCity.Core.Charges;

/// <summary>Low Emission Zone, every day of the year.</summary>
internal static class LezRules
{
    private const string Scheme = ChargeRules.Lez;
    private const int LightVanKg = 1205;

    public static Assessment Assess(ChargedVehicle vehicle, DateOnly day, int passage, Tariff tariff)
    {
        Assessment No(string rule, string why) => new(Scheme, day, Verdict.NotCharged, 0, rule, why, passage);
        Assessment Review(string why) => new(Scheme, day, Verdict.Review, 0, "lez-unknown", why, passage);
        if (vehicle.Class is not ("hgv" or "coach" or "van" or "minibus"))
        {
            return No("lez-class", $"The LEZ does not charge a {vehicle.Class}.");
        }

        if (ChargeRules.BaseFuel(vehicle.Fuel) is not "diesel" and var fuel)
        {
            return No("lez-fuel", $"The LEZ charges diesels only; this one runs on {(fuel == "electric" ? "electricity" : fuel)}.");
        }

        if (ChargeRules.Historic(vehicle, day) is { } historic)
        {
            return No("lez-historic", historic);
        }

        if (vehicle.TaxClass == "military")
        {
            return No("lez-military", "Military vehicles do not pay.");
        }

        if (vehicle.TaxClass == "agricultural")
        {
            return No("lez-agricultural", "Agricultural vehicles, mowing and construction machines and mobile cranes do not pay.");
        }

        return vehicle.Class is "hgv" or "coach" ? Heavy() : Light();

        Assessment Heavy()
        {
            if (Tariff.On(tariff.LezHeavy, day) is not { } rate)
            {
                return No("lez-no-tariff", "The LEZ had no charge on this day.");
            }

            var met = EuroStandard.Meets(vehicle, 6);
            if (met.Answer == true)
            {
                return No("lez-compliant", $"{met.Because}; the LEZ asks for Euro VI.");
            }

            if (met.Answer is null)
            {
                return Review(met.Because);
            }

            // The scheme presumes that Euro VI is missed, and no more: nothing tells that the vehicle is worse than Euro IV.
            if (vehicle.Euro is not { } euro)
            {
                return new Assessment(Scheme, day, Verdict.Charged, rate.Euro4And5, "lez-heavy-presumed",
                    $"{met.Because}; the LEZ asks for Euro VI: {tariff.Money(rate.Euro4And5)} for the day, because nothing tells that it is worse than Euro IV.{met.Lifts}", passage);
            }

            var amount = euro >= 4 ? rate.Euro4And5 : rate.Worse;
            return new Assessment(Scheme, day, Verdict.Charged, amount, euro >= 4 ? "lez-heavy-euro-4-5" : "lez-heavy-worse",
                $"{met.Because}; the LEZ asks for Euro VI: {tariff.Money(amount)} for the day.", passage);
        }

        Assessment Light()
        {
            if (Tariff.On(tariff.LezLight, day) is not { } rate)
            {
                return No("lez-no-tariff", "The LEZ had no charge on this day.");
            }

            if (vehicle is { Class: "van", UnladenKg: <= LightVanKg })
            {
                return No("lez-light-van", $"A van of {vehicle.UnladenKg} kg unladen; the LEZ charges vans above {LightVanKg} kg.");
            }

            var met = EuroStandard.Meets(vehicle, 3);
            if (met.Answer == true)
            {
                return No("lez-compliant", $"{met.Because}; the LEZ asks a {vehicle.Class} for Euro 3.");
            }

            if (met.Answer is null)
            {
                return Review(met.Because);
            }

            return vehicle is { Class: "van", UnladenKg: null }
                ? Review($"{met.Because}; whether the van weighs more than {LightVanKg} kg unladen is not known.")
                : new Assessment(Scheme, day, Verdict.Charged, rate.Amount, "lez-light-non-compliant",
                    $"{met.Because}; the LEZ asks a {vehicle.Class} for Euro 3: {tariff.Money(rate.Amount)} for the day.{met.Lifts}", passage);
        }
    }
}
