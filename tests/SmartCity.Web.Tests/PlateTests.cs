using Bunit;
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
    public void Times_are_London_s_with_UTC_behind_them()
    {
        using var context = new BunitContext();
        var summer = new DateTimeOffset(2026, 7, 6, 8, 15, 30, TimeSpan.Zero);
        var time = context.Render<LondonTime>(p => p.Add(x => x.At, summer)).Find("time");
        Assert.Equal("09:15:30", time.TextContent);
        Assert.Equal("2026-07-06 08:15:30 UTC", time.GetAttribute("title"));
    }
}
