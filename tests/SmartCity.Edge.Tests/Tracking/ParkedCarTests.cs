using SmartCity.Edge.Tests.Hosting;
using SmartCity.Edge.Tests.Recognition;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Tracking;

public sealed class ParkedCarTests(Recogniser recogniser) : IDisposable
{
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(2);

    private readonly Street _street = new(recogniser.Models);

    public void Dispose() => _street.Dispose();

    [Fact]
    public void A_parked_car_that_a_bus_hid_is_not_reported_again()
    {
        var before = Parked(frames: 5);
        var hidden = _street.Waits(TimeSpan.FromSeconds(20));
        var after = Parked(frames: 5).Concat(_street.Waits(Gone));

        Assert.Single(before);
        Assert.Empty(hidden);
        Assert.Empty(after);
    }

    [Fact]
    public void A_car_parked_for_half_an_hour_beside_busy_traffic_is_reported_once()
    {
        var reports = Parked(frames: 4);
        for (var half = 0; half < 3600; half++)
        {
            _street.At += TimeSpan.FromSeconds(0.5);
            reports.AddRange(Parked(frames: 1));
        }

        // The street empties, sight of it is lost, and it is seen anew.
        reports.AddRange(_street.Waits(TimeSpan.FromMinutes(1)));
        reports.AddRange(Parked(frames: 4));

        Assert.Equal("LR33TEE", Assert.Single(reports).Vote.Plate);
    }

    [Fact]
    public void A_car_parked_over_a_quiet_night_is_reported_once()
    {
        var reports = Parked(frames: 4);
        for (var hour = 0; hour < 8; hour++)
        {
            for (var minute = 0; minute < 60; minute++)
            {
                _street.At += TimeSpan.FromMinutes(1);
                reports.AddRange(_street.Tracker.Still(_street.Moment));
            }

            _street.At += Street.Frame;
            reports.AddRange(_street.Sees(Car(), Street.Read(Street.Plate(400), $"AB1{hour}CDE")));
            reports.AddRange(_street.Sees(Car(), Street.Read(Street.Plate(410), $"AB1{hour}CDE")));
            reports.AddRange(_street.Sees(Car()));
            reports.AddRange(_street.Waits(Gone));
        }

        Assert.Equal(["LR33TEE", "AB10CDE", "AB11CDE", "AB12CDE", "AB13CDE", "AB14CDE", "AB15CDE", "AB16CDE", "AB17CDE"], reports.Select(r => r.Vote.Plate));
    }

    [Fact]
    public void A_parked_car_whose_plate_cannot_be_read_is_reported_once_and_passing_ones_each_time()
    {
        var muddy = Grids.Of([.. "LR33TEE".Select(c => new[] { (c, 0.4f), ('W', 0.3f), ('8', 0.2f) })]);
        var parked = new List<string>();
        for (var minute = 0; minute < 30; minute++)
        {
            for (var frame = 0; frame < 4; frame++)
            {
                parked.AddRange(_street.Sees(Street.Read(Street.Plate(100), muddy)).Select(r => r.Vote.BestGuess));
            }

            parked.AddRange(_street.Waits(Gone).Select(r => r.Vote.BestGuess));
            _street.At += TimeSpan.FromMinutes(1);
            _street.Tracker.Still(_street.Moment);
        }

        Assert.Single(parked);
        for (var vehicle = 0; vehicle < 3; vehicle++)
        {
            for (var frame = 0; frame < 4; frame++)
            {
                Assert.Empty(_street.Sees(Street.Read(Street.Plate(300 + 20 * frame), muddy)));
            }

            Assert.Null(Assert.Single(_street.Waits(Gone)).Vote.Plate);
        }
    }

    [Fact]
    public void A_car_that_was_voted_over_only_when_sight_of_it_was_lost_stays_known_in_a_still_street()
    {
        // Reported only when sight of it is lost, in a street that has been still since.
        var doubtful = Street.Read(Street.Plate(100), "LR33TEE", 0.88f);
        _street.Sees(doubtful);
        _street.Sees(doubtful);
        var reports = new List<string?>();
        for (var minute = 0; minute < 60; minute++)
        {
            _street.At += TimeSpan.FromSeconds(minute < 10 ? 0.125 : 60);
            reports.AddRange(_street.Tracker.Still(_street.Moment).Select(r => r.Vote.Plate));
        }

        reports.AddRange(Parked(frames: 3).Select(r => r.Vote.Plate));
        Assert.Equal(["LR33TEE"], reports);
    }

    [Fact]
    public void A_car_that_comes_back_is_reported_again()
    {
        var first = _street.Passes("LR33TEE").Concat(_street.Waits(TimeSpan.FromMinutes(1))).ToList();
        var elsewhere = _street.Passes("LR33TEE", lane: 300).Concat(_street.Waits(Gone)).ToList();
        _street.Waits(TimeSpan.FromHours(1));
        var later = _street.Passes("LR33TEE", lane: 300).Concat(_street.Waits(Gone)).ToList();

        Assert.Single(first);
        Assert.Single(elsewhere);
        Assert.Single(later);
    }

    [Fact]
    public void A_car_that_left_while_the_street_was_watched_is_reported_when_it_parks_there_again()
    {
        Assert.Single(Parked(frames: 4));
        _street.Sees();
        for (var minute = 0; minute < 30; minute++)
        {
            _street.At += TimeSpan.FromMinutes(1);
            Assert.Empty(_street.Tracker.Still(_street.Moment));
        }

        Assert.Single(Parked(frames: 4));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(2)]
    public void A_car_that_passes_again_after_another_stood_in_its_place_is_reported_again(int frames)
    {
        var first = Parked(frames).Concat(_street.Waits(TimeSpan.FromMinutes(1))).ToList();
        var other = Enumerable.Range(0, frames).SelectMany(_ => _street.Sees(Street.Read(Street.Plate(104), "AB12CDE"))).ToList();
        other.AddRange(_street.Waits(TimeSpan.FromMinutes(4)));
        var again = Parked(frames).Concat(_street.Waits(Gone)).ToList();

        Assert.Equal(["LR33TEE", "AB12CDE", "LR33TEE"], first.Concat(other).Concat(again).Select(r => r.Vote.Plate));
    }

    [Fact]
    public void A_car_that_drove_out_of_view_and_comes_there_again_is_reported_again()
    {
        var first = _street.Passes("LR33TEE").Concat(_street.Waits(TimeSpan.FromMinutes(5))).ToList();
        var again = Enumerable.Range(0, 4).SelectMany(_ => _street.Sees(Street.Read(Street.Plate(170, 206, 135), "LR33TEE"))).ToList();
        again.AddRange(_street.Waits(Gone));

        Assert.Single(first);
        Assert.Single(again);
    }

    private static PlateRead Car() => Street.Read(Street.Plate(100), "LR33TEE");

    private List<(SmartCity.Edge.Tracking.Track Track, PlateRead Vote)> Parked(int frames) =>
        [.. Enumerable.Range(0, frames).SelectMany(_ => _street.Sees(Car()))];
}
