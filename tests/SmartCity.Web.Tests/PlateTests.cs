using Bunit;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Web.Components.Parts;

namespace SmartCity.Web.Tests;

public class PlateTests
{
    [Theory]
    [InlineData("LR33TEE", "GB", "LR33 TEE", "gb")]
    [InlineData("A123BCD", "GB", "A123 BCD", "gb")]
    [InlineData("RK857AI", "SK", "RK 857AI", "eu")]
    [InlineData("AB123CD", "FR", "AB 123 CD", "eu")]
    [InlineData("99XXX9", "NL", "99 XXX 9", "yellow")]
    [InlineData("MH12AB1234", "IN", "MH 12 AB 1234", "band")]
    [InlineData("5LTA600", "US", "5LTA600", "plain")]
    [InlineData("MKL123", "DE", "MKL123", "eu")]
    [InlineData(null, null, "not read", "unread")]
    public void A_plate_looks_like_its_country_s(string? text, string? country, string shown, string style)
    {
        using var context = new BunitContext();
        var plate = context.Render<Plate>(p => p.Add(x => x.Text, text).Add(x => x.Country, country)).Find(".plate");
        Assert.Equal(shown, plate.TextContent);
        Assert.Contains(style, plate.ClassList);
    }

    [Theory]
    [InlineData("DE", "D")]
    [InlineData("HR", "HR")]
    [InlineData("IN", "IND")]
    [InlineData("GB", null)]
    public void The_band_has_the_letters_of_the_country(string country, string? letters)
    {
        using var context = new BunitContext();
        Assert.Equal(letters, context.Render<Plate>(p => p.Add(x => x.Text, "AB123").Add(x => x.Country, country)).Find(".plate").GetAttribute("data-band"));
    }

    [Fact]
    public void Times_are_the_city_s_with_UTC_behind_them()
    {
        using var context = new BunitContext();
        context.Services.AddSingleton(ConsoleContext.London);
        var summer = new DateTimeOffset(2026, 7, 6, 8, 15, 30, TimeSpan.Zero);
        var time = context.Render<LondonTime>(p => p.Add(x => x.At, summer)).Find("time");
        Assert.Equal("09:15:30", time.TextContent);
        Assert.Equal("2026-07-06 08:15:30 UTC", time.GetAttribute("title"));
    }

    [Fact]
    public void A_day_begins_at_the_midnight_of_the_city()
    {
        var berlin = ConsoleContext.In("Europe/Berlin");
        Assert.Equal(new DateTime(2026, 7, 7), berlin.DayOf(new DateTimeOffset(2026, 7, 6, 22, 30, 0, TimeSpan.Zero)));
        Assert.Equal(new DateTimeOffset(2026, 7, 6, 22, 0, 0, TimeSpan.Zero), berlin.Start(new DateTime(2026, 7, 7)));
    }

    [Theory]
    [InlineData(1234.5, "GBP", "£1,234.50")]
    [InlineData(-12.5, "EUR", "−€12.50")]
    [InlineData(100, "CHF", "CHF 100.00")]
    public void Amounts_stand_with_their_currency(decimal amount, string currency, string text) => Assert.Equal(text, Wording.Money(amount, currency));
}
