using SmartCity.Contracts.Api;

namespace SmartCity.Web.Components.Alerts;

/// <summary>How the console speaks of messages about alerts.</summary>
internal static class NotificationWording
{
    public static string Kind(string kind) => kind switch { RecipientKind.Email => "E-mail", RecipientKind.Webhook => "Webhook", RecipientKind.Slack => "Slack", RecipientKind.Teams => "Teams", _ => kind };

    public static string State(string state) => state switch { "settled" => "not needed any more", "dead" => "given up", _ => state };

    /// <summary>The class of a state's mark.</summary>
    public static string Look(string state) => state switch { "delivered" => "up", "dead" => "down", "settled" => "unknown", _ => "degraded" };

    public static string Days(IReadOnlyList<int> days) => days switch
    {
        [1, 2, 3, 4, 5, 6, 7] => "every day",
        [1, 2, 3, 4, 5] => "Monday to Friday",
        [6, 7] => "Saturday and Sunday",
        _ => string.Join(", ", days.Select(Day)),
    };

    /// <param name="day">1 (Monday) to 7 (Sunday).</param>
    public static string Day(int day) => ((DayOfWeek)(day % 7)).ToString();

    public static string Hours(TimeOnly begins, TimeOnly ends) =>
        begins == ends ? $"24 hours from {begins:HH:mm}" : $"{begins:HH:mm} to {ends:HH:mm}{(ends < begins ? " on the next day" : "")}";

    public static string Names(IReadOnlyList<string> names) => names.Count == 0 ? "nobody" : string.Join(", ", names);
}
