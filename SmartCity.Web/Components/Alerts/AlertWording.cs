namespace SmartCity.Web.Components.Alerts;

internal static class AlertWording
{
    /// <summary>The class of a state's badge.</summary>
    public static string Look(string state) => state switch { "open" => "down", "escalated" => "degraded", "acknowledged" or "resolved" => "healthy", _ => "unknown" };

    /// <summary>What became of a hit.</summary>
    public static string Outcome(string outcome) => outcome switch { "true" => "true hit", "false" => "false hit", "passed-on" => "passed on", _ => outcome };

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
