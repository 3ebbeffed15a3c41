using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Tests;

public class DemoRegistryTests
{
    [Fact]
    public void Every_plate_is_valid_and_belongs_to_one_vehicle()
    {
        var plates = Enumerable.Range(0, DemoRegistry.Count).Select(i => DemoRegistry.Vehicle(i).Plate).ToArray();
        Assert.All(plates, p => Assert.Matches("^[A-Z0-9]{4,9}$", p));
        Assert.Equal(plates.Length, plates.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Traffic_of_a_seed_is_always_the_same_and_in_order()
    {
        var city = City.Load(null);
        var from = new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);
        var first = DemoTraffic.Sightings(city, 7, from, 100).Take(2000).ToArray();
        var second = DemoTraffic.Sightings(city, 7, from, 100).Take(2000).ToArray();
        Assert.Equal(first.Select(s => s.Id), second.Select(s => s.Id));
        Assert.Equal(first.Select(s => s.Plate), second.Select(s => s.Plate));
        Assert.Equal(first.OrderBy(s => s.CapturedAt).Select(s => s.Id), first.Select(s => s.Id));
        Assert.Equal(2000, first.Select(s => s.Id).Distinct().Count());
        Assert.All(first, s => Assert.Equal(7, s.Id.Version));
    }

    [Fact]
    public void A_vehicle_of_the_traffic_has_time_to_get_from_station_to_station_but_for_the_cloned_one()
    {
        var seen = DemoTraffic.Sightings(City.Load(null), 7, new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero), 50).Where(s => s.Plate is not null).Take(100_000);
        var cloned = DemoRegistry.Vehicle(1009).Plate;

        var moves = seen.GroupBy(s => s.Plate!).SelectMany(g => g.Zip(g.Skip(1)).Where(p => p.First.StationId != p.Second.StationId).Select(p => (g.Key, Took: p.Second.CapturedAt - p.First.CapturedAt))).ToList();

        Assert.True(moves.Count > 1_000, $"{moves.Count} moves");
        Assert.All(moves.Where(m => m.Key != cloned), m => Assert.InRange(m.Took, TimeSpan.FromMinutes(5), TimeSpan.FromDays(1)));
        Assert.Contains(moves, m => m.Key == cloned && m.Took < TimeSpan.FromMinutes(5));
    }
}
