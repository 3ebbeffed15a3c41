using MudBlazor;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;

namespace SmartCity.Web.Components.Parts;

/// <summary>Days and hours as people in the city choose and read them: in its time zone, once the core has said which.</summary>
public sealed class CityDays
{
    private TimeZoneInfo _zone = TimeZoneInfo.Utc;

    /// <summary>What the core says of the city; null until it has been asked.</summary>
    public CityView? City { get; private set; }

    public void Learn(CityView city) => (_zone, City) = (TimeZoneInfo.FindSystemTimeZoneById(city.TimeZone), city);

    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, _zone);

    /// <summary>The moment at which the city's clocks show this.</summary>
    public DateTimeOffset At(DateTime local) => new(local, _zone.GetUtcOffset(local));

    /// <summary>Midnight at which the day begins.</summary>
    public DateTimeOffset Start(DateTime day) => CityDay.StartOf(DateOnly.FromDateTime(day), _zone);

    /// <summary>The day that a moment is in.</summary>
    public DateTime DayOf(DateTimeOffset at) => Local(at).Date;

    public DateTime Today(TimeProvider time) => DayOf(time.GetUtcNow());

    /// <summary>From the first day's midnight to the one after the last; null where nothing was chosen.</summary>
    public (DateTimeOffset? From, DateTimeOffset? To) Span(DateRange? range) =>
        (range?.Start is { } first ? Start(first) : null, (range?.End ?? range?.Start) is { } last ? Start(last.AddDays(1)) : null);
}
