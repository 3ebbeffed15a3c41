namespace SmartCity.Core.Retention;

/// <summary>What is kept how long at least. Pure.</summary>
internal static class RetentionRules
{
    public const string Dismissed = "dismissed";
    public const string Alerts = "alerts";
    public const string Charges = "charges";
    public const string Evidence = "evidence";
    public const string Sightings = "sightings";
    public const string Archive = "archive";
    public const string Letters = "letters";
    public const string Shifts = "shifts";
    public const string Notes = "notes";
    public const string Audit = "audit";

    /// <summary>What a statement of retention may take. They are small, but the database may have other things to do.</summary>
    public const int CommandSeconds = 600;

    /// <summary>For so many days after it was made a charge can be challenged.</summary>
    public const int ChallengeDays = 28;

    private const int MostDays = 36_500;

    /// <summary>In the order in which they are carried out: what keeps records before the records, pictures before the rows that name them.</summary>
    public static readonly IReadOnlyList<string> Kinds = [Dismissed, Alerts, Charges, Evidence, Sightings, Archive, Letters, Shifts, Notes, Audit];

    public static string What(string kind) => kind switch
    {
        Dismissed => "Dismissed alerts and their history, counted from the day they were raised.",
        Alerts => "Acknowledged and resolved alerts and their history, counted from the day they were raised. Open and escalated ones are never removed.",
        Charges => $"Pictures of charges that stand, counted from the end of the {ChallengeDays} days in which a charge can be challenged, or from the decision of its last dispute. The charges are kept.",
        Evidence => "Pictures of vehicles and plates. Pictures of a charge that can still be challenged (see charges), an alert that is not dismissed or a case that waits for review are never removed.",
        Sightings => "Sightings and passages, and then whatever else is stored about their plates. Sightings that a charge, an alert or a waiting case rests on are never removed.",
        Archive => "Days of sightings and passages in the lake. Their files go when the last snapshot that has them does.",
        Letters => "Events that a function never took, counted from the last attempt, and events for functions that the city file no longer names, counted from when they happened.",
        Shifts => "Shifts of the control room with their logs, counted from their end. What waited when a shift was handed over goes with it.",
        Notes => "Notes on vehicles and stations, counted from the day they were written.",
        _ => "The oldest lines of the audit. A line that stays says what was removed.",
    };

    /// <summary>Fewest and most days. A charge can be challenged for 28 days; who looked at what must be answerable for a year.</summary>
    public static (int Least, int Most) Limits(string kind) => (kind switch { Evidence => 28, Audit => 365, Dismissed or Letters or Notes => 1, _ => 30 }, MostDays);

    /// <summary>What is wrong with a number of days; null when nothing is.</summary>
    /// <param name="others">Days of every kind as they are.</param>
    public static string? Check(string kind, int? days, IReadOnlyDictionary<string, int> others)
    {
        var (least, most) = Limits(kind);
        if (days is not { } given || given < least || given > most)
        {
            return $"days must be from {least} to {most} for {kind}.";
        }

        return kind == Evidence && given > others[Sightings] ? $"days: pictures cannot be kept longer than their sightings ({others[Sightings]} days)."
            : kind == Sightings && given < others[Evidence] ? $"days: sightings cannot be removed before their pictures ({others[Evidence]} days)."
            : null;
    }
}

/// <summary>What a step removed.</summary>
internal readonly record struct Removal(long Removed, long Kept, long Bytes)
{
    public static Removal operator +(Removal a, Removal b) => new(a.Removed + b.Removed, a.Kept + b.Kept, a.Bytes + b.Bytes);
}
