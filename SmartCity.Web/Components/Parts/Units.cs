using System.Globalization;

namespace SmartCity.Web.Components.Parts;

/// <summary>In which units the console shows distances and speeds. The core, its API and what is exported have kilometres.</summary>
/// <param name="InMiles">Miles and miles an hour, as on British roads; else kilometres.</param>
public sealed record Units(bool InMiles)
{
    private const double KilometresOfAMile = 1.609344;

    /// <summary>Of a distance, such as <c>km</c>.</summary>
    public string Sign => InMiles ? "mi" : "km";

    public double Distance(double kilometres) => InMiles ? kilometres / KilometresOfAMile : kilometres;

    /// <summary>With its unit: <c>3.4 km</c>.</summary>
    public string Far(double kilometres) => string.Create(CultureInfo.CurrentCulture, $"{Distance(kilometres):#,0.0} {Sign}");

    /// <summary>With its unit: <c>48 km/h</c>, <c>30 mph</c>.</summary>
    public string Fast(double kilometresAnHour) => string.Create(CultureInfo.CurrentCulture, $"{Distance(kilometresAnHour):#,0} {(InMiles ? "mph" : "km/h")}");
}
