namespace SmartCity.Core.Models;

/// <summary>Whether the sun stands over a place. Pure.</summary>
internal static class DayLight
{
    private const double Degree = Math.PI / 180;

    // Degrees under the horizon at which civil twilight ends.
    private const double Dark = -6;

    /// <summary>day, twilight or night; the sun's height is right to about a degree.</summary>
    /// <param name="at">When.</param>
    /// <param name="latitude">Degrees north.</param>
    /// <param name="longitude">Degrees east.</param>
    public static string Of(DateTimeOffset at, double latitude, double longitude) => Height(at.ToUniversalTime(), latitude, longitude) switch
    {
        >= 0 => "day",
        >= Dark => "twilight",
        _ => "night",
    };

    // The Astronomical Almanac's low-precision position of the sun, in degrees.
    private static double Height(DateTimeOffset at, double latitude, double longitude)
    {
        var days = (at - new DateTimeOffset(2000, 1, 1, 12, 0, 0, TimeSpan.Zero)).TotalDays;
        var anomaly = (357.528 + 0.9856003 * days) * Degree;
        var ecliptic = (280.460 + 0.9856474 * days + 1.915 * Math.Sin(anomaly) + 0.020 * Math.Sin(2 * anomaly)) * Degree;
        var obliquity = (23.439 - 0.0000004 * days) * Degree;
        var declination = Math.Asin(Math.Sin(obliquity) * Math.Sin(ecliptic));
        var ascension = Math.Atan2(Math.Cos(obliquity) * Math.Sin(ecliptic), Math.Cos(ecliptic));
        var sidereal = (280.46062 + 360.98564737 * days + longitude) * Degree;
        return Math.Asin(Math.Sin(latitude * Degree) * Math.Sin(declination) + Math.Cos(latitude * Degree) * Math.Cos(declination) * Math.Cos(sidereal - ascension)) / Degree;
    }
}
