using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Alerts;

internal static class AlertWording
{
    /// <summary>The class of a state's badge.</summary>
    public static string Look(string state) => state switch { "open" => "down", "escalated" => "degraded", "acknowledged" or "resolved" => "healthy", _ => "unknown" };

    public static string State(string state) => state switch
    {
        "open" => Say("open"),
        "acknowledged" => Say("acknowledged"),
        "escalated" => Say("escalated"),
        "resolved" => Say("resolved"),
        "dismissed" => Say("dismissed"),
        _ => state,
    };

    /// <summary>The same with what became of the hit, where that is known.</summary>
    public static string State(string state, string? outcome) => outcome is null ? State(state) : $"{State(state)}: {Outcome(outcome)}";

    /// <summary>What became of a hit.</summary>
    public static string Outcome(string outcome) => outcome switch { "true" => Say("true hit"), "false" => Say("false hit"), "passed-on" => Say("passed on"), _ => outcome };

    /// <summary>What became of a message to a webhook.</summary>
    public static string Delivery(string state) => state switch { "dead" => Say("given up"), "waiting" => Say("waiting"), "delivered" => Say("delivered"), _ => state };

    /// <summary>What somebody did, after the name.</summary>
    /// <param name="outcome">What became of the hit; null unless it was resolved.</param>
    public static string Done(string action, string? outcome) => (action, outcome) switch
    {
        ("acknowledged", _) => Say("acknowledged it"),
        ("resolved", null) => Say("resolved it"),
        ("resolved", "true") => Say("resolved it as a true hit"),
        ("resolved", "false") => Say("resolved it as a false hit"),
        ("resolved", _) => Say("resolved it: {0}", Outcome(outcome)),
        ("dismissed", _) => Say("dismissed it"),
        ("escalated", _) => Say("escalated it"),
        ("reopened", _) => Say("reopened it"),
        _ => action,
    };
}
