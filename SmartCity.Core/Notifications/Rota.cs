using SmartCity.Contracts.Api;

namespace SmartCity.Core.Notifications;

/// <summary>Who is on which line when. Pure.</summary>
internal static class Rota
{
    private const int DaysOfAWeek = 7;

    /// <summary>Whether a shift is on at a moment of the city's clocks.</summary>
    public static bool IsOn(ShiftView shift, DateTime local)
    {
        var (today, at) = (DayOf(local), TimeOnly.FromDateTime(local));
        var overMidnight = shift.Ends <= shift.Begins;
        return (shift.Days.Contains(today) && at >= shift.Begins && (overMidnight || at < shift.Ends))
            || (overMidnight && shift.Days.Contains(DayOf(local.AddDays(-1))) && at < shift.Ends);
    }

    /// <summary>What is wrong with a shift, for people; null when nothing is.</summary>
    public static string? Check(NewShift shift) =>
        shift.Line is not (1 or 2) ? "line must be 1 or 2."
        : shift.Days is not { Count: > 0 and <= DaysOfAWeek } days || days.Any(d => d is < 1 or > DaysOfAWeek) ? "days must have 1 to 7 of the numbers 1 (Monday) to 7 (Sunday)."
        : shift.Begins is null || shift.Ends is null ? "begins and ends must be times of the day, such as 08:00:00."
        : null;

    private static int DayOf(DateTime local) => local.DayOfWeek == DayOfWeek.Sunday ? DaysOfAWeek : (int)local.DayOfWeek;
}
