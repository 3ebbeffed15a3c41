namespace SmartCity.Core.Charges;

/// <summary>The bank holidays of England by rule. Those that are proclaimed for one year, or moved, are not among them. Pure.</summary>
internal static class EnglishBankHolidays
{
    public static IReadOnlyList<DateOnly> Of(int year)
    {
        var easter = Easter(year);
        var christmas = Substitute(new DateOnly(year, 12, 25), []);
        return
        [
            Substitute(new DateOnly(year, 1, 1), []),
            easter.AddDays(-2),
            easter.AddDays(1),
            Monday(new DateOnly(year, 5, 1)),
            LastMonday(new DateOnly(year, 5, 31)),
            LastMonday(new DateOnly(year, 8, 31)),
            christmas,
            Substitute(new DateOnly(year, 12, 26), [christmas]),
        ];
    }

    // A holiday on a weekend is made good on the next weekday that is none itself.
    private static DateOnly Substitute(DateOnly day, DateOnly[] taken)
    {
        while (day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday || taken.Contains(day))
        {
            day = day.AddDays(1);
        }

        return day;
    }

    private static DateOnly Monday(DateOnly from) => from.AddDays(((int)DayOfWeek.Monday - (int)from.DayOfWeek + 7) % 7);

    private static DateOnly LastMonday(DateOnly last) => last.AddDays(-(((int)last.DayOfWeek - (int)DayOfWeek.Monday + 7) % 7));

    // The Gregorian reckoning of Meeus, Jones and Butcher.
    private static DateOnly Easter(int year)
    {
        var (a, b, c) = (year % 19, year / 100, year % 100);
        var (d, e) = (b / 4, b % 4);
        var g = (8 * b + 13) / 25;
        var h = (19 * a + b - d - g + 15) % 30;
        var (i, k) = (c / 4, c % 4);
        var l = (32 + 2 * e + 2 * i - h - k) % 7;
        var m = (a + 11 * h + 19 * l) / 433;
        var month = (h + l - 7 * m + 90) / 25;
        return new DateOnly(year, month, (h + l - 7 * m + 33 * month + 19) % 32);
    }
}
