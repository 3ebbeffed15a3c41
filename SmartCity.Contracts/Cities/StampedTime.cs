using System.Globalization;

namespace SmartCity.Contracts.Cities;

/// <summary>A time as somebody wrote it.</summary>
/// <param name="Local">Of the clock that was looked at.</param>
/// <param name="Offset">That clock's offset from UTC; null if it was not written, so that the city's time zone decides.</param>
public readonly record struct StampedTime(DateTime Local, TimeSpan? Offset)
{
    private static readonly string[] Written = [.. from day in (string[])["yyyy-MM-ddTHH:mm", "yyyy-MM-dd HH:mm"] from seconds in (string[])["", ":ss", ":ss.FFFFFFF"] select day + seconds];
    private static readonly string[] WrittenWithOffset = [.. from time in Written from offset in (string[])["Z", "zzz"] select time + (offset == "Z" ? "'Z'" : offset)];

    /// <summary>Reads a time of ISO 8601, with an offset or without; null if it is none.</summary>
    public static StampedTime? Parse(string text) =>
        DateTimeOffset.TryParseExact(text, WrittenWithOffset, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? new StampedTime(at.DateTime, at.Offset)
            : DateTime.TryParseExact(text, Written, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) ? new StampedTime(local, null)
            : null;
}
