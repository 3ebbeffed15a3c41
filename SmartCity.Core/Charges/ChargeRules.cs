using System.Globalization;

namespace SmartCity.Core.Charges;

/// <summary>A vehicle as far as charges need it.</summary>
/// <param name="GrossKg">Revenue weight; null when not known, then the class holds as it is stated.</param>
public sealed record ChargedVehicle(
    string Class,
    string Fuel,
    int? Euro,
    DateOnly? FirstRegistered,
    int? GrossKg,
    int? UnladenKg,
    string? TaxClass,
    IReadOnlyCollection<string> Discounts)
{
    /// <summary>Category of the type approval, such as N1 or L7e; null when not known, then the class tells.</summary>
    public string? TypeApproval { get; init; }
}

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
/// <param name="Amount">In the tariff's currency; 0 unless charged.</param>
/// <param name="Rule">Id of the rule, such as <c>ulez-non-compliant</c>.</param>
/// <param name="Why">Plain English.</param>
/// <param name="Passage">Index of the passage that it rests on.</param>
public sealed record Assessment(string Scheme, DateOnly Day, Verdict Verdict, decimal Amount, string Rule, string Why, int Passage)
{
    /// <summary>What was known of the vehicle; set by <see cref="ChargeRules"/>.</summary>
    public ChargedVehicle? Facts { get; init; }
}

/// <summary>The schemes' rules, pure: a vehicle and its passages to what each scheme says for each charging day. The order of passages does not matter.</summary>
public static class ChargeRules
{
    public const string Ulez = "ulez";
    public const string Lez = "lez";
    public const string Congestion = "congestion";

    // Heaviest gross weight of a van and of a minibus in kilograms; above it, in every scheme, they are an hgv and a coach, and an hgv or a coach that is not above it is a van or a minibus.
    private const int HeaviestVan = 3_500;
    private const int HeaviestMinibus = 5_000;

    private const int HistoricYears = 40;

    // What nobody is charged for on the day, or at the hour, needs no facts of a vehicle.
    private static readonly string[] ForNobody = ["ulez-no-tariff", "ulez-christmas", "lez-no-tariff", "congestion-no-tariff", "congestion-christmas", "congestion-hours"];

    /// <summary>One assessment for each scheme and charging day whose zone was entered, by day, then scheme; each day by the tariff that holds on it.</summary>
    public static IReadOnlyList<Assessment> Assess(ChargedVehicle vehicle, IReadOnlyList<ZonePassage> passages, TariffBook tariffs) =>
        Assess(DatedVehicle.Always(vehicle), passages, tariffs);

    /// <summary>The same for a vehicle whose facts changed: each day by the facts of that day and no others.</summary>
    /// <exception cref="ArgumentException">Nothing is known of the vehicle on the day of a passage, or there is no such zone.</exception>
    public static IReadOnlyList<Assessment> Assess(DatedVehicle vehicle, IReadOnlyList<ZonePassage> passages, TariffBook tariffs)
    {
        var found = new SortedDictionary<(DateOnly, string), Assessment>();
        for (var i = 0; i < passages.Count; i++)
        {
            var local = tariffs.City.Local(passages[i].At);
            var day = DateOnly.FromDateTime(local);
            var tariff = tariffs.On(day);
            var facts = vehicle.On(day) ?? throw new ArgumentException("Nothing is known of the vehicle on the day of a passage.", nameof(vehicle));
            foreach (var scheme in passages[i].Zones.Distinct())
            {
                var assessment = Assess(facts, scheme, local, i, tariff);

                // Within a day only the congestion charge depends on the hour: a passage that is charged outweighs one that is not.
                if (!found.TryGetValue((day, scheme), out var before) || (assessment.Verdict != before.Verdict && assessment.Verdict == Verdict.Charged))
                {
                    found[(day, scheme)] = assessment;
                }
            }
        }

        return [.. found.Values];
    }

    private static Assessment Assess(ChargedVehicle facts, string scheme, DateTime local, int passage, Tariff tariff)
    {
        var day = DateOnly.FromDateTime(local);
        var (vehicle, weighed) = ByWeight(facts);
        var assessment = scheme switch
        {
            Ulez => UlezRules.Assess(vehicle, day, passage, tariff),
            Lez => LezRules.Assess(vehicle, day, passage, tariff),
            Congestion => CongestionRules.Assess(vehicle, day, TimeOnly.FromDateTime(local), passage, tariff),
            _ => throw new ArgumentException($"There is no zone '{scheme}'.", nameof(scheme)),
        };
        if (day < facts.FirstRegistered && !ForNobody.Contains(assessment.Rule))
        {
            var first = facts.FirstRegistered.Value.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
            return new Assessment(scheme, day, Verdict.Review, 0, $"{scheme}-unknown", $"The vehicle was first registered on {first}, after this day: the plate was another vehicle's, or the date is wrong.", passage) { Facts = facts };
        }

        return assessment with { Facts = facts, Why = weighed is null ? assessment.Why : $"{assessment.Why} {weighed}" };
    }

    // Weight decides before the name of the class.
    private static (ChargedVehicle Vehicle, string? Why) ByWeight(ChargedVehicle vehicle) => vehicle switch
    {
        { Class: "van", GrossKg: > HeaviestVan and var kg } => (vehicle with { Class = "hgv" }, Counts("van", kg, HeaviestVan, "an hgv")),
        { Class: "minibus", GrossKg: > HeaviestMinibus and var kg } => (vehicle with { Class = "coach" }, Counts("minibus", kg, HeaviestMinibus, "a coach")),
        { Class: "van", GrossKg: null, UnladenKg: > HeaviestVan and var kg } => (vehicle with { Class = "hgv" }, CountsEmpty("van", kg, HeaviestVan, "an hgv")),
        { Class: "minibus", GrossKg: null, UnladenKg: > HeaviestMinibus and var kg } => (vehicle with { Class = "coach" }, CountsEmpty("minibus", kg, HeaviestMinibus, "a coach")),
        { Class: "hgv", GrossKg: <= HeaviestVan and var kg } => (vehicle with { Class = "van" }, CountsLight("an hgv", kg, HeaviestVan, "van")),
        { Class: "coach", GrossKg: <= HeaviestMinibus and var kg } => (vehicle with { Class = "minibus" }, CountsLight("a coach", kg, HeaviestMinibus, "minibus")),
        _ => (vehicle, null),
    };

    private static string Counts(string stated, int kg, int most, string charged) =>
        string.Create(CultureInfo.InvariantCulture, $"It is a {stated} of {kg:N0} kg gross, more than {most:N0} kg, and so counts as {charged}.");

    private static string CountsEmpty(string stated, int kg, int most, string charged) =>
        string.Create(CultureInfo.InvariantCulture, $"It is a {stated} of {kg:N0} kg unladen, so it weighs more than {most:N0} kg gross and counts as {charged}.");

    private static string CountsLight(string stated, int kg, int most, string charged) =>
        string.Create(CultureInfo.InvariantCulture, $"It is {stated} of {kg:N0} kg gross, not more than {most:N0} kg, and so counts as a {charged}.");

    /// <summary>Petrol, diesel, electric or hydrogen: a hybrid counts as its base fuel, gas as petrol.</summary>
    internal static string BaseFuel(string fuel) => fuel switch
    {
        "hybrid-petrol" or "gas" => "petrol",
        "hybrid-diesel" => "diesel",
        _ => fuel,
    };

    /// <summary>A vehicle with four wheels of the motorcycles' class: categories L6e and L7e.</summary>
    internal static bool IsQuadricycle(ChargedVehicle vehicle) =>
        vehicle is { Class: "motorcycle", TypeApproval: { } category } && (category.TrimStart().StartsWith("L6", StringComparison.OrdinalIgnoreCase) || category.TrimStart().StartsWith("L7", StringComparison.OrdinalIgnoreCase));

    /// <summary>Why a historic vehicle is not charged; null for another. The tax class is only given above 40 years, so a missing date does not take it away.</summary>
    internal static string? Historic(ChargedVehicle vehicle, DateOnly day) => vehicle switch
    {
        { TaxClass: not "historic" } => null,
        { FirstRegistered: null } => "Historic vehicle: in the historic tax class, which is only given above 40 years.",
        { FirstRegistered: { } first } when first.Year + HistoricYears <= DateOnly.MaxValue.Year && first.AddYears(HistoricYears) < day => "Historic vehicle: over 40 years old and in the historic tax class.",
        _ => null,
    };
}
