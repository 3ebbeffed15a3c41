using System.Globalization;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Components.Parts;

/// <summary>How the console says things.</summary>
public static class Wording
{
    public static string Pounds(decimal amount) => amount.ToString("£#,0.00;−£#,0.00", CultureInfo.InvariantCulture);

    public static string Percent(double share) => share.ToString("P0", CultureInfo.InvariantCulture);

    public static string Scheme(string scheme) => scheme switch { "ulez" => "ULEZ", "lez" => "LEZ", "congestion" => "Congestion", _ => scheme };

    public static string Kind(string reviewKind) => reviewKind switch
    {
        "unread" => "Not read",
        "doubtful" => "Doubtful",
        "near-match" => "Near a hot-list entry",
        "unregistered" => "Not in the registry",
        "unclassified" => "Registry says too little",
        "second-person" => "Waits for a second person",
        "skipped" => "Put off",
        _ => reviewKind,
    };

    /// <summary>What a decision did, for the person who made it.</summary>
    public static string Outcome(ReviewOutcome outcome)
    {
        if (outcome.Proposed)
        {
            return $"{outcome.Plate ?? "No plate"} is proposed; a second person has to come to the same before it counts.";
        }

        var lines = outcome.Entries.Select(e => $"{Scheme(e.Scheme)} {Pounds(e.Amount)} {(e.Kind == "reversal" ? "taken back" : "charged")}").ToList();
        if (outcome.Alerts.Count > 0)
        {
            lines.Add(outcome.Alerts.Count == 1 ? "an alert was raised" : $"{outcome.Alerts.Count} alerts were raised");
        }

        return $"{outcome.Plate ?? "No plate"}: {(lines.Count == 0 ? "no charge changes" : string.Join(", ", lines))}.";
    }

    /// <summary>Why the core could not be asked.</summary>
    public static string Failure(HttpRequestException e) =>
        e.StatusCode is { } status && (int)status is >= 400 and < 500 ? e.Message : $"The core does not answer ({e.Message}). Try again in a moment.";
}
