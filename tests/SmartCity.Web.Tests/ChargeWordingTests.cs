using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Charges;

namespace SmartCity.Web.Tests;

public class ChargeWordingTests
{
    [Fact]
    public void The_facts_of_a_charge_are_named_in_order() => Assert.Equal(
        "diesel van, Euro 5, first registered 1 March 2012, 3,200 kg gross, 1,900 kg unladen, tax class disabled; resident, autopay",
        ChargeWording.Facts(new ChargedFacts("van", "diesel", 5, new DateOnly(2012, 3, 1), 3200, 1900, "disabled", ["resident", "autopay"])));

    [Fact]
    public void What_is_not_known_is_left_out_but_for_the_euro_standard() =>
        Assert.Equal("petrol car, Euro standard not known", ChargeWording.Facts(new ChargedFacts("car", "petrol", null, null, null, null, null, [])));
}
