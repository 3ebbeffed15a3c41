using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Charges;
using SmartCity.Web.Components.Live;
using SmartCity.Web.Components.Parts;
using static SmartCity.Web.Languages.Words;
using Charted = System.Collections.Generic.IReadOnlyList<(string Label, SmartCity.Web.Components.Reports.ChartData Data)>;

namespace SmartCity.Web.Components.Reports;

/// <summary>Each report's columns, charts and its one sentence. Figures are the API's; here they are only laid out.</summary>
internal static class ReportText
{
    private const int MostBars = 15;

    public static IReadOnlyList<ReportColumn<ChargesRow>> Charges =>
    [
        new(Say("Day"), r => Wording.Day(r.Day), false, To: (r, _, _) => [ReportTarget.Charges(r.Day, r.Scheme)]), new(Say("Scheme"), r => Wording.Scheme(r.Scheme), false), new(Say("For"), r => ChargeWording.Purpose(r.Purpose), false), new(Say("Vehicles"), r => Whole(r.Vehicles)),
        new(Say("Net"), r => Wording.Money(r.Amount, r.Currency)), new(Say("Reversed"), r => Wording.Money(r.Reversed, r.Currency)),
    ];

    public static IReadOnlyList<ReportColumn<ComplianceRow>> Compliance =>
    [
        new(Say("Class"), r => LiveWording.Class(r.Class), false, To: (r, from, to) => [ReportTarget.OfClass(r.Class, from, to)]), new(Say("Fuel"), r => LiveWording.Fuel(r.Fuel), false), new(Say("Euro"), r => r.Euro?.ToString(CultureInfo.CurrentCulture) ?? "–"), new(Say("Vehicles"), r => Whole(r.Vehicles)),
        new(Say("Compliant"), r => Whole(r.Compliant)), new(Say("Share"), r => Wording.Percent((double)r.Compliant / r.Vehicles)),
    ];

    public static IReadOnlyList<ReportColumn<HourRow>> Hours => [new(Say("Hour"), r => $"{r.Hour:00}:00"), new(Say("Station"), r => r.Station, false, To: (r, from, to) => OfStation(r.StationId, from, to)), new(Say("Passages"), r => Whole(r.Passages))];

    public static IReadOnlyList<ReportColumn<StationRow>> Stations =>
        [new(Say("Station"), r => r.Station, false, To: (r, from, to) => OfStation(r.StationId, from, to)), new(Say("Passages"), r => Whole(r.Passages)), new(Say("Vehicles"), r => Whole(r.Vehicles)), new(Say("Busiest hour"), r => $"{r.BusiestHour:00}:00")];

    public static IReadOnlyList<ReportColumn<ReadsRow>> Reads =>
    [
        new(Say("Station"), r => r.StationId, false), new(Say("Camera"), r => r.CameraId, false), new(Say("Sightings"), r => Whole(r.Sightings)), new(Say("Read"), r => Share(r.Read, r.Sightings)),
        new(Say("Mean confidence"), r => r.MeanConfidence is { } c ? Percent(c) : "–"), new(Say("Reviewed"), r => Whole(r.Reviewed)), new(Say("Of these, wrong"), r => Share(r.Corrected, r.Reviewed)),
    ];

    public static IReadOnlyList<ReportColumn<VersionsRow>> Versions =>
    [
        new(Say("Day"), r => Wording.Day(r.Day), false), new(Say("Version"), r => r.Version, false, To: (r, _, _) => [ReportTarget.Review(r.Version)]), new(Say("Station"), r => r.StationId, false), new(Say("Sightings"), r => Whole(r.Sightings)), new(Say("Read"), r => Share(r.Read, r.Sightings)),
        new(Say("Reviewed"), r => Whole(r.Reviewed)), new(Say("Of these, wrong"), r => Share(r.Corrected, r.Reviewed)),
    ];

    public static IReadOnlyList<ReportColumn<TravelRow>> Travel(Units units) =>
    [
        new(Say("From"), r => r.From, false, Wraps: true), new(Say("To|place"), r => r.To, false, Wraps: true), new(Say("Vehicles"), r => Whole(r.Vehicles)), new(Say("Median"), r => Minutes(r.Median)), new(Say("90th percentile"), r => Minutes(r.P90)),
        new(Say("Distance (straight line)"), r => units.Far(r.Kilometres)), new(Say("Speed, at least"), r => units.Fast(r.KilometresAnHour)),
    ];

    public static IReadOnlyList<ReportColumn<DwellRow>> Dwell =>
        [new(Say("Day"), r => Wording.Day(r.Day), false), new(Say("Vehicles"), r => Whole(r.Vehicles)), new(Say("Median"), r => Minutes(r.Median)), new(Say("90th percentile"), r => Minutes(r.P90))];

    public static IReadOnlyList<ReportColumn<EmissionsRow>> Emissions(Units units) =>
    [
        new(Say("Zone"), r => Wording.Scheme(r.Zone), false), new(Say("Class"), r => LiveWording.Class(r.Class), false), new(Say("Fuel"), r => LiveWording.Fuel(r.Fuel), false), new(Say("Euro"), r => r.Euro?.ToString(CultureInfo.CurrentCulture) ?? "–"),
        new(Say("Passages"), r => Whole(r.Passages)), new(units.Sign, r => One(units.Distance(r.Kilometres))), new("NOx g", r => One(r.NoxGrams)), new("PM g", r => r.PmGrams.ToString("#,0.00", CultureInfo.CurrentCulture)), new("CO₂ kg", r => One(r.Co2Kilograms)),
    ];

    public static Charted ChargesCharts(IReadOnlyList<ChargesRow> rows) =>
        [(Say("Charges a day"), Pivot("stack", rows, r => Wording.Day(r.Day), r => Wording.Scheme(r.Scheme), r => (double)r.Amount, CurrencySign.Of(CurrencyOf(rows)), true, r => ReportTarget.Charges(r.Day, r.Scheme).Address))];

    public static string ChargesSummary(IReadOnlyList<ChargesRow> rows) =>
        Say("{0} for pollution, {1} in tolls.", Wording.Money(rows.Where(r => r.Purpose == "pollution").Sum(r => r.Amount), CurrencyOf(rows)), Wording.Money(rows.Where(r => r.Purpose == "toll").Sum(r => r.Amount), CurrencyOf(rows)));

    private static string CurrencyOf(IReadOnlyList<ChargesRow> rows) => rows.Count == 0 ? "GBP" : rows[0].Currency;

    public static Charted ComplianceCharts(IReadOnlyList<ComplianceRow> rows) =>
    [
        (Say("Vehicles by fuel"), new ChartData("stack", Fuels(rows).ConvertAll(FuelOf), [new(Say("compliant"), Sums(rows, r => r.Fuel, r => r.Compliant)), new(Say("not compliant"), Sums(rows, r => r.Fuel, r => r.Vehicles - r.Compliant))], Say("vehicles"), Sideways: true)),
        (Say("Vehicles by Euro standard"), Pivot("stack", rows.OrderBy(r => r.Euro ?? 99), r => r.Euro is { } e ? $"Euro {e}" : Say("not in registry"), r => FuelOf(r.Fuel), r => r.Vehicles, Say("vehicles"))),
    ];

    public static string ComplianceSummary(IReadOnlyList<ComplianceRow> rows) => Say("{0} of {1} vehicles comply.", Share(rows.Sum(r => r.Compliant), rows.Sum(r => r.Vehicles)), Whole(rows.Sum(r => r.Vehicles)));

    public static Charted HoursCharts(IReadOnlyList<HourRow> rows) => [(Say("Passages by hour of the day"), Pivot("stack", rows, r => $"{r.Hour:00}", r => r.Station, r => r.Passages, Say("passages")))];

    public static Charted StationsCharts(IReadOnlyList<StationRow> rows) =>
        [(Say("Passages by station"), new ChartData("bar", [.. rows.Take(MostBars).Select(r => r.Station)], [new(Say("Passages"), [.. rows.Take(MostBars).Select(r => (double?)r.Passages)])], Say("passages"), Sideways: true))];

    public static Charted ReadsCharts(IReadOnlyList<ReadsRow> rows) =>
        [(Say("Share read, worst first"), Sideways(rows.OrderBy(r => (double)r.Read / r.Sightings), r => r.CameraId, r => Math.Round(100.0 * r.Read / r.Sightings, 1), "%"))];

    public static string ReadsSummary(IReadOnlyList<ReadsRow> rows) => Say("{0} of {1} sightings were read.", Share(rows.Sum(r => r.Read), rows.Sum(r => r.Sightings)), Whole(rows.Sum(r => r.Sightings)));

    /// <summary>A line for each version, where it read anything on a day.</summary>
    public static Charted VersionsCharts(IReadOnlyList<VersionsRow> rows)
    {
        DateOnly[] days = [.. rows.Select(r => r.Day).Distinct().Order()];
        string[] versions = [.. rows.Select(r => r.Version).Distinct().Order(StringComparer.Ordinal)];
        ChartData Lines(Func<VersionsRow, long> part, Func<VersionsRow, long> of) => new(
            "line", [.. days.Select(Wording.Day)],
            [.. versions.Select(v => new ChartSeries(v, [.. days.Select(d => rows.Where(r => r.Day == d && r.Version == v).ToList()).Select(r => r.Sum(of) is > 0 and var all ? Math.Round(100.0 * r.Sum(part) / all, 1) : (double?)null)]))],
            "%");
        return rows.Count == 0 ? [] :
        [
            (Say("Share left unread, by version"), Lines(r => r.Sightings - r.Read, r => r.Sightings)),
            (Say("Share of reviewed readings that were right, by version"), Lines(r => r.Reviewed - r.Corrected, r => r.Reviewed)),
        ];
    }

    public static Charted TravelCharts(IReadOnlyList<TravelRow> rows) => [(Say("Median minutes, busiest pairs"), Sideways(rows, r => $"{r.From} → {r.To}", r => Math.Round(r.Median.TotalMinutes, 1), "min"))];

    public static Charted DwellCharts(IReadOnlyList<DwellRow> rows) => rows.Count < 2
        ? []
        : [(Say("Median minutes a day"), new ChartData("line", [.. rows.Select(r => Wording.Day(r.Day))], [new(Say("Median"), [.. rows.Select(r => (double?)Math.Round(r.Median.TotalMinutes, 1))])], "min"))];

    public static Charted EmissionsCharts(IReadOnlyList<EmissionsRow> rows) =>
    [
        (Say("NOx by zone and fuel"), Pivot("stack", rows, r => Wording.Scheme(r.Zone), r => FuelOf(r.Fuel), r => r.NoxGrams, "g")),
        (Say("CO₂ by zone and class"), Pivot("stack", rows, r => Wording.Scheme(r.Zone), r => ClassOf(r.Class), r => r.Co2Kilograms, "kg")),
    ];

    public static string EmissionsSummary(IReadOnlyList<EmissionsRow> rows) => string.Join(" ", rows.GroupBy(r => r.Zone).Select(z =>
        $"{Wording.Scheme(z.Key)}: {One(z.Sum(r => r.NoxGrams))} g NOx, {z.Sum(r => r.PmGrams).ToString("#,0.00", CultureInfo.CurrentCulture)} g PM, {One(z.Sum(r => r.Co2Kilograms))} kg CO₂."));

    public static IReadOnlyList<ReportFigure> ChargesFigures(IReadOnlyList<ChargesRow> rows) =>
    [
        Money(Say("Pollution, net"), rows.Where(r => r.Purpose == "pollution").Sum(r => r.Amount), CurrencyOf(rows)), Money(Say("Tolls, net"), rows.Where(r => r.Purpose == "toll").Sum(r => r.Amount), CurrencyOf(rows)),
        Money(Say("Reversed"), rows.Sum(r => r.Reversed), CurrencyOf(rows)), Count(Say("Vehicles charged, each once a scheme and day"), rows.Sum(r => r.Vehicles)),
    ];

    public static IReadOnlyList<ReportFigure> ComplianceFigures(IReadOnlyList<ComplianceRow> rows) => [Count(Say("Vehicles"), rows.Sum(r => r.Vehicles)), Part(Say("Compliant"), rows.Sum(r => r.Compliant), rows.Sum(r => r.Vehicles))];

    public static IReadOnlyList<ReportFigure> HoursFigures(IReadOnlyList<HourRow> rows) => [Count(Say("Passages"), rows.Sum(r => r.Passages))];

    public static IReadOnlyList<ReportFigure> StationsFigures(IReadOnlyList<StationRow> rows) => [Count(Say("Stations with passages"), rows.Count), Count(Say("Passages"), rows.Sum(r => r.Passages))];

    public static IReadOnlyList<ReportFigure> ReadsFigures(IReadOnlyList<ReadsRow> rows) =>
        [Count(Say("Sightings"), rows.Sum(r => r.Sightings)), Part(Say("Read"), rows.Sum(r => r.Read), rows.Sum(r => r.Sightings)), Part(Say("Wrong, of those reviewed"), rows.Sum(r => r.Corrected), rows.Sum(r => r.Reviewed))];

    public static IReadOnlyList<ReportFigure> TravelFigures(IReadOnlyList<TravelRow> rows) => [Count(Say("Journeys between two stations"), rows.Sum(r => r.Vehicles))];

    public static IReadOnlyList<ReportFigure> DwellFigures(IReadOnlyList<DwellRow> rows) => [Count(Say("Vehicles seen more than once a day"), rows.Sum(r => r.Vehicles))];

    public static IReadOnlyList<ReportFigure> EmissionsFigures(IReadOnlyList<EmissionsRow> rows) =>
        [Amount("NOx", rows.Sum(r => r.NoxGrams), "g"), Amount("PM", rows.Sum(r => r.PmGrams), "g"), Amount("CO₂", rows.Sum(r => r.Co2Kilograms), "kg")];

    // Who may not search vehicles sees what passes there now.
    private static ReportTarget[] OfStation(string station, DateOnly from, DateOnly to) => [ReportTarget.Vehicles(station, from, to), ReportTarget.Live(station)];

    private static ReportFigure Money(string name, decimal amount, string currency) => new(name, (double)amount, Wording.Money(amount, currency));

    private static ReportFigure Count(string name, long number) => new(name, number, Whole(number));

    private static ReportFigure Amount(string name, double number, string unit) => new(name, number, $"{One(number)} {unit}");

    private static ReportFigure Part(string name, long part, long whole) => new(name, whole == 0 ? double.NaN : (double)part / whole, Share(part, whole), IsShare: true);

    private static string Whole(long number) => number.ToString("#,0", CultureInfo.CurrentCulture);

    private static string One(double number) => number.ToString("#,0.0", CultureInfo.CurrentCulture);

    private static string Minutes(TimeSpan span) => span.TotalHours >= 1 ? $"{(int)span.TotalHours} h {span.Minutes:00} min" : $"{span.TotalMinutes.ToString("0.0", CultureInfo.CurrentCulture)} min";

    private static string Share(long part, long whole) => whole == 0 ? "–" : Percent((double)part / whole);

    private static string Percent(double share) => (share * 100).ToString("N1", CultureInfo.CurrentCulture) + " %";

    // In charts as the registry has them.
    private static string FuelOf(string fuel) => fuel switch { "hybrid-petrol" => Say("hybrid-petrol"), "hybrid-diesel" => Say("hybrid-diesel"), _ => LiveWording.Fuel(fuel) };

    private static string ClassOf(string name) => name switch { "hgv" => Say("hgv"), "phv" => Say("phv"), _ => LiveWording.Class(name) };

    private static List<string> Fuels(IReadOnlyList<ComplianceRow> rows) => [.. rows.Select(r => r.Fuel).Distinct()];

    private static List<double?> Sums(IReadOnlyList<ComplianceRow> rows, Func<ComplianceRow, string> of, Func<ComplianceRow, long> value) =>
        [.. rows.Select(of).Distinct().Select(name => (double?)rows.Where(r => of(r) == name).Sum(value))];

    private static ChartData Sideways<T>(IEnumerable<T> rows, Func<T, string> name, Func<T, double> value, string unit, bool isBefore = false)
    {
        var shown = rows.Take(MostBars).ToList();
        return new ChartData("bar", shown.ConvertAll(r => name(r)), [new ChartSeries(unit, shown.ConvertAll(r => (double?)value(r)))], unit, Sideways: true);
    }

    // Rows to one series for each name, with a value for each category.
    private static ChartData Pivot<T>(string kind, IEnumerable<T> rows, Func<T, string> category, Func<T, string> series, Func<T, double> value, string unit, bool isBefore = false, Func<T, string>? key = null)
    {
        var all = rows.ToList();
        var categories = all.Select(category).Distinct().ToList();
        var sums = all.GroupBy(r => (category(r), series(r))).ToDictionary(g => g.Key, g => Math.Round(g.Sum(value), 2));
        var keys = key is null ? null : all.GroupBy(r => (category(r), series(r))).ToDictionary(g => g.Key, g => key(g.First()));
        return new ChartData(
            kind,
            categories,
            [
                .. all.Select(series).Distinct().Select(s => new ChartSeries(
                    s, categories.ConvertAll(c => sums.TryGetValue((c, s), out var sum) ? sum : (double?)null), keys is null ? null : categories.ConvertAll(c => keys.GetValueOrDefault((c, s))))),
            ],
            unit,
            IsBefore: isBefore && Languages.Language.Current == Languages.Language.English);
    }
}
