namespace SmartCity.Web.Components.Charges;

internal static class ChargeWording
{
    /// <summary>The class of a dispute's badge.</summary>
    public static string Look(string state) => state switch { "open" => "degraded", "upheld" => "healthy", _ => "unknown" };
}
