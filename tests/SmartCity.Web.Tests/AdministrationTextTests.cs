using SmartCity.Web.Components.Administration;

namespace SmartCity.Web.Tests;

public sealed class AdministrationTextTests
{
    [Fact]
    public void A_mask_is_what_its_text_says_and_the_other_way_round()
    {
        var mask = MaskText.Parse("0,40 30.5,40  30.5,100")!;

        Assert.Equal([[0, 0.4], [0.305, 0.4], [0.305, 1]], mask);
        Assert.Equal("0,40 30.5,40 30.5,100", MaskText.Of(mask));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0,0 1,1")]
    [InlineData("0,0 1,1 101,0")]
    [InlineData("0,0 1,1 -1,0")]
    [InlineData("0,0 1,1 1")]
    [InlineData("a,b c,d e,f")]
    public void A_text_that_is_no_polygon_is_none(string text) => Assert.Null(MaskText.Parse(text));

    [Fact]
    public void Hours_and_days_are_read_as_they_are_typed()
    {
        Assert.Equal([new TimeOnly(7, 0), new TimeOnly(18, 30)], TariffText.Hours("7:00 – 18:30"));
        Assert.Null(TariffText.Hours("seven to six"));
        Assert.Equal([new DateOnly(2033, 1, 3), new DateOnly(2033, 4, 15)], TariffText.Days("2033-01-03, 2033-04-15"));
        Assert.Equal([], TariffText.Days(" "));
        Assert.Null(TariffText.Days("3 January 2033"));
    }
}
