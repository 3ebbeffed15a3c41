namespace SmartCity.Web.Components.Alerts;

internal static class AlertWording
{
    /// <summary>The class of a state's badge.</summary>
    public static string Look(string state) => state switch { "open" => "down", "escalated" => "degraded", "acknowledged" or "resolved" => "healthy", _ => "unknown" };

    /// <summary>What became of a hit.</summary>
    public static string Outcome(string outcome) => outcome switch { "true" => "true hit", "false" => "false hit", "passed-on" => "passed on", _ => outcome };

    /// <summary>The same after "resolved it".</summary>
    public static string As(string outcome) => outcome switch { "true" => " as a true hit", "false" => " as a false hit", _ => $": {Outcome(outcome)}" };

    /// <summary>What became of a message to a webhook.</summary>
    public static string Delivery(string state) => state == "dead" ? "given up" : state;

    public static string Done(string action) => action switch
    {
        "acknowledged" => "acknowledged it",
        "resolved" => "resolved it",
        "dismissed" => "dismissed it",
        "escalated" => "escalated it",
        "reopened" => "reopened it",
        _ => action,
    };
}
