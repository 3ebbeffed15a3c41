using System.Diagnostics.CodeAnalysis;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Api;

/// <summary>Where a period in a query begins: <see cref="DayOrTime"/>.</summary>
public readonly record struct PeriodBegin(DateTimeOffset At)
{
    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out PeriodBegin begin)
    {
        var isRead = DayOrTime.TryBegin(text, out var at);
        begin = new PeriodBegin(at);
        return isRead;
    }
}

/// <summary>Where a period in a query ends, exclusive: <see cref="DayOrTime"/>.</summary>
public readonly record struct PeriodEnd(DateTimeOffset At)
{
    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out PeriodEnd end)
    {
        var isRead = DayOrTime.TryEnd(text, out var at);
        end = new PeriodEnd(at);
        return isRead;
    }
}
