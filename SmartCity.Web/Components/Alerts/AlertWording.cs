namespace SmartCity.Web.Components.Alerts;

internal static class AlertWording
{
    /// <summary>The class of a state's badge.</summary>
    public static string Look(string state) => state switch { "open" => "down", "escalated" => "degraded", "acknowledged" => "healthy", _ => "unknown" };

    public static string Done(string action) => action switch
    {
        "acknowledged" => "took it on",
        "dismissed" => "dismissed it",
        "escalated" => "escalated it",
        "reopened" => "opened it again",
        _ => action,
    };
}
