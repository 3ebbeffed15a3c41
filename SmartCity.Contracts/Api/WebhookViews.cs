namespace SmartCity.Contracts.Api;

/// <summary>Where alerts are sent.</summary>
/// <param name="Secret">Told once, when the webhook is added and the core made it up; null ever after.</param>
public sealed record WebhookView(Guid Id, string Name, Uri Url, bool Enabled, DateTimeOffset CreatedAt, string? Secret = null);

/// <param name="Secret">16 characters at least; signs each delivery. Left out of a new webhook, the core makes one up and tells it once.</param>
public sealed record WebhookRequest(string? Name, Uri? Url, string? Secret, bool Enabled = true);

/// <summary>One alert on its way to one webhook, with every attempt.</summary>
/// <param name="State">waiting, delivered or dead.</param>
/// <param name="NextAt">When it is tried next; null unless waiting.</param>
public sealed record WebhookDeliveryView(Guid Id, Guid WebhookId, Guid AlertId, string State, DateTimeOffset FirstAt, DateTimeOffset? NextAt, IReadOnlyList<WebhookAttemptView> Attempts);

/// <param name="Status">HTTP status; null when no answer came.</param>
public sealed record WebhookAttemptView(DateTimeOffset At, int? Status, string? Error, int Milliseconds);
