using MudBlazor;

namespace SmartCity.Web.Components.Vehicles;

/// <summary>Days as people in London choose them.</summary>
internal static class LondonDays
{
    private static readonly TimeZoneInfo London = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    /// <summary>Midnight at which the day begins.</summary>
    public static DateTimeOffset Start(DateTime day) => new(DateTime.SpecifyKind(day.Date, DateTimeKind.Unspecified), London.GetUtcOffset(DateTime.SpecifyKind(day.Date, DateTimeKind.Unspecified)));

    /// <summary>The day that a moment is in.</summary>
    public static DateTime DayOf(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, London).Date;

    public static DateTime Today(TimeProvider time) => TimeZoneInfo.ConvertTime(time.GetUtcNow(), London).Date;

    /// <summary>From the first day's midnight to the one after the last; null where nothing was chosen.</summary>
    public static (DateTimeOffset? From, DateTimeOffset? To) Span(DateRange? range) =>
        (range?.Start is { } first ? Start(first) : null, (range?.End ?? range?.Start) is { } last ? Start(last.AddDays(1)) : null);
}
