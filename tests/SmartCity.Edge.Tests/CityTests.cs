using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Tests;

public class CityTests
{
    [Fact]
    public void Demo_city_has_ten_places_or_more() => Assert.True(City.Load(null).Stations.Count >= 10);
}
