using System.Globalization;
using System.Text;
using System.Text.Json;
using SmartCity.Contracts;

namespace SmartCity.Core.Notifications;

/// <summary>An alert as people are told of it.</summary>
/// <param name="Station">Its name.</param>
/// <param name="Local">When the vehicle was seen, by the city's clocks.</param>
/// <param name="Escalated">A person passed it on.</param>
internal sealed record ToldAlert(Guid Id, int Priority, string Plate, string Reason, string Station, string? Camera, DateTimeOffset CapturedAt, DateTime Local, bool Escalated);

/// <summary>What a message says. Its subject never has a plate. Pure.</summary>
internal sealed class NotificationText(int line, IReadOnlyList<ToldAlert> alerts, bool showPlates, Uri? console)
{
    private const string Card = "application/vnd.microsoft.card.adaptive";

    public string Subject => alerts switch
    {
        [] => "Test of SmartCity",
        [var one] => $"Alert of priority {one.Priority}: {one.Station}{(line == 1 ? "" : one.Escalated ? ", escalated" : ", not acknowledged")}",
        _ => $"{alerts.Count} alerts, the most urgent of priority {alerts.Min(a => a.Priority)}{(line == 1 ? "" : ", for the second line")}",
    };

    /// <summary>The message in plain text, line by line.</summary>
    public string Text
    {
        get
        {
            if (alerts.Count == 0)
            {
                return "This is a test. SmartCity can send you messages about alerts.";
            }

            var text = new StringBuilder(line == 1 ? "You are on the first line. Please acknowledge:\n" : "You are on the second line. These alerts were escalated, or nobody has acknowledged them in time:\n");
            foreach (var alert in alerts)
            {
                text.Append(CultureInfo.InvariantCulture, $"\nPriority {alert.Priority}: {Plate(alert)} at {alert.Station}{(alert.Camera is null ? "" : $", camera {alert.Camera}")}, {alert.Local:d MMM yyyy HH:mm:ss}\n");
                if (showPlates)
                {
                    text.Append("Reason: ").Append(alert.Reason).Append('\n');
                }

                text.Append(Link(alert) is { } link ? link : $"Alert {alert.Id}").Append('\n');
            }

            return text.ToString();
        }
    }

    /// <summary>For a receiver of our own JSON.</summary>
    public byte[] Json => alerts.Count == 0
        ? JsonSerializer.SerializeToUtf8Bytes(new { test = true })
        : JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                line,
                alerts = alerts.Select(a => new { id = a.Id, priority = a.Priority, station = a.Station, camera = a.Camera, capturedAt = a.CapturedAt.UtcDateTime, plate = Plate(a), reason = showPlates ? a.Reason : null, escalated = a.Escalated, address = Link(a) }),
            },
            JsonSerializerOptions.Web);

    // Slack reads &, < and > as marks of its own.
    public byte[] Slack => JsonSerializer.SerializeToUtf8Bytes(
        new { text = $"*{Escaped(Subject)}*\n{Escaped(Text)}" });

    public byte[] Teams => JsonSerializer.SerializeToUtf8Bytes(
        new Dictionary<string, object>
        {
            ["type"] = "message",
            ["attachments"] = new object[]
            {
                new
                {
                    contentType = Card,
                    content = new Dictionary<string, object>
                    {
                        ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
                        ["type"] = "AdaptiveCard",
                        ["version"] = "1.4",
                        ["body"] = new object[]
                        {
                            new { type = "TextBlock", text = Subject, weight = "Bolder", wrap = true },
                            new { type = "TextBlock", text = Text.Replace("\n", "\n\n", StringComparison.Ordinal), wrap = true },
                        },
                    },
                },
            },
        });

    private string Plate(ToldAlert alert) => showPlates ? alert.Plate : Masking.Plate(alert.Plate);

    private string? Link(ToldAlert alert) => console is null ? null : $"{console.ToString().TrimEnd('/')}/alerts/{alert.Id}";

    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
