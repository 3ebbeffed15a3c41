namespace SmartCity.Core.Reports;

/// <summary>The weeks and months that reports are sent for. Pure.</summary>
internal static class ReportPeriod
{
    public const string Week = "week";
    public const string Month = "month";
    private const int DaysOfAWeek = 7;

    /// <summary>The last week, Monday to Sunday, or the last month that was over before a day began.</summary>
    public static (DateOnly First, DateOnly Last) Before(DateOnly day, string every)
    {
        if (every == Month)
        {
            var first = new DateOnly(day.Year, day.Month, 1);
            return (first.AddMonths(-1), first.AddDays(-1));
        }

        var monday = day.AddDays(-(((int)day.DayOfWeek + DaysOfAWeek - 1) % DaysOfAWeek));
        return (monday.AddDays(-DaysOfAWeek), monday.AddDays(-1));
    }
}
