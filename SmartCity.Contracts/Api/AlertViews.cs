namespace SmartCity.Contracts.Api;

/// <summary>What a person does with an alert, the body of <c>POST /api/alerts/{id}/actions</c>.</summary>
/// <param name="Action">acknowledged, dismissed, escalated or reopened.</param>
/// <param name="Note">Why; required with dismissed and escalated.</param>
public sealed record AlertDecision(string? Action, string? Note = null);

/// <summary>An alert with everything that belongs to it, <c>GET /api/alerts/{id}</c>.</summary>
/// <param name="Actions">What people did, oldest first.</param>
/// <param name="Deliveries">Where it was sent, with every answer.</param>
/// <param name="NextStations">Where vehicles that passed here in this direction were seen next, likeliest first.</param>
public sealed record AlertDetail(AlertView Alert, IReadOnlyList<AlertAction> Actions, IReadOnlyList<AlertDelivery> Deliveries, IReadOnlyList<NextStation> NextStations);

public sealed record AlertAction(DateTimeOffset At, string By, string Action, string? Note);

/// <param name="Webhook">Its name.</param>
public sealed record AlertDelivery(string Webhook, WebhookDeliveryView Delivery);

/// <param name="Share">Share 0–1 of the vehicles of the last days that were seen there next.</param>
/// <param name="Median">Median travel time.</param>
public sealed record NextStation(string StationId, string Name, double Latitude, double Longitude, double Share, TimeSpan Median);

/// <summary>Alerts of one state, <c>GET /api/alerts/counts</c>.</summary>
public sealed record AlertCount(string State, long Alerts);
