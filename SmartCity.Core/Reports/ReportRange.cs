using Microsoft.AspNetCore.Http.HttpResults;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Reports;

/// <summary>The days of a report, charging days, both included.</summary>
/// <param name="Today">Nothing is known of days after it.</param>
internal readonly record struct ReportRange(DateOnly First, DateOnly Last, DateOnly Today, ChargingCity City)
{
    private const int Usual = 7;

    public int Days => Last.DayNumber - First.DayNumber + 1;

    /// <summary>Midnight at which it begins.</summary>
    public DateTimeOffset From => City.StartOf(First);

    /// <summary>Midnight after it; not part of it.</summary>
    public DateTimeOffset To => City.StartOf(Last.AddDays(1));

    /// <summary>One day of it.</summary>
    public ReportRange Of(DateOnly day) => new(day, day, Today, City);

    /// <summary>The days asked for; the last seven, today included, where none are.</summary>
    public static ProblemHttpResult? Read(DateOnly? from, DateOnly? to, ChargingCity city, TimeProvider time, int most, out ReportRange range)
    {
        var today = city.Today(time);
        var last = to ?? today;
        var first = from ?? last.AddDays(1 - Math.Min(Usual, most));
        range = new ReportRange(first, last, today, city);
        return first > last || last.DayNumber - first.DayNumber >= most || first.Year < 2000
            ? Paging.Problem($"from must not be after to, and the report may have {most} days at most.")
            : null;
    }
}
