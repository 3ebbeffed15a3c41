using System.Globalization;
using System.Net;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Live;
using SmartCity.Web.Core;
using static SmartCity.Web.Languages.CoreWords;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Parts;

/// <summary>How the console says things.</summary>
public static class Wording
{
    /// <param name="currency">ISO 4217.</param>
    public static string Money(decimal amount, string currency) => amount.ToString(Say("'{0}'#,0.00;'−{0}'#,0.00", CurrencySign.Of(currency)), CultureInfo.CurrentCulture);

    /// <summary>A day as a table has it: <c>5 Oct 2026</c>.</summary>
    public static string Day(DateOnly day) => day.ToString(Say("d MMM yyyy"), CultureInfo.CurrentCulture);

    /// <summary>The same in a sentence: <c>5 October 2026</c>.</summary>
    public static string LongDay(DateOnly day) => day.ToString(Say("d MMMM yyyy"), CultureInfo.CurrentCulture);

    public static string Percent(double share) => share.ToString("#,0 %", CultureInfo.CurrentCulture);

    private static readonly string[] Colours = ["white", "silver", "grey", "black", "blue", "red", "green", "yellow", "orange", "brown", "beige", "gold", "purple"];

    /// <summary>Below it a person should look at a character or a reading.</summary>
    public const double Doubtful = Sighting.LeastSure;

    /// <summary>How sure a reading is, such as 99.4 %. Cut, not rounded: only what is certain is 100 %.</summary>
    public static string Sure(double probability) => $"{SureNumber(probability)} %";

    /// <summary>The same in percent without the sign.</summary>
    public static string SureNumber(double probability) => probability switch
    {
        >= 1 => "100",
        > 0 and < 0.001 => "< " + 0.1.ToString("0.0", CultureInfo.CurrentCulture),
        _ => (Math.Floor((probability * 1000) + 1e-6) / 10).ToString("0.0", CultureInfo.CurrentCulture),
    };

    public static string Scheme(string scheme) => scheme switch { "ulez" => "ULEZ", "lez" => "LEZ", "congestion" => Say("Congestion"), _ => scheme };

    public static string Kind(string reviewKind) => reviewKind switch
    {
        "unread" => Say("Not read"),
        "doubtful" => Say("Doubtful"),
        "near-match" => Say("Similar to a hot-list entry"),
        "unregistered" => Say("Not in the registry"),
        "unclassified" => Say("Incomplete registry record"),
        "two-places" => Say("Seen in two places"),
        "two-readings" => Say("Read in two ways"),
        "watched" => Say("Watched after a dispute"),
        "audit-sample" => Say("Random check of a confident reading"),
        "second-person" => Say("Waiting for a second person"),
        "skipped" => Say("Skipped"),
        _ => reviewKind,
    };

    /// <summary>A user's role.</summary>
    public static string Role(string role) => role switch
    {
        Contracts.Api.Role.Viewer => Say("viewer"),
        Contracts.Api.Role.Operator => Say("operator"),
        Contracts.Api.Role.Investigator => Say("investigator"),
        Contracts.Api.Role.Analyst => Say("analyst"),
        Contracts.Api.Role.Administrator => Say("administrator"),
        Contracts.Api.Role.FacesOfficer => Say("faces-officer"),
        Contracts.Api.Role.FacesReviewer => Say("faces-reviewer"),
        Contracts.Api.Role.DataProtectionOfficer => Say("data-protection-officer"),
        _ => role,
    };

    /// <summary>What a person decided about a reading. How sure the camera was says nothing about it.</summary>
    public static string Decided(SightingView sighting, ReadingDecision decision)
    {
        var by = decision.By ?? Say("a person");
        return sighting.Plate is null ? Say("{0} found no plate", by) : sighting.Plate == decision.Read ? Say("{0} confirmed {1}", by, sighting.Plate) : Say("{0} corrected it to {1}", by, sighting.Plate);
    }

    /// <summary>What a decision did, for the person who made it.</summary>
    public static string Outcome(ReviewOutcome outcome)
    {
        if (outcome.Proposed)
        {
            return outcome.Plate is { } proposed
                ? Say("{0} is proposed. It takes effect when a second person makes the same decision.", proposed)
                : Say("No plate is proposed. It takes effect when a second person makes the same decision.");
        }

        var lines = outcome.Entries.Select(e => e.Kind == "reversal"
            ? Say("{0} {1} reversed for {2}", Money(-e.Amount, e.Currency), Scheme(e.Scheme), e.Plate)
            : Say("{0} {1} charged to {2}", Money(e.Amount, e.Currency), Scheme(e.Scheme), e.Plate)).ToList();
        if (outcome.Alerts.Count > 0)
        {
            lines.Add(outcome.Alerts.Count == 1 ? Say("1 alert raised") : Say("{0} alerts raised", outcome.Alerts.Count));
        }

        var changes = string.Join(", ", lines);
        return (outcome.Plate, lines.Count) switch
        {
            (null, 0) => Say("The reading is now no plate. No charge changes."),
            (null, _) => Say("The reading is now no plate: {0}.", changes),
            ({ } plate, 0) => Say("The reading is now {0}. No charge changes.", plate),
            ({ } plate, _) => Say("The reading is now {0}: {1}.", plate, changes),
        };
    }

    /// <summary>What a decision would take back, from the core's question for a reason.</summary>
    public static string TakesBack(HttpRequestException question) =>
        Said(question.Message.Replace(" Give a reason for it in the header Audit-Reason.", "", StringComparison.Ordinal)) + " " + Say("The reason is recorded in the ledger and in the audit.");

    /// <summary>There is no picture any more. Which of the three it was is not kept.</summary>
    public static string NoPicture => Say("No picture: it was deleted to free disk space, because its retention period is over, or by an erasure.");

    /// <summary>The core cannot be asked.</summary>
    public static string Away => Say("The core does not answer.");

    /// <summary>The core is of a release that does not know what this console asks.</summary>
    public static string OlderCore => Say("The core is older than this console and cannot search in this way. Update it, or try again when its update has ended.");

    /// <summary>Why the core could not be asked, or what it has to say.</summary>
    public static string Trouble(HttpRequestException e) => e switch
    {
        RefusalWithoutWordsException { StatusCode: { } status } => Refused((int)status),
        { StatusCode: not null } => Said(e.Message),
        { InnerException: OperationCanceledException } => Say("The core took too long to answer."),
        _ => Away,
    };

    /// <summary>The same for somebody who asked, and who may ask again.</summary>
    public static string Failure(HttpRequestException e) => Trouble(e) + (e.StatusCode is null or HttpStatusCode.ServiceUnavailable ? " " + TryAgain : "");

    public static string TryAgain => Say("Try again in a moment.");

    /// <summary>What an answer of the core means that has no words of its own.</summary>
    public static string Refused(int status) => status switch
    {
        401 => Say("Your session has ended. Sign in again."),
        403 => Say("Your role does not allow this."),
        404 => Say("Not found. It may have been deleted."),
        503 => Say("The core is starting."),
        >= 500 => Say("The core reported an error (HTTP {0}). Its log has the details.", status),
        _ => Say("The core refused the request (HTTP {0}).", status),
    };

    /// <summary>A vehicle in words: <c>silver Honda Jazz, car, petrol hybrid, Euro 6</c>.</summary>
    public static string Vehicle(VehicleView vehicle) => string.Join(", ", new[]
    {
        string.Join(' ', new[] { Colour(vehicle.Colour), vehicle.Make, vehicle.Model }.Where(t => !string.IsNullOrEmpty(t))),
        vehicle.Class is { } name ? LiveWording.Class(name) : null,
        LiveWording.Fuel(vehicle.Fuel),
        vehicle.Euro is { } euro ? string.Create(CultureInfo.InvariantCulture, $"Euro {euro}") : null,
    }.Where(t => !string.IsNullOrEmpty(t)));

    /// <summary>A vehicle's colour in words.</summary>
    /// <param name="colour">As the registry calls it.</param>
    public static string? Colour(string? colour) => colour switch
    {
        "white" => Say("white"),
        "silver" => Say("silver"),
        "grey" => Say("grey"),
        "black" => Say("black"),
        "blue" => Say("blue"),
        "red" => Say("red"),
        "green" => Say("green"),
        "yellow" => Say("yellow"),
        "orange" => Say("orange"),
        "brown" => Say("brown"),
        "beige" => Say("beige"),
        "gold" => Say("gold"),
        "purple" => Say("purple"),
        _ => colour,
    };

    /// <summary>What the registry calls a colour that somebody typed; as it was typed if it has no such colour.</summary>
    public static string? ColourOf(string? typed) => Array.Find(Colours, c => string.Equals(Colour(c), typed?.Trim(), StringComparison.OrdinalIgnoreCase)) ?? typed;

    /// <summary>How a vehicle moved; null when nothing is known of it.</summary>
    public static string? Movement(SightingView sighting, Units units)
    {
        var way = sighting.Movement switch
        {
            "towards" => Say("towards the camera"),
            "away" => Say("away from the camera"),
            "left" => Say("to the left of the picture"),
            "right" => Say("to the right of the picture"),
            _ => null,
        };
        var speed = sighting.SpeedKmh is { } kmh ? units.Fast(kmh) : null;
        return (way, speed) is (null, null) ? null : string.Join(", ", new[] { way, speed }.OfType<string>());
    }
}
