using Microsoft.AspNetCore.Http;

namespace SmartCity.Core.Api;

/// <summary>Refuses times and days that no camera ever saw: at the ends of the calendar there is no day before or after to reckon with.</summary>
internal sealed class TimeArguments : IEndpointFilter
{
    public const int FirstYear = 1900;
    public const int LastYear = 9000;

    /// <summary>Whether a time or a day of this year can be reckoned with.</summary>
    public static bool IsInRange(int year) => year is >= FirstYear and <= LastYear;

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.Arguments.Select(a => a switch { DateTimeOffset at => at.Year, PeriodBegin begin => begin.At.Year, PeriodEnd end => end.At.Year, DateOnly day => day.Year, _ => FirstYear }).FirstOrDefault(y => !IsInRange(y)) is var year && year != 0
            ? ValueTask.FromResult<object?>(Paging.Problem($"A time or a day has the year {year}; it must be from {FirstYear} to {LastYear}."))
            : next(context);
}
