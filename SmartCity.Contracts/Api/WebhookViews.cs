namespace SmartCity.Contracts.Api;

/// <summary>An address to which alerts are sent.</summary>
/// <param name="LowestPriority">1 (only the highest) to 5 (all): alerts that are less urgent are not sent.</param>
/// <param name="Lists">Only alerts of entries of these lists are sent; null for all.</param>
/// <param name="Secret">Shown only once, when the core has made it up; otherwise null.</param>
public sealed record WebhookView(Guid Id, string Name, Uri Url, bool Enabled, DateTimeOffset CreatedAt, int LowestPriority = 5, IReadOnlyList<string>? Lists = null, string? Secret = null);

/// <param name="Secret">At least 16 characters; signs each delivery. If a new webhook has none, the core makes one up and shows it once.</param>
/// <param name="LowestPriority">As in <see cref="WebhookView"/>.</param>
/// <param name="Lists">As in <see cref="WebhookView"/>; an empty list is the same as null.</param>
public sealed record WebhookRequest(string? Name, Uri? Url, string? Secret, bool Enabled = true, int LowestPriority = 5, IReadOnlyList<string>? Lists = null);

/// <summary>One alert on its way to one webhook, with every attempt.</summary>
/// <param name="State">waiting, delivered or dead.</param>
/// <param name="NextAt">Time of the next attempt; null unless the delivery is waiting.</param>
public sealed record WebhookDeliveryView(Guid Id, Guid WebhookId, Guid AlertId, string State, DateTimeOffset FirstAt, DateTimeOffset? NextAt, IReadOnlyList<WebhookAttemptView> Attempts);

/// <param name="Status">HTTP status; null if there was no answer.</param>
public sealed record WebhookAttemptView(DateTimeOffset At, int? Status, string? Error, int Milliseconds);
