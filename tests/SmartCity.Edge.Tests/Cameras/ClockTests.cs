using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>A camera's time of day that is set otherwise while it runs.</summary>
public sealed class ClockTests(Recogniser recogniser) : IDisposable
{
    private const string Camera = "gate";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(-0.5)] // what a time server corrects
    [InlineData(-3600)] // the end of summer time in a local stamp
    [InlineData(-86_400)]
    public async Task A_clock_that_is_put_back_ends_no_sightings(double seconds)
    {
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [(Camera, "upload")]);
        var before = station.Time.GetUtcNow();
        await SeesAsync(station, "LR33TEE", before);
        var after = before.AddSeconds(1 + seconds);
        await SeesAsync(station, "KX70HJM", after);

        await Eventually.IsTrue(() => station.Sightings.Count >= 2, "both are sightings");
        Assert.Equal(["LR33TEE", "KX70HJM"], station.Sightings.Select(s => s.Plate));
        Assert.InRange(station.Sightings[1].CapturedAt - after, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        TestContext.Current.TestOutputHelper?.WriteLine($"a clock put back by {-seconds} s: 2 vehicles in, {station.Sightings.Count} sightings out");
    }

    [Fact]
    public async Task One_picture_from_the_future_costs_no_vehicle()
    {
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [(Camera, "upload")]);
        var at = station.Time.GetUtcNow();
        await SeesAsync(station, "LR33TEE", at);
        await ShowAsync(station, null, at.AddYears(1));
        await SeesAsync(station, "KX70HJM", at.AddSeconds(1));
        await SeesAsync(station, "AB12CDE", at.AddSeconds(2));

        await Eventually.IsTrue(() => station.Sightings.Count >= 3, "all three are sightings");
        Assert.Equal(["LR33TEE", "KX70HJM", "AB12CDE"], station.Sightings.Select(s => s.Plate));
        Assert.All(station.Sightings, s => Assert.InRange(s.CapturedAt - at, TimeSpan.Zero, TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public async Task A_vehicle_in_view_while_the_clock_is_put_back_is_reported_once()
    {
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [(Camera, "upload")]);
        var at = station.Time.GetUtcNow();
        await SeesAsync(station, "LR33TEE", at);
        await SeesAsync(station, "LR33TEE", at.AddHours(-1), x: 220);
        await SeesAsync(station, "KX70HJM", at.AddHours(-1).AddSeconds(5), x: 0);

        await Eventually.IsTrue(() => station.Sightings.Count >= 2, "both are sightings");
        Assert.Equal(["LR33TEE", "KX70HJM"], station.Sightings.Select(s => s.Plate));
    }

    // A vehicle over six frames and the street after it, at eight frames a second without a pause.
    private static async Task SeesAsync(CameraStation station, string plate, DateTimeOffset at, int x = 200)
    {
        for (var i = 0; i < 10; i++)
        {
            await ShowAsync(station, i < 6 ? plate : null, at.AddMilliseconds(90 * i), x + 15 * i);
        }
    }

    private static async Task ShowAsync(CameraStation station, string? plate, DateTimeOffset at, int x = 200)
    {
        var picture = TestPictures.Street(plate, x);
        Assert.True(((UploadSource)station.Sources.Of(new Camera { Id = Camera, Source = "upload" })).TryOffer(new Frame(Camera, 0, at, picture)));
        await Eventually.IsTrue(() => picture.IsDisposed, "the frame was taken");
        station.Time.Advance(TimeSpan.FromMilliseconds(125));
    }
}
