using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Live;
using SmartCity.Web.Components.Parts;
using Charted = System.Collections.Generic.IReadOnlyList<(string Label, SmartCity.Web.Components.Reports.ChartData Data)>;

namespace SmartCity.Web.Components.Reports;

/// <summary>Each report's columns, charts and its one sentence. Figures are the API's; here they are only laid out.</summary>
internal static class ReportText
{
    private const int MostBars = 15;

    public static IReadOnlyList<ReportColumn<ChargesRow>> Charges { get; } =
    [
        new("Day", r => Day(r.Day), false, To: (r, _, _) => [ReportTarget.Charges(r.Day, r.Scheme)]), new("Scheme", r => Wording.Scheme(r.Scheme), false), new("For", r => r.Purpose, false), new("Vehicles", r => Whole(r.Vehicles)),
        new("Net", r => Wording.Money(r.Amount, r.Currency)), new("Reversed", r => Wording.Money(r.Reversed, r.Currency)),
    ];

    public static IReadOnlyList<ReportColumn<ComplianceRow>> Compliance { get; } =
    [
        new("Class", r => LiveWording.Class(r.Class), false, To: (r, from, to) => [ReportTarget.OfClass(r.Class, from, to)]), new("Fuel", r => LiveWording.Fuel(r.Fuel), false), new("Euro", r => r.Euro?.ToString(CultureInfo.InvariantCulture) ?? "–"), new("Vehicles", r => Whole(r.Vehicles)),
        new("Compliant", r => Whole(r.Compliant)), new("Share", r => Wording.Percent((double)r.Compliant / r.Vehicles)),
    ];

    public static IReadOnlyList<ReportColumn<HourRow>> Hours { get; } = [new("Hour", r => $"{r.Hour:00}:00"), new("Station", r => r.Station, false, To: (r, from, to) => OfStation(r.StationId, from, to)), new("Passages", r => Whole(r.Passages))];

    public static IReadOnlyList<ReportColumn<StationRow>> Stations { get; } =
        [new("Station", r => r.Station, false, To: (r, from, to) => OfStation(r.StationId, from, to)), new("Passages", r => Whole(r.Passages)), new("Vehicles", r => Whole(r.Vehicles)), new("Busiest hour", r => $"{r.BusiestHour:00}:00")];

    public static IReadOnlyList<ReportColumn<ReadsRow>> Reads { get; } =
    [
        new("Station", r => r.StationId, false), new("Camera", r => r.CameraId, false), new("Sightings", r => Whole(r.Sightings)), new("Read", r => Share(r.Read, r.Sightings)),
        new("Mean confidence", r => r.MeanConfidence is { } c ? c.ToString("P1", CultureInfo.InvariantCulture) : "–"), new("Reviewed", r => Whole(r.Reviewed)), new("Of these, wrong", r => Share(r.Corrected, r.Reviewed)),
    ];

    public static IReadOnlyList<ReportColumn<VersionsRow>> Versions { get; } =
    [
        new("Day", r => Day(r.Day), false), new("Version", r => r.Version, false, To: (r, _, _) => [ReportTarget.Review(r.Version)]), new("Station", r => r.StationId, false), new("Sightings", r => Whole(r.Sightings)), new("Read", r => Share(r.Read, r.Sightings)),
        new("Reviewed", r => Whole(r.Reviewed)), new("Of these, wrong", r => Share(r.Corrected, r.Reviewed)),
    ];

    public static IReadOnlyList<ReportColumn<TravelRow>> Travel { get; } =
    [
        new("From", r => r.From, false, Wraps: true), new("To", r => r.To, false, Wraps: true), new("Vehicles", r => Whole(r.Vehicles)), new("Median", r => Minutes(r.Median)), new("90th percentile", r => Minutes(r.P90)),
        new("Distance (straight line)", r => $"{One(r.Kilometres)} km"), new("Speed, at least", r => $"{r.KilometresAnHour.ToString("#,0", CultureInfo.InvariantCulture)} km/h"),
    ];

    public static IReadOnlyList<ReportColumn<DwellRow>> Dwell { get; } =
        [new("Day", r => Day(r.Day), false), new("Vehicles", r => Whole(r.Vehicles)), new("Median", r => Minutes(r.Median)), new("90th percentile", r => Minutes(r.P90))];

    public static IReadOnlyList<ReportColumn<EmissionsRow>> Emissions { get; } =
    [
        new("Zone", r => Wording.Scheme(r.Zone), false), new("Class", r => LiveWording.Class(r.Class), false), new("Fuel", r => LiveWording.Fuel(r.Fuel), false), new("Euro", r => r.Euro?.ToString(CultureInfo.InvariantCulture) ?? "–"),
        new("Passages", r => Whole(r.Passages)), new("km", r => One(r.Kilometres)), new("NOx g", r => One(r.NoxGrams)), new("PM g", r => r.PmGrams.ToString("#,0.00", CultureInfo.InvariantCulture)), new("CO₂ kg", r => One(r.Co2Kilograms)),
    ];

    public static Charted ChargesCharts(IReadOnlyList<ChargesRow> rows) =>
        [("Charges a day", Pivot("stack", rows, r => Day(r.Day), r => Wording.Scheme(r.Scheme), r => (double)r.Amount, CurrencySign.Of(CurrencyOf(rows)), true, r => ReportTarget.Charges(r.Day, r.Scheme).Address))];

    public static string ChargesSummary(IReadOnlyList<ChargesRow> rows) =>
        $"{Wording.Money(rows.Where(r => r.Purpose == "pollution").Sum(r => r.Amount), CurrencyOf(rows))} for pollution, {Wording.Money(rows.Where(r => r.Purpose == "toll").Sum(r => r.Amount), CurrencyOf(rows))} in tolls.";

    private static string CurrencyOf(IReadOnlyList<ChargesRow> rows) => rows.Count == 0 ? "GBP" : rows[0].Currency;

    public static Charted ComplianceCharts(IReadOnlyList<ComplianceRow> rows) =>
    [
        ("Vehicles by fuel", new ChartData("stack", Fuels(rows), [new("compliant", Sums(rows, r => r.Fuel, r => r.Compliant)), new("not compliant", Sums(rows, r => r.Fuel, r => r.Vehicles - r.Compliant))], "vehicles", Sideways: true)),
        ("Vehicles by Euro standard", Pivot("stack", rows.OrderBy(r => r.Euro ?? 99), r => r.Euro is { } e ? $"Euro {e}" : "not in registry", r => r.Fuel, r => r.Vehicles, "vehicles")),
    ];

    public static string ComplianceSummary(IReadOnlyList<ComplianceRow> rows) => $"{Share(rows.Sum(r => r.Compliant), rows.Sum(r => r.Vehicles))} of {Whole(rows.Sum(r => r.Vehicles))} vehicles comply.";

    public static Charted HoursCharts(IReadOnlyList<HourRow> rows) => [("Passages by hour of the day", Pivot("stack", rows, r => $"{r.Hour:00}", r => r.Station, r => r.Passages, "passages"))];

    public static Charted StationsCharts(IReadOnlyList<StationRow> rows) =>
        [("Passages by station", new ChartData("bar", [.. rows.Take(MostBars).Select(r => r.Station)], [new("Passages", [.. rows.Take(MostBars).Select(r => (double?)r.Passages)])], "passages", Sideways: true))];

    public static Charted ReadsCharts(IReadOnlyList<ReadsRow> rows) =>
        [("Share read, worst first", Sideways(rows.OrderBy(r => (double)r.Read / r.Sightings), r => r.CameraId, r => Math.Round(100.0 * r.Read / r.Sightings, 1), "%"))];

    public static string ReadsSummary(IReadOnlyList<ReadsRow> rows) => $"{Share(rows.Sum(r => r.Read), rows.Sum(r => r.Sightings))} of {Whole(rows.Sum(r => r.Sightings))} sightings were read.";

    /// <summary>A line for each version, where it read anything on a day.</summary>
    public static Charted VersionsCharts(IReadOnlyList<VersionsRow> rows)
    {
        DateOnly[] days = [.. rows.Select(r => r.Day).Distinct().Order()];
        string[] versions = [.. rows.Select(r => r.Version).Distinct().Order(StringComparer.Ordinal)];
        ChartData Lines(Func<VersionsRow, long> part, Func<VersionsRow, long> of) => new(
            "line", [.. days.Select(Day)],
            [.. versions.Select(v => new ChartSeries(v, [.. days.Select(d => rows.Where(r => r.Day == d && r.Version == v).ToList()).Select(r => r.Sum(of) is > 0 and var all ? Math.Round(100.0 * r.Sum(part) / all, 1) : (double?)null)]))],
            "%");
        return rows.Count == 0 ? [] :
        [
            ("Share left unread, by version", Lines(r => r.Sightings - r.Read, r => r.Sightings)),
            ("Share of reviewed readings that were right, by version", Lines(r => r.Reviewed - r.Corrected, r => r.Reviewed)),
        ];
    }

    public static Charted TravelCharts(IReadOnlyList<TravelRow> rows) => [("Median minutes, busiest pairs", Sideways(rows, r => $"{r.From} → {r.To}", r => Math.Round(r.Median.TotalMinutes, 1), "min"))];

    public static Charted DwellCharts(IReadOnlyList<DwellRow> rows) => rows.Count < 2
        ? []
        : [("Median minutes a day", new ChartData("line", [.. rows.Select(r => Day(r.Day))], [new("Median", [.. rows.Select(r => (double?)Math.Round(r.Median.TotalMinutes, 1))])], "min"))];

    public static Charted EmissionsCharts(IReadOnlyList<EmissionsRow> rows) =>
    [
        ("NOx by zone and fuel", Pivot("stack", rows, r => Wording.Scheme(r.Zone), r => r.Fuel, r => r.NoxGrams, "g")),
        ("CO₂ by zone and class", Pivot("stack", rows, r => Wording.Scheme(r.Zone), r => r.Class, r => r.Co2Kilograms, "kg")),
    ];

    public static string EmissionsSummary(IReadOnlyList<EmissionsRow> rows) => string.Join(" ", rows.GroupBy(r => r.Zone).Select(z =>
        $"{Wording.Scheme(z.Key)}: {One(z.Sum(r => r.NoxGrams))} g NOx, {z.Sum(r => r.PmGrams).ToString("#,0.00", CultureInfo.InvariantCulture)} g PM, {One(z.Sum(r => r.Co2Kilograms))} kg CO₂."));

    public static IReadOnlyList<ReportFigure> ChargesFigures(IReadOnlyList<ChargesRow> rows) =>
    [
        Money("Pollution, net", rows.Where(r => r.Purpose == "pollution").Sum(r => r.Amount), CurrencyOf(rows)), Money("Tolls, net", rows.Where(r => r.Purpose == "toll").Sum(r => r.Amount), CurrencyOf(rows)),
        Money("Reversed", rows.Sum(r => r.Reversed), CurrencyOf(rows)), Count("Vehicles charged, each once a scheme and day", rows.Sum(r => r.Vehicles)),
    ];

    public static IReadOnlyList<ReportFigure> ComplianceFigures(IReadOnlyList<ComplianceRow> rows) => [Count("Vehicles", rows.Sum(r => r.Vehicles)), Part("Compliant", rows.Sum(r => r.Compliant), rows.Sum(r => r.Vehicles))];

    public static IReadOnlyList<ReportFigure> HoursFigures(IReadOnlyList<HourRow> rows) => [Count("Passages", rows.Sum(r => r.Passages))];

    public static IReadOnlyList<ReportFigure> StationsFigures(IReadOnlyList<StationRow> rows) => [Count("Stations with passages", rows.Count), Count("Passages", rows.Sum(r => r.Passages))];

    public static IReadOnlyList<ReportFigure> ReadsFigures(IReadOnlyList<ReadsRow> rows) =>
        [Count("Sightings", rows.Sum(r => r.Sightings)), Part("Read", rows.Sum(r => r.Read), rows.Sum(r => r.Sightings)), Part("Wrong, of those reviewed", rows.Sum(r => r.Corrected), rows.Sum(r => r.Reviewed))];

    public static IReadOnlyList<ReportFigure> TravelFigures(IReadOnlyList<TravelRow> rows) => [Count("Journeys between two stations", rows.Sum(r => r.Vehicles))];

    public static IReadOnlyList<ReportFigure> DwellFigures(IReadOnlyList<DwellRow> rows) => [Count("Vehicles seen more than once a day", rows.Sum(r => r.Vehicles))];

    public static IReadOnlyList<ReportFigure> EmissionsFigures(IReadOnlyList<EmissionsRow> rows) =>
        [Amount("NOx", rows.Sum(r => r.NoxGrams), "g"), Amount("PM", rows.Sum(r => r.PmGrams), "g"), Amount("CO₂", rows.Sum(r => r.Co2Kilograms), "kg")];

    public static string Day(DateOnly day) => day.ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    // Who may not search vehicles sees what passes there now.
    private static ReportTarget[] OfStation(string station, DateOnly from, DateOnly to) => [ReportTarget.Vehicles(station, from, to), ReportTarget.Live(station)];

    private static ReportFigure Money(string name, decimal amount, string currency) => new(name, (double)amount, Wording.Money(amount, currency));

    private static ReportFigure Count(string name, long number) => new(name, number, Whole(number));

    private static ReportFigure Amount(string name, double number, string unit) => new(name, number, $"{One(number)} {unit}");

    private static ReportFigure Part(string name, long part, long whole) => new(name, whole == 0 ? double.NaN : (double)part / whole, Share(part, whole), IsShare: true);

    private static string Whole(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string One(double number) => number.ToString("#,0.0", CultureInfo.InvariantCulture);

    private static string Minutes(TimeSpan span) => span.TotalHours >= 1 ? $"{(int)span.TotalHours} h {span.Minutes:00} min" : $"{span.TotalMinutes.ToString("0.0", CultureInfo.InvariantCulture)} min";

    private static string Share(long part, long whole) => whole == 0 ? "–" : ((double)part / whole).ToString("P1", CultureInfo.InvariantCulture);

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
            IsBefore: isBefore);
    }
}
