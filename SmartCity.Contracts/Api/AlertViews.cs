namespace SmartCity.Contracts.Api;

/// <summary>What a person does with an alert, the body of <c>POST /api/alerts/{id}/actions</c>.</summary>
/// <param name="Action">acknowledged, escalated, resolved (the hit was dealt with), dismissed (it was raised in error) or reopened.</param>
/// <param name="Note">Why; required with dismissed and escalated.</param>
/// <param name="Outcome">What became of the hit; required with resolved: one of <see cref="AlertOutcome"/>.</param>
public sealed record AlertDecision(string? Action, string? Note = null, string? Outcome = null);

/// <summary>The same step for many alerts, the body of <c>POST /api/alerts/actions</c>.</summary>
/// <param name="Ids">1 to <see cref="MostAlerts"/> alerts.</param>
/// <param name="Action">As in <see cref="AlertDecision"/>.</param>
/// <param name="Note">As in <see cref="AlertDecision"/>.</param>
/// <param name="Outcome">As in <see cref="AlertDecision"/>.</param>
public sealed record AlertsDecision(IReadOnlyList<Guid>? Ids, string? Action, string? Note = null, string? Outcome = null)
{
    public const int MostAlerts = 500;
}

/// <param name="Done">How many alerts took the step.</param>
/// <param name="Refused">Those that did not.</param>
public sealed record AlertsDecided(int Done, IReadOnlyList<AlertRefusal> Refused);

/// <param name="State">The state that the alert is in, so that the step can't be taken; null if there is no such alert.</param>
public sealed record AlertRefusal(Guid Id, string? State);

/// <summary>What became of a hit.</summary>
public static class AlertOutcome
{
    /// <summary>It was the wanted vehicle, and it was found.</summary>
    public const string True = "true";

    /// <summary>It was another vehicle, or the entry was out of date.</summary>
    public const string False = "false";

    /// <summary>Somebody else goes on with it.</summary>
    public const string PassedOn = "passed-on";

    public static IReadOnlyList<string> All { get; } = [True, False, PassedOn];
}

/// <summary>An alert with everything that belongs to it, <c>GET /api/alerts/{id}</c>.</summary>
/// <param name="Actions">What people did, oldest first.</param>
/// <param name="Deliveries">Where it was sent, with every answer.</param>
/// <param name="NextStations">Where vehicles that passed here in this direction were seen next, likeliest first.</param>
public sealed record AlertDetail(AlertView Alert, IReadOnlyList<AlertAction> Actions, IReadOnlyList<AlertDelivery> Deliveries, IReadOnlyList<NextStation> NextStations);

/// <param name="Outcome">With resolved.</param>
public sealed record AlertAction(DateTimeOffset At, string By, string Action, string? Note, string? Outcome = null);

/// <param name="Webhook">Its name.</param>
public sealed record AlertDelivery(string Webhook, WebhookDeliveryView Delivery);

/// <param name="Share">Share 0–1 of the vehicles of the last days that were seen there next.</param>
/// <param name="Median">Median travel time.</param>
public sealed record NextStation(string StationId, string Name, double Latitude, double Longitude, double Share, TimeSpan Median);

/// <summary>Alerts of one state, <c>GET /api/alerts/counts</c>.</summary>
public sealed record AlertCount(string State, long Alerts);
