using System.Text.RegularExpressions;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Charges;

/// <summary>What an added tariff may be, and how rates and a tariff become one another. Pure.</summary>
internal static partial class TariffRules
{
    private const decimal Dearest = 10_000;
    private static readonly string[] Registrations = ["autopay", "cvd"];

    /// <summary>What is wrong with a tariff to be added; null when nothing is.</summary>
    public static string? Check(NewTariff tariff, DateOnly today)
    {
        if (tariff.Version is null || !Version().IsMatch(tariff.Version))
        {
            return "version must have 1 to 64 characters of a-z, 0-9 and '-', such as london-2027-04; each charge records it.";
        }

        if (tariff.From is not { } from || from <= today)
        {
            return "from must be a day after today: what days that have begun cost is never changed.";
        }

        return tariff.Rates is null ? "rates is missing." : Check(tariff.Rates);
    }

    /// <summary>The tariff that rates from a day on are.</summary>
    public static Tariff ToTariff(string version, DateOnly from, TariffRates rates, string currency)
    {
        static IReadOnlyList<T> Rate<T>(T? rate)
            where T : class => rate is null ? [] : [rate];
        return new Tariff
        {
            Version = version,
            Currency = currency,
            Ulez = Rate(Flat(rates.Ulez)),
            LezHeavy = Rate(rates is { LezHeavyEuro4And5: { } better, LezHeavyWorse: { } worse } ? new HeavyRate { From = from, Euro4And5 = better, Worse = worse } : null),
            LezLight = Rate(Flat(rates.LezLight)),
            Congestion = Rate(Flat(rates.Congestion)),
            CongestionHours = new CongestionHours(rates.WeekdayHours, rates.WeekendHours),
            ZeroEmissionDiscounts = Rate(rates.ZeroEmission is { } zero ? new ZeroEmissionDiscount { From = from, Needs = zero.Needs, Car = zero.Car, Goods = zero.Goods, Other = zero.Other } : null),
            ResidentDiscount = rates.ResidentDiscount,
            DisabledGraceTo = Tariff.London.DisabledGraceTo,
            BankHolidays = currency == Tariff.London.Currency ? [.. Tariff.London.BankHolidays, .. rates.BankHolidays] : [.. rates.BankHolidays],
        };

        FlatRate? Flat(decimal? amount) => amount is { } known ? new FlatRate { From = from, Amount = known } : null;
    }

    /// <summary>What a tariff costs on a day.</summary>
    public static TariffRates On(Tariff tariff, DateOnly day)
    {
        var heavy = Tariff.On(tariff.LezHeavy, day);
        return new TariffRates
        {
            Ulez = Tariff.On(tariff.Ulez, day)?.Amount,
            LezHeavyEuro4And5 = heavy?.Euro4And5,
            LezHeavyWorse = heavy?.Worse,
            LezLight = Tariff.On(tariff.LezLight, day)?.Amount,
            Congestion = Tariff.On(tariff.Congestion, day)?.Amount,
            WeekdayHours = tariff.CongestionHours.Weekday,
            WeekendHours = tariff.CongestionHours.Weekend,
            ResidentDiscount = tariff.ResidentDiscount,
            ZeroEmission = Tariff.On(tariff.ZeroEmissionDiscounts, day) is { } zero ? new ZeroEmissionRates(zero.Needs, zero.Car, zero.Goods, zero.Other) : null,
            BankHolidays = [.. tariff.BankHolidays.Except(Tariff.London.BankHolidays).Order()],
        };
    }

    /// <summary>Days on which a tariff itself says something else than the day before.</summary>
    public static IEnumerable<DateOnly> Changes(Tariff tariff)
    {
        IEnumerable<DatedRate> rates = [.. tariff.Ulez, .. tariff.LezHeavy, .. tariff.LezLight, .. tariff.Congestion, .. tariff.ZeroEmissionDiscounts];
        return rates.SelectMany(r => r.To is { } to ? [r.From, to] : new[] { r.From }).Distinct();
    }

    private static string? Check(TariffRates rates)
    {
        var amounts = new[] { ("ulez", rates.Ulez), ("lezHeavyEuro4And5", rates.LezHeavyEuro4And5), ("lezHeavyWorse", rates.LezHeavyWorse), ("lezLight", rates.LezLight), ("congestion", rates.Congestion) };
        foreach (var (name, amount) in amounts)
        {
            if (amount is { } known && (known is <= 0 or > Dearest || decimal.Round(known, 2) != known))
            {
                return $"rates.{name} must be above 0 and at most {Dearest}, with two decimals at most; leave it out if nothing is charged.";
            }
        }

        if (rates.LezHeavyEuro4And5 is null != rates.LezHeavyWorse is null)
        {
            return "rates.lezHeavyEuro4And5 and rates.lezHeavyWorse belong together: give both or neither.";
        }

        if (rates.ResidentDiscount is < 0 or > 1)
        {
            return "rates.residentDiscount must be a share from 0 to 1.";
        }

        foreach (var (name, hours) in new[] { ("weekdayHours", rates.WeekdayHours), ("weekendHours", rates.WeekendHours) })
        {
            if (hours is not [var begin, var end] || end <= begin)
            {
                return $"rates.{name} must be two times, the first before the second, such as [\"07:00\", \"18:00\"].";
            }
        }

        if (rates.BankHolidays is null)
        {
            return "rates.bankHolidays must be a list of days; leave it out if there are none.";
        }

        return rates.ZeroEmission switch
        {
            null => null,
            { Needs: var needs } when !Registrations.Contains(needs) => $"rates.zeroEmission.needs must be {string.Join(" or ", Registrations)}.",
            { Car: < 0 or > 1 } or { Goods: < 0 or > 1 } or { Other: < 0 or > 1 } => "rates.zeroEmission must have shares from 0 to 1.",
            _ => null,
        };
    }

    [GeneratedRegex("^[a-z0-9-]{1,64}$")]
    private static partial Regex Version();
}
