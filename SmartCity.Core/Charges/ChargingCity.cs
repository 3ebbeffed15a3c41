using SmartCity.Contracts.Cities;

namespace SmartCity.Core.Charges;

/// <summary>What a city decides of every charge: the time zone whose calendar days are charging days, and the currency. Pure.</summary>
/// <param name="currency">ISO 4217.</param>
public sealed class ChargingCity(TimeZoneInfo zone, string currency)
{
    /// <summary>That of the demo city.</summary>
    public static ChargingCity London { get; } = new(TimeZoneInfo.FindSystemTimeZoneById("Europe/London"), "GBP");

    public string Currency => currency;

    /// <summary>IANA name.</summary>
    public string TimeZone => zone.Id;

    /// <exception cref="TimeZoneNotFoundException">The city's time zone does not exist.</exception>
    public static ChargingCity Of(City city) => new(TimeZoneInfo.FindSystemTimeZoneById(city.TimeZone), city.Currency);

    /// <summary>The charging day of a moment.</summary>
    public DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(Local(at));

    public DateOnly Today(TimeProvider time) => DayOf(time.GetUtcNow());

    /// <inheritdoc cref="CityDay.StartOf"/>
    public DateTimeOffset StartOf(DateOnly day) => CityDay.StartOf(day, zone);

    internal DateTime Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, zone).DateTime;
}
