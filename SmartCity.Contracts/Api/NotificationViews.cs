namespace SmartCity.Contracts.Api;

/// <summary>How a recipient is told.</summary>
public static class RecipientKind
{
    public const string Email = "email";

    /// <summary>Signed JSON, as a webhook gets it.</summary>
    public const string Webhook = "webhook";

    public const string Slack = "slack";
    public const string Teams = "teams";

    public static IReadOnlyList<string> All { get; } = [Email, Webhook, Slack, Teams];
}

/// <summary>Who is told of alerts, when, and of which, <c>GET /api/notifications</c>.</summary>
/// <param name="FirstLineNow">Names of those whose shift on the first line it is.</param>
/// <param name="SecondLineNow">The same of the second line.</param>
/// <param name="SendsEmail">Whether a mail server is set.</param>
public sealed record NotificationSettings(
    IReadOnlyList<RecipientView> Recipients, IReadOnlyList<ShiftView> Shifts, IReadOnlyList<NotificationRule> Rules, IReadOnlyList<string> FirstLineNow, IReadOnlyList<string> SecondLineNow, bool SendsEmail);

/// <param name="Kind">One of <see cref="RecipientKind"/>.</param>
/// <param name="Shown">The e-mail address, or the host of the other kinds: the rest of their address is a secret.</param>
/// <param name="Secret">Signs what is sent; only the answer to the call that made it has it.</param>
public sealed record RecipientView(Guid Id, string Name, string Kind, string Shown, bool Enabled, DateTimeOffset CreatedAt, string? Secret = null);

/// <summary>The body of <c>POST /api/notifications/recipients</c> and <c>PUT /api/notifications/recipients/{id}</c>.</summary>
/// <param name="Kind">One of <see cref="RecipientKind"/>; it cannot be changed later.</param>
/// <param name="Address">An e-mail address, or an http or https address; a change without one keeps the one before.</param>
public sealed record RecipientRequest(string? Name, string? Kind, string? Address, bool Enabled = true);

/// <summary>When a recipient is on a line, every week.</summary>
/// <param name="Line">1 or 2.</param>
/// <param name="Days">1 (Monday) to 7 (Sunday): the days on which it begins.</param>
/// <param name="Begins">In the city's time zone.</param>
/// <param name="Ends">Not after the beginning means on the next day.</param>
public sealed record ShiftView(Guid Id, Guid RecipientId, int Line, IReadOnlyList<int> Days, TimeOnly Begins, TimeOnly Ends);

/// <summary>The body of <c>POST /api/notifications/shifts</c>.</summary>
public sealed record NewShift(Guid RecipientId, int Line, IReadOnlyList<int>? Days, TimeOnly? Begins, TimeOnly? Ends);

/// <summary>What happens with alerts of a priority.</summary>
/// <param name="First">Whether the first line is told at once.</param>
/// <param name="SecondAfterMinutes">When the second line is told of an alert that nobody has acknowledged; null for never.</param>
public sealed record NotificationRule(int Priority, bool First, int? SecondAfterMinutes);

/// <summary>The body of <c>PUT /api/notifications/rules/{priority}</c>.</summary>
public sealed record NotificationRuleChange(bool First, int? SecondAfterMinutes);

/// <summary>An alert that a recipient is told of.</summary>
/// <param name="State">waiting, delivered, dead, or settled: somebody had acknowledged the alert before the message was sent.</param>
/// <param name="NextAt">When it is tried next; null when it is not.</param>
/// <param name="Fault">What went wrong last.</param>
public sealed record NotificationDelivery(
    Guid Id, Guid AlertId, int Line, string Recipient, string Kind, string State, int Attempts, DateTimeOffset FirstAt, DateTimeOffset? NextAt, DateTimeOffset? FinishedAt, string? Fault);

/// <summary>Who was told of an alert, <c>GET /api/alerts/{id}/notifications</c>.</summary>
/// <param name="SecondLineAt">When the second line is told if nobody acknowledges the alert before; null when it is not, or was.</param>
public sealed record AlertNotifications(DateTimeOffset? SecondLineAt, IReadOnlyList<NotificationDelivery> Deliveries);
