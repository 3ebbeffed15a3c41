using System.Globalization;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Languages;

/// <summary>Values in the core's sentences that would be read wrongly as they are: a German takes 3,200 kg for little more than three.</summary>
internal static class CoreValues
{
    /// <summary>A day, a number in groups or a percentage as the reader writes it; null for any other value.</summary>
    public static string? Own(string value) => value.Length is 0 or > 30 || !char.IsAsciiDigit(value[0]) ? null
        : DateOnly.TryParseExact(value, "d MMMM yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day.ToString(Say("d MMMM yyyy"), CultureInfo.CurrentCulture)
        : value.EndsWith(" %", StringComparison.Ordinal) ? Number(value[..^2]) is { } share ? share + " %" : null
        : value.Contains(',', StringComparison.Ordinal) ? Number(value)
        : null;

    // Written again it must be the same: 1,2 is no number but two.
    private static string? Number(string text) =>
        decimal.TryParse(text, NumberStyles.AllowThousands | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number.ToString("N" + number.Scale.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) == text
            ? number.ToString("N" + number.Scale.ToString(CultureInfo.InvariantCulture), CultureInfo.CurrentCulture)
            : null;
}
