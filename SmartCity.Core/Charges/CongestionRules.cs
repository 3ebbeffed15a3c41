using System.Globalization;

namespace SmartCity.Core.Charges;

/// <summary>Congestion Charge.</summary>
internal static class CongestionRules
{
    private const string Scheme = ChargeRules.Congestion;

    public static Assessment Assess(ChargedVehicle vehicle, DateOnly day, TimeOnly at, int passage, Tariff tariff)
    {
        Assessment No(string rule, string why) => new(Scheme, day, Verdict.NotCharged, 0, rule, why, passage);
        if (Tariff.On(tariff.Congestion, day) is not { } rate)
        {
            return No("congestion-no-tariff", "The Congestion Charge has no tariff for this day.");
        }

        if (Tariff.IsChristmasBreak(day))
        {
            return No("congestion-christmas", "There is no Congestion Charge from 25 December to the New Year's Day bank holiday.");
        }

        var holiday = tariff.IsBankHoliday(day);
        var weekend = holiday || day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;
        var hours = weekend ? tariff.CongestionHours.Weekend : tariff.CongestionHours.Weekday;
        if (at < hours[0] || at >= hours[1])
        {
            return No("congestion-hours", string.Create(CultureInfo.InvariantCulture,
                $"Seen at {at:HH\\:mm}; the Congestion Charge applies from {hours[0]:HH\\:mm} to {hours[1]:HH\\:mm} on {(holiday ? "bank holidays" : weekend ? "Saturdays and Sundays" : "weekdays")}."));
        }

        // A quadricycle counts among the motorcycles elsewhere; here it pays.
        if (vehicle.Class is "taxi" || (vehicle.Class is "motorcycle" && !ChargeRules.IsQuadricycle(vehicle)))
        {
            return No($"congestion-{vehicle.Class}", vehicle.Class == "taxi" ? "Licensed London taxis do not pay the Congestion Charge." : "Motorcycles do not pay the Congestion Charge.");
        }

        if (Exempt(vehicle.TaxClass) is { } exempt)
        {
            return No($"congestion-{vehicle.TaxClass}", $"{exempt} do not pay the Congestion Charge.");
        }

        if (vehicle.Class == "phv" && vehicle.Discounts.Contains("wheelchair-booking"))
        {
            return No("congestion-wheelchair-booking", "A wheelchair-accessible private hire vehicle on a booking does not pay.");
        }

        var (share, name, rule) = Discounts(vehicle, day, tariff).MaxBy(d => d.Share);
        if (share >= 1)
        {
            return No(rule, $"{name}: 100 % off.");
        }

        var amount = decimal.Round(rate.Amount * (1 - share), 2, MidpointRounding.AwayFromZero);
        return new Assessment(Scheme, day, Verdict.Charged, amount, rule,
            share == 0
                ? $"Seen in the zone during charging hours: {tariff.Money(amount)} for the day."
                : string.Create(CultureInfo.InvariantCulture, $"Seen in the zone during charging hours: {tariff.Money(rate.Amount)}, less {share * 100:0.#} % ({name}): {tariff.Money(amount)} for the day."),
            passage);
    }

    private static string? Exempt(string? taxClass) => taxClass switch
    {
        "disabled" => "Vehicles in the disabled tax class",
        "ambulance" => "Ambulances",
        "fire-engine" => "Fire engines",
        "nhs" => "Vehicles of the National Health Service",
        "bus" => "Vehicles licensed as buses",
        "recovery" => "Recovery vehicles",
        _ => null,
    };

    // Discounts do not add up; the best one counts.
    private static IEnumerable<(decimal Share, string Name, string Rule)> Discounts(ChargedVehicle vehicle, DateOnly day, Tariff tariff)
    {
        yield return (0, "", "congestion-full");
        foreach (var (discount, name) in new[] { ("blue-badge", "Blue Badge"), ("nine-seats", "nine or more seats"), ("recovery", "accredited recovery vehicle") })
        {
            if (vehicle.Discounts.Contains(discount))
            {
                yield return (1, name, $"congestion-{discount}");
            }
        }

        if (vehicle.Discounts.Contains("resident"))
        {
            yield return (tariff.ResidentDiscount, "residents' discount", "congestion-resident");
        }

        if (vehicle.Fuel is "electric" or "hydrogen" && Tariff.On(tariff.ZeroEmissionDiscounts, day) is { } zero && vehicle.Discounts.Contains(zero.Needs))
        {
            var share = vehicle.Class switch { "car" or "phv" => zero.Car, "van" or "hgv" => zero.Goods, _ => ChargeRules.IsQuadricycle(vehicle) ? zero.Goods : zero.Other };
            yield return (share, zero.Needs == "cvd" ? "Cleaner Vehicle Discount" : "zero-emission vehicle with Auto Pay", $"congestion-{zero.Needs}");
        }
    }
}
