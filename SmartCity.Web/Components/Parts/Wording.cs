using System.Globalization;
using System.Net;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Live;

namespace SmartCity.Web.Components.Parts;

/// <summary>How the console says things.</summary>
public static class Wording
{
    /// <param name="currency">ISO 4217.</param>
    public static string Money(decimal amount, string currency)
    {
        var sign = CurrencySign.Of(currency);
        return amount.ToString($"'{sign}'#,0.00;'−{sign}'#,0.00", CultureInfo.InvariantCulture);
    }

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
        "near-match" => "Similar to a hot-list entry",
        "unregistered" => "Not in the registry",
        "unclassified" => "Incomplete registry record",
        "two-places" => "Seen in two places",
        "two-readings" => "Read in two ways",
        "watched" => "Watched after a dispute",
        "audit-sample" => "Random check of a confident reading",
        "second-person" => "Waiting for a second person",
        "skipped" => "Skipped",
        _ => reviewKind,
    };

    /// <summary>What a person decided about a reading. How sure the camera was says nothing about it.</summary>
    public static string Decided(SightingView sighting, ReadingDecision decision)
    {
        var by = decision.By ?? "a person";
        return sighting.Plate is null ? $"{by} found no plate" : sighting.Plate == decision.Read ? $"{by} confirmed {sighting.Plate}" : $"{by} corrected it to {sighting.Plate}";
    }

    /// <summary>What a decision did, for the person who made it.</summary>
    public static string Outcome(ReviewOutcome outcome)
    {
        if (outcome.Proposed)
        {
            return $"{outcome.Plate ?? "No plate"} is proposed. It takes effect when a second person makes the same decision.";
        }

        var lines = outcome.Entries.Select(e => e.Kind == "reversal" ? $"{Money(-e.Amount, e.Currency)} {Scheme(e.Scheme)} reversed for {e.Plate}" : $"{Money(e.Amount, e.Currency)} {Scheme(e.Scheme)} charged to {e.Plate}").ToList();
        if (outcome.Alerts.Count > 0)
        {
            lines.Add(outcome.Alerts.Count == 1 ? "1 alert raised" : $"{outcome.Alerts.Count} alerts raised");
        }

        return $"The reading is now {outcome.Plate ?? "no plate"}{(lines.Count == 0 ? ". No charge changes" : ": " + string.Join(", ", lines))}.";
    }

    /// <summary>What a decision would take back, from the core's question for a reason.</summary>
    public static string TakesBack(HttpRequestException question) =>
        question.Message.Replace(" Give a reason for it in the header Audit-Reason.", "", StringComparison.Ordinal) + " The reason is recorded in the ledger and in the audit.";

    /// <summary>There is no picture any more. Which of the three it was is not kept.</summary>
    public const string NoPicture = "No picture: it was deleted to free disk space, because its retention period is over, or by an erasure.";

    /// <summary>The core cannot be asked.</summary>
    public const string Away = "The core does not answer.";

    /// <summary>The core is of a release that does not know what this console asks.</summary>
    public const string OlderCore = "The core is older than this console and cannot search in this way. Update it, or try again when its update has ended.";

    /// <summary>Why the core could not be asked, or what it has to say.</summary>
    public static string Trouble(HttpRequestException e) => e.StatusCode is not null ? e.Message : e.InnerException is OperationCanceledException ? "The core took too long to answer." : Away;

    /// <summary>The same for somebody who asked, and who may ask again.</summary>
    public static string Failure(HttpRequestException e) => Trouble(e) + (e.StatusCode is null or HttpStatusCode.ServiceUnavailable ? " Try again in a moment." : "");

    /// <summary>What an answer of the core means that has no words of its own.</summary>
    public static string Refused(int status) => status switch
    {
        401 => "Your session has ended. Sign in again.",
        403 => "Your role does not allow this.",
        404 => "Not found. It may have been deleted.",
        503 => "The core is starting.",
        >= 500 => $"The core reported an error (HTTP {status}). Its log has the details.",
        _ => $"The core refused the request (HTTP {status}).",
    };

    /// <summary>A vehicle in words: <c>silver Honda Jazz, car, petrol hybrid, Euro 6</c>.</summary>
    public static string Vehicle(VehicleView vehicle) => string.Join(", ", new[]
    {
        string.Join(' ', new[] { vehicle.Colour, vehicle.Make, vehicle.Model }.Where(t => !string.IsNullOrEmpty(t))),
        vehicle.Class is { } name ? LiveWording.Class(name) : null,
        LiveWording.Fuel(vehicle.Fuel),
        vehicle.Euro is { } euro ? string.Create(CultureInfo.InvariantCulture, $"Euro {euro}") : null,
    }.Where(t => !string.IsNullOrEmpty(t)));

    /// <summary>How a vehicle moved; null when nothing is known of it.</summary>
    public static string? Movement(SightingView sighting)
    {
        var way = sighting.Movement switch { "towards" => "towards the camera", "away" => "away from the camera", "left" => "to the left of the picture", "right" => "to the right of the picture", _ => null };
        var speed = sighting.SpeedKmh is { } kmh ? string.Create(CultureInfo.InvariantCulture, $"{kmh:0} km/h") : null;
        return (way, speed) is (null, null) ? null : string.Join(", ", new[] { way, speed }.OfType<string>());
    }
}
