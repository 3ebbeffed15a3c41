using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Tracking;

/// <summary>Vehicles one after another where one was just before.</summary>
public sealed class SeparateVehiclesTests(Recogniser recogniser)
{
    private static readonly string[] Plates = ["LR33TEE", "KX70HJM", "AB12CDE", "AB12CDF"];

    [Theory]
    [InlineData(3.0, 1)]
    [InlineData(3.0, 2)]
    [InlineData(1.0, 3)]
    public void Each_vehicle_that_a_slow_camera_shows_in_the_same_place_is_a_sighting(double seconds, int frames)
    {
        using var street = new Street(recogniser.Models) { Interval = TimeSpan.FromSeconds(seconds) };
        var reports = Plates.SelectMany(p => Enumerable.Range(0, frames).SelectMany(_ => street.Sees(Street.Read(Street.Plate(200), p)))).ToList();
        reports.AddRange(street.Waits(TimeSpan.FromSeconds(20)));

        Assert.Equal(Plates, reports.Select(r => r.Vote.Plate));
    }

    [Fact]
    public void Doubtful_vehicles_of_a_slow_camera_are_as_many()
    {
        using var street = new Street(recogniser.Models) { Interval = TimeSpan.FromSeconds(3) };
        var reports = Plates[..3].SelectMany(p => street.Sees(Street.Read(Street.Plate(200), p, 0.97f))).ToList();
        reports.AddRange(street.Waits(TimeSpan.FromSeconds(20)));

        Assert.Equal(Plates[..3], reports.Select(r => r.Vote.Plate));
    }

    [Theory]
    [InlineData(0.125, 20)]
    [InlineData(0.125, 55)]
    [InlineData(0.45, 60)] // each stands where the one before it stood
    [InlineData(0.45, 90)]
    public void A_queue_seen_from_low_down_is_as_many_vehicles(double seconds, int speed)
    {
        const int spacing = 60;
        string[] plates = ["LR33TEE", "KX70HJM", "AB12CDE", "GF64PLN", "WV19ZZY"];
        using var street = new Street(recogniser.Models) { Interval = TimeSpan.FromSeconds(seconds) };
        var reports = new List<string?>();
        for (var frame = 0; frame < 60; frame++)
        {
            var inView = plates.Select((p, i) => (Plate: p, Y: 40 + speed * frame - spacing * i)).Where(v => v.Y is > 20 and < 320);
            reports.AddRange(street.Sees([.. inView.Select(v => Street.Read(Street.Plate(200, v.Y), v.Plate))]).Select(r => r.Vote.Plate));
        }

        reports.AddRange(street.Waits(TimeSpan.FromSeconds(20)).Select(r => r.Vote.Plate));
        Assert.Equal(plates, reports);
    }

    [Fact]
    public void A_vehicle_that_hid_the_next_one_is_not_taken_for_it()
    {
        using var street = new Street(recogniser.Models);
        var reports = Enumerable.Range(0, 6).SelectMany(i => street.Sees(Street.Read(Street.Plate(200, 120 + 12 * i), "LR33TEE"))).ToList();
        reports.AddRange(Enumerable.Range(0, 6).SelectMany(i => street.Sees(Street.Read(Street.Plate(200, 90 + 12 * i, 110), "KX70HJM"))));
        reports.AddRange(street.Waits(TimeSpan.FromSeconds(2)));

        Assert.Equal(["LR33TEE", "KX70HJM"], reports.Select(r => r.Vote.Plate));
    }
}
