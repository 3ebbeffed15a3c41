using SmartCity.Web.Components.Alerts;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

public sealed class PlateAddressTests
{
    [Theory]
    [InlineData("vehicles", "LR33TEE", "vehicles#plate=LR33TEE")]
    [InlineData("vehicles?make=Ford", " LR?3* ", "vehicles?make=Ford#plate=LR%3F3%2A")]
    [InlineData("vehicles?make=Ford", null, "vehicles?make=Ford")]
    [InlineData("vehicles", " ", "vehicles")]
    public void The_plate_stands_where_no_server_sees_it_and_is_found_again(string page, string? plate, string address)
    {
        Assert.Equal(address, PlateAddress.Of(page, plate));
        Assert.Equal(string.IsNullOrWhiteSpace(plate) ? null : plate.Trim(), PlateAddress.In("https://city.example/" + address));
    }

    [Theory]
    [InlineData("https://city.example/vehicles?plate=LR33TEE")]
    [InlineData("https://city.example/vehicles#main")]
    [InlineData("https://city.example/vehicles#plate=")]
    public void Another_address_is_about_no_plate(string address) => Assert.Null(PlateAddress.In(address));

    [Fact]
    public void Filters_keep_the_plate_out_of_what_is_sent()
    {
        Assert.Equal("alerts?priority=2#plate=LR33TEE", new AlertFilter(Priority: 2, Plate: "LR33TEE").Address);
        Assert.Equal("?zone=ulez#plate=LR33", new LiveFilter(Plate: "LR33", Zone: "ulez").Address());
    }
}
