using System.Globalization;
using SmartCity.Contracts.Api;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Alerts;

/// <summary>How the console speaks of messages about alerts.</summary>
internal static class NotificationWording
{
    public static string Kind(string kind) => kind switch { RecipientKind.Email => Say("E-mail"), RecipientKind.Webhook => Say("Webhook"), RecipientKind.Slack => "Slack", RecipientKind.Teams => "Teams", _ => kind };

    public static string State(string state) => state == "settled" ? Say("not needed any more") : AlertWording.Delivery(state);

    /// <summary>The class of a state's mark.</summary>
    public static string Look(string state) => state switch { "delivered" => "up", "dead" => "down", "settled" => "unknown", _ => "degraded" };

    public static string Days(IReadOnlyList<int> days) => days switch
    {
        [1, 2, 3, 4, 5, 6, 7] => Say("every day"),
        [1, 2, 3, 4, 5] => Say("Monday to Friday"),
        [6, 7] => Say("Saturday and Sunday"),
        _ => string.Join(", ", days.Select(Day)),
    };

    /// <param name="day">1 (Monday) to 7 (Sunday).</param>
    public static string Day(int day) => CultureInfo.CurrentCulture.DateTimeFormat.GetDayName((DayOfWeek)(day % 7));

    public static string Hours(TimeOnly begins, TimeOnly ends) =>
        begins == ends ? Say("24 hours from {0}", Time(begins)) : ends < begins ? Say("{0} to {1} on the next day", Time(begins), Time(ends)) : Say("{0} to {1}", Time(begins), Time(ends));

    public static string Names(IReadOnlyList<string> names) => names.Count == 0 ? Say("nobody") : string.Join(", ", names);

    private static string Time(TimeOnly time) => time.ToString("HH:mm", CultureInfo.CurrentCulture);
}
