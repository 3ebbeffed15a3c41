using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Packages;

/// <summary>Records in words. Times stand in the city's time and in UTC.</summary>
internal sealed class PackageText(ChargingCity city, IReadOnlyDictionary<string, string> stations)
{
    public string Time(DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $"{city.Local(at):d MMMM yyyy HH:mm:ss} {city.TimeZone} ({at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'})");

    public string Station(string id) => stations.TryGetValue(id, out var name) ? $"{name} ({id})" : id;

    public static string Money(decimal amount, string currency) => string.Create(CultureInfo.InvariantCulture, $"{amount:0.00} {currency}");

    public static string Scheme(string scheme) => scheme switch { ChargeRules.Ulez => "ULEZ", ChargeRules.Lez => "LEZ", ChargeRules.Congestion => "Congestion Charge", _ => scheme };

    /// <summary>A charge: what is charged, by which rule, on which facts, and what became of it.</summary>
    public IEnumerable<PackageSection> Charge(IReadOnlyList<ChargeView> lines, PackageRecords records)
    {
        var first = lines[0];
        yield return new PackageSection($"Charge: {Scheme(first.Scheme)} on {Day(first.Day)}")
        {
            Facts =
            [
                new("Charge", first.Id.ToString()),
                new("Plate", first.Plate),
                new("Stands", Money(lines.Sum(l => l.Amount), first.Currency)),
                new("Reason", first.Why),
                new("Rule", first.Rule),
                .. RuleTexts.Of(first.Rule) is { } rule ? (PackageFact[])[new("Rule in words", $"{rule} (all rules: {RuleTexts.FileName})")] : [],
                new("Tariff", first.TariffVersion),
                .. records.Tariffs.Where(t => t.Version == first.TariffVersion && t.From == first.Day).SelectMany(t => Rates(t.Rates)),
                .. first.Facts is { } facts ? Registry(facts) : [new("Registry", "The facts were not kept with this charge, which an older version made.")],
                new("Trace", first.TraceId ?? "not known"),
            ],
        };
        yield return new PackageSection("Lines of the ledger")
        {
            Table = new(["Recorded", "Kind", "Amount", "Reason"], [.. lines.Select(l => (string[])[Time(l.RecordedAt), l.Kind, Money(l.Amount, l.Currency), l.Why])]),
        };
        var disputes = records.Disputes.Where(d => d.Charge.Plate == first.Plate && d.Charge.Scheme == first.Scheme && d.Charge.Day == first.Day).ToList();
        if (disputes.Count > 0)
        {
            yield return new PackageSection("Disputes")
            {
                Table = new(["Raised", "By", "Reason", "State", "Decided"], [.. disputes.Select(d => (string[])[Time(d.RaisedAt), d.RaisedBy, d.Reason, d.State, d.DecidedAt is { } at ? $"{Time(at)}, {d.DecidedBy}: {d.Note}" : ""])]),
            };
        }
    }

    /// <summary>An alert: what it was raised for, and what people did.</summary>
    public IEnumerable<PackageSection> Alert(PackagedAlert packaged)
    {
        var alert = packaged.Alert;
        yield return new PackageSection($"Alert: {alert.Plate}")
        {
            Facts =
            [
                new("Alert", alert.Id.ToString()),
                new("Plate", alert.Plate),
                new("Hot-list entry", $"{alert.Pattern} ({alert.EntryId})"),
                new("Reason", alert.Reason),
                new("Priority", alert.Priority.ToString(CultureInfo.InvariantCulture)),
                new("Requested by", alert.RequestedBy ?? "not given"),
                new("List", alert.List ?? "none"),
                new("Where", $"{Station(alert.StationId)}, camera {alert.CameraId ?? "not known"}, {alert.Direction ?? "direction not known"}"),
                new("When", Time(alert.CapturedAt)),
                new("Raised", Time(alert.RaisedAt)),
                new("State", alert.Outcome is { } outcome ? $"{alert.State}: {outcome}" : alert.State),
                new("Owner", alert.AcknowledgedBy ?? "nobody"),
                .. alert.ReadingTakenBack ? (PackageFact[])[new("Reading", "A person has decided since that the sighting shows another plate, or none.")] : [],
                new("Trace", alert.TraceId ?? "not known"),
            ],
        };
        if (packaged.Actions.Count > 0)
        {
            yield return new PackageSection("What people did with the alert")
            {
                Table = new(["When", "Who", "Action", "Note"], [.. packaged.Actions.Select(a => (string[])[Time(a.At), a.By, a.Outcome is { } became ? $"{a.Action}: {became}" : a.Action, a.Note ?? ""])]),
            };
        }
    }

    /// <summary>A sighting: where and when, what was read and what else it may be, and its pictures.</summary>
    public PackageSection Sighting(SightingView sighting, IEnumerable<PackagedDecision> decisions, IReadOnlyList<PackagePicture> pictures, IReadOnlyList<string> missing)
    {
        var read = sighting.Decision is { } decided ? decided.Read : sighting.Plate;
        return new PackageSection(string.Create(CultureInfo.InvariantCulture, $"Sighting: {sighting.Plate ?? "no plate"}, {city.Local(sighting.CapturedAt):d MMMM yyyy HH:mm:ss}"))
        {
            Note = missing.Count == 0 ? null : string.Join(' ', missing),
            Facts =
            [
                new("Sighting", sighting.Id.ToString()),
                new("When", Time(sighting.CapturedAt)),
                new("Where", $"{Station(sighting.StationId)}, camera {sighting.CameraId}, {sighting.Direction ?? "direction not known"}"),
                new("Clock", sighting.ClockSynchronised switch { true => "synchronised", false => "not synchronised", _ => "not known" }),
                new("Read by the camera", read is null ? "no plate" : $"{read}, confidence {Percent(sighting.Confidence)}, from {sighting.Frames} frames"),
                new("Each character", sighting.Characters.Count == 0 ? "not known" : string.Join(", ", sighting.Characters.Select((c, i) => $"{(read is { } text && i < text.Length ? text[i] : '?')} {Percent(c)}"))),
                new("Other readings", sighting.Alternatives.Count == 0 ? "none" : string.Join(", ", sighting.Alternatives.Select(a => $"{a.Plate} {Percent(a.Confidence)}"))),
                .. decisions.Select(d => new PackageFact("Decision", $"{d.By ?? "A person"}, {Time(d.At)}: {d.Decision}, {d.Plate ?? "no plate"}")),
                new("Models", $"{sighting.DetectorVersion ?? "not known"}, {sighting.ReaderVersion ?? "not known"}"),
                new("Trace", sighting.TraceId ?? "not known"),
            ],
            Pictures = pictures,
        };
    }

    public PackageSection Audit(IReadOnlyList<AuditLine> lines) => new("Extract of the audit")
    {
        Note = lines.Count == 0 ? "The audit has no line about any of this yet." : "Each line is signed together with the line before; the hashes are in audit.csv.",
        Table = lines.Count == 0 ? null : new(["No.", "When", "Who", "Action", "Subject", "Reason"], [.. lines.Select(l => (string[])[l.Number.ToString(CultureInfo.InvariantCulture), Time(l.At), l.Actor, l.Action, l.Subject ?? "", l.Reason ?? ""])]),
    };

    public static string Day(DateOnly day) => day.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(share * 1000) / 10:0.0} %");

    private static IEnumerable<PackageFact> Rates(TariffRates rates)
    {
        (string Name, decimal? Amount)[] amounts =
        [
            ("ULEZ", rates.Ulez), ("LEZ, heavy, Euro IV or V", rates.LezHeavyEuro4And5), ("LEZ, heavy, worse", rates.LezHeavyWorse), ("LEZ, light", rates.LezLight), ("Congestion Charge", rates.Congestion),
        ];
        yield return new("Rates of the day", string.Join("; ", amounts.Where(a => a.Amount is not null).Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Name} {a.Amount:0.00}"))));
    }

    private static PackageFact[] Registry(ChargedFacts facts) =>
    [
        new("Registry: class", facts.Class),
        new("Registry: fuel", facts.Fuel),
        new("Registry: Euro", facts.Euro?.ToString(CultureInfo.InvariantCulture) ?? "not known"),
        new("Registry: first registered", facts.FirstRegistered is { } first ? Day(first) : "not known"),
        new("Registry: gross, unladen", string.Create(CultureInfo.InvariantCulture, $"{Kilograms(facts.GrossKg)}, {Kilograms(facts.UnladenKg)}")),
        new("Registry: tax class", facts.TaxClass ?? "none"),
        .. facts.TypeApproval is { Length: > 0 } approval ? (PackageFact[])[new("Registry: type approval", approval)] : [],
        new("Registry: discounts", facts.Discounts.Count == 0 ? "none" : string.Join(", ", facts.Discounts)),
    ];

    private static string Kilograms(int? weight) => weight is { } kg ? string.Create(CultureInfo.InvariantCulture, $"{kg:N0} kg") : "not known";
}
