using SmartCity.Contracts.Api;

namespace SmartCity.Core.Investigations;

/// <summary>What an investigation must say, and how long it may be kept. Pure.</summary>
internal static class InvestigationRules
{
    public const string Sighting = "sighting";
    public const string Alert = "alert";
    public const string Charge = "charge";
    public const string Open = "open";
    public const string Closed = "closed";
    public const int LongestNote = 4_000;
    private const int LongestTitle = 200;
    private const int LongestPurpose = 1_000;
    private const int MostYears = 10;

    public static IReadOnlyList<string> Kinds { get; } = [Sighting, Alert, Charge];

    /// <summary>What is wrong; null when nothing is.</summary>
    public static string? Check(InvestigationChange change, DateOnly today) =>
        Length(change.Title, 3, LongestTitle) is false ? $"title must have 3 to {LongestTitle} characters."
        : Length(change.Purpose, 3, LongestPurpose) is false ? $"purpose must have 3 to {LongestPurpose} characters: what the investigation is for."
        : change.Reference?.Length > LongestTitle ? $"reference has {change.Reference.Length} characters; at most {LongestTitle} are allowed."
        : Length(change.Owner, 1, LongestTitle) is false ? "owner is missing: who is responsible."
        : change.State is not (Open or Closed) ? "state must be open or closed."
        : change.KeepUntil is not { } until || until < today || until > today.AddYears(MostYears) ? $"keepUntil must be a day from today to {MostYears} years from now, such as {today.AddYears(1):yyyy-MM-dd}."
        : null;

    private static bool Length(string? text, int least, int most) => text?.Trim().Length is { } length && length >= least && length <= most;
}
