using System.Globalization;

namespace SmartCity.Web.Components.Administration;

/// <summary>Hours and days as an administrator types them.</summary>
public static class TariffText
{
    /// <summary>Two times such as <c>07:00-18:00</c>; null when it is something else.</summary>
    public static IReadOnlyList<TimeOnly>? Hours(string? text)
    {
        var parts = (text ?? "").Replace('–', '-').Split('-', StringSplitOptions.TrimEntries);
        return parts is [var from, var to]
            && TimeOnly.TryParseExact(from, ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var first)
            && TimeOnly.TryParseExact(to, ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var last)
            ? [first, last]
            : null;
    }

    /// <summary>Days such as <c>2033-01-03</c>, separated by spaces or commas; null when one is none.</summary>
    public static IReadOnlyList<DateOnly>? Days(string? text)
    {
        var days = new List<DateOnly>();
        foreach (var part in (text ?? "").Split([' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!DateOnly.TryParseExact(part, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                return null;
            }

            days.Add(day);
        }

        return days;
    }
}
