using System.Globalization;
using System.Net;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Components.Parts;

/// <summary>How the console says things.</summary>
public static class Wording
{
    public static string Pounds(decimal amount) => amount.ToString("£#,0.00;−£#,0.00", CultureInfo.InvariantCulture);

    public static string Percent(double share) => share.ToString("P0", CultureInfo.InvariantCulture);

    /// <summary>Below it a person should look at a character or a reading.</summary>
    public const double Doubtful = Sighting.LeastSure;

    /// <summary>How sure a reading is, such as 99.4 %. Cut, not rounded: only what is certain is 100 %.</summary>
    public static string Sure(double probability) => $"{SureNumber(probability)} %";

    /// <summary>The same in percent without the sign.</summary>
    public static string SureNumber(double probability) => probability switch
    {
        >= 1 => "100",
        > 0 and < 0.001 => "< 0.1",
        _ => (Math.Floor((probability * 1000) + 1e-6) / 10).ToString("0.0", CultureInfo.InvariantCulture),
    };

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

    /// <summary>The core cannot be asked.</summary>
    public const string Away = "The core does not answer.";

    /// <summary>Why the core could not be asked, or what it has to say.</summary>
    public static string Trouble(HttpRequestException e) => e.StatusCode is not null ? e.Message : e.InnerException is OperationCanceledException ? "The core took too long to answer." : Away;

    /// <summary>The same for somebody who asked, and who may ask again.</summary>
    public static string Failure(HttpRequestException e) => Trouble(e) + (e.StatusCode is null or HttpStatusCode.ServiceUnavailable ? " Try again in a moment." : "");

    /// <summary>What an answer of the core means that has no words of its own.</summary>
    public static string Refused(int status) => status switch
    {
        401 => "Your session has ended. Sign in again.",
        403 => "Your role does not allow this.",
        404 => "There is no such thing, or it has been deleted.",
        503 => "The core is starting.",
        >= 500 => $"The core has failed (HTTP {status}). Its log says why.",
        _ => $"The core refuses this (HTTP {status}).",
    };

    /// <summary>How a vehicle moved; null when nothing is known of it.</summary>
    public static string? Movement(SightingView sighting)
    {
        var way = sighting.Movement switch { "towards" => "towards the camera", "away" => "away from the camera", "left" => "to the left of the picture", "right" => "to the right of the picture", _ => null };
        var speed = sighting.SpeedKmh is { } kmh ? string.Create(CultureInfo.InvariantCulture, $"{kmh:0} km/h") : null;
        return (way, speed) is (null, null) ? null : string.Join(", ", new[] { way, speed }.OfType<string>());
    }
}
