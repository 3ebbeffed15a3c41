using System.Globalization;

namespace SmartCity.Core.Charges;

/// <summary>A vehicle as far as charges need it.</summary>
public sealed record ChargedVehicle(
    string Class,
    string Fuel,
    int? Euro,
    DateOnly? FirstRegistered,
    int? UnladenKg,
    string? TaxClass,
    IReadOnlyCollection<string> Discounts);

/// <summary>A moment in one or more zones.</summary>
public readonly record struct ZonePassage(DateTimeOffset At, IReadOnlyCollection<string> Zones);

public enum Verdict
{
    Charged,
    NotCharged,

    /// <summary>The known facts do not decide it; a person must.</summary>
    Review,
}

/// <summary>What one scheme says of one vehicle on one charging day.</summary>
/// <param name="Amount">Pounds; 0 unless charged.</param>
/// <param name="Rule">Id of the rule, such as <c>ulez-non-compliant</c>.</param>
/// <param name="Why">Plain English.</param>
/// <param name="Passage">Index of the passage that it rests on.</param>
public sealed record Assessment(string Scheme, DateOnly Day, Verdict Verdict, decimal Amount, string Rule, string Why, int Passage);

/// <summary>The schemes' rules, pure: a vehicle and its passages to what each scheme says for each charging day. The order of passages does not matter.</summary>
public static class ChargeRules
{
    public const string Ulez = "ulez";
    public const string Lez = "lez";
    public const string Congestion = "congestion";

    private static readonly TimeZoneInfo London = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    /// <summary>The charging day of a moment: the Europe/London calendar day.</summary>
    public static DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(Local(at));

    /// <summary>When a charging day begins; the one after begins when it ends.</summary>
    public static DateTimeOffset StartOf(DateOnly day) => new(TimeZoneInfo.ConvertTimeToUtc(day.ToDateTime(TimeOnly.MinValue), London), TimeSpan.Zero);

    /// <summary>One assessment for each scheme and charging day whose zone was entered, by day, then scheme; each day by the tariff that holds on it.</summary>
    public static IReadOnlyList<Assessment> Assess(ChargedVehicle vehicle, IReadOnlyList<ZonePassage> passages, TariffBook tariffs)
    {
        var found = new SortedDictionary<(DateOnly, string), Assessment>();
        for (var i = 0; i < passages.Count; i++)
        {
            var local = Local(passages[i].At);
            var day = DateOnly.FromDateTime(local);
            var tariff = tariffs.On(day);
            foreach (var scheme in passages[i].Zones.Distinct())
            {
                var assessment = scheme switch
                {
                    Ulez => UlezRules.Assess(vehicle, day, i, tariff),
                    Lez => LezRules.Assess(vehicle, day, i, tariff),
                    Congestion => CongestionRules.Assess(vehicle, day, TimeOnly.FromDateTime(local), i, tariff),
                    _ => throw new ArgumentException($"There is no zone '{scheme}'.", nameof(passages)),
                };

                // Within a day only the congestion charge depends on the hour: a passage that is charged outweighs one that is not.
                if (!found.TryGetValue((day, scheme), out var before) || (assessment.Verdict != before.Verdict && assessment.Verdict == Verdict.Charged))
                {
                    found[(day, scheme)] = assessment;
                }
            }
        }

        return [.. found.Values];
    }

    internal static string Pounds(decimal amount) => amount.ToString("£0.00", CultureInfo.InvariantCulture);

    /// <summary>Petrol, diesel, electric or hydrogen: a hybrid counts as its base fuel, gas as petrol.</summary>
    internal static string BaseFuel(string fuel) => fuel switch
    {
        "hybrid-petrol" or "gas" => "petrol",
        "hybrid-diesel" => "diesel",
        _ => fuel,
    };

    internal static bool IsHistoric(ChargedVehicle vehicle, DateOnly day) =>
        vehicle is { TaxClass: "historic", FirstRegistered: { } first } && first.AddYears(40) < day;

    private static DateTime Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, London).DateTime;
}
