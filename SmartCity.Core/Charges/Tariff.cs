using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Charges;

/// <summary>What the schemes cost and when, as data with from (inclusive) and to (exclusive) days. Discounts are shares.</summary>
public sealed record Tariff
{
    /// <summary>The tariff that ships with this version, from <c>tariff.json</c>.</summary>
    public static Tariff London { get; } = Load();

    public required string Version { get; init; }

    /// <summary>Of every amount, ISO 4217.</summary>
    public required string Currency { get; init; }

    public required IReadOnlyList<FlatRate> Ulez { get; init; }

    public required IReadOnlyList<HeavyRate> LezHeavy { get; init; }

    public required IReadOnlyList<FlatRate> LezLight { get; init; }

    public required IReadOnlyList<FlatRate> Congestion { get; init; }

    public required CongestionHours CongestionHours { get; init; }

    public required IReadOnlyList<ZeroEmissionDiscount> ZeroEmissionDiscounts { get; init; }

    public required decimal ResidentDiscount { get; init; }

    /// <summary>Last day of the grace period of the disabled tax class.</summary>
    public required DateOnly DisabledGraceTo { get; init; }

    /// <summary>Bank holidays of England, substitute days included.</summary>
    public required HashSet<DateOnly> BankHolidays { get; init; }

    // Those of later years are worked out, until somebody has written them down.
    private static readonly Lazy<DateOnly> LastKnown = new(() => London.BankHolidays.Max());

    /// <summary>Whether a day is a bank holiday; after the last year of which they are written down, one by the rules that England has.</summary>
    public bool IsBankHoliday(DateOnly day) =>
        BankHolidays.Contains(day) || (day.Year > LastKnown.Value.Year && BankHolidays.Contains(LastKnown.Value) && EnglishBankHolidays.Of(day.Year).Contains(day));

    /// <summary>Days without congestion charge: 25 December to the New Year's Day bank holiday, both included.</summary>
    public static bool IsChristmasBreak(DateOnly day)
    {
        if (day.Month == 12)
        {
            return day.Day >= 25;
        }

        var newYear = new DateOnly(day.Year, 1, 1);
        var bankHoliday = newYear.DayOfWeek switch
        {
            DayOfWeek.Saturday => newYear.AddDays(2),
            DayOfWeek.Sunday => newYear.AddDays(1),
            _ => newYear,
        };
        return day <= bankHoliday;
    }

    /// <summary>The rate of a day, null when the scheme had none.</summary>
    public static T? On<T>(IReadOnlyList<T> rates, DateOnly day)
        where T : DatedRate => rates.FirstOrDefault(r => r.From <= day && (r.To is null || day < r.To));

    /// <summary>What holds in a city before its first tariff, where none ships for its currency: nothing is charged.</summary>
    public static Tariff None(string currency) => London with
    {
        Version = $"none-{currency.ToLowerInvariant()}",
        Currency = currency,
        Ulez = [],
        LezHeavy = [],
        LezLight = [],
        Congestion = [],
        ZeroEmissionDiscounts = [],
        BankHolidays = [],
    };

    /// <summary>An amount for people: £12.50, or CHF 12.50 where the currency has no sign that everybody knows.</summary>
    public string Money(decimal amount) => CurrencySign.Of(Currency) + amount.ToString("0.00", CultureInfo.InvariantCulture);

    private static Tariff Load()
    {
        using var stream = typeof(Tariff).Assembly.GetManifestResourceStream("tariff.json")!;
        return JsonSerializer.Deserialize(stream, TariffJson.Default.Tariff)!;
    }
}

public abstract record DatedRate
{
    public required DateOnly From { get; init; }

    public DateOnly? To { get; init; }
}

public sealed record FlatRate : DatedRate
{
    public required decimal Amount { get; init; }
}

public sealed record HeavyRate : DatedRate
{
    public required decimal Euro4And5 { get; init; }

    public required decimal Worse { get; init; }
}

public sealed record ZeroEmissionDiscount : DatedRate
{
    /// <summary>The registration that it needs.</summary>
    public required string Needs { get; init; }

    public required decimal Car { get; init; }

    /// <summary>Vans, heavy goods vehicles and quadricycles.</summary>
    public required decimal Goods { get; init; }

    public required decimal Other { get; init; }
}

/// <summary>Local hours, from inclusive, to exclusive.</summary>
public sealed record CongestionHours(IReadOnlyList<TimeOnly> Weekday, IReadOnlyList<TimeOnly> Weekend);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Tariff))]
internal sealed partial class TariffJson : JsonSerializerContext;
