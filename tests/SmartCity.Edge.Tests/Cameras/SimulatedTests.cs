using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OpenCvSharp;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

public class SimulatedTests
{
    private const int Few = 3;
    private const int MoreThanAPass = 20;

    // The caption above says when a picture was taken, which is the clock's affair and not the seed's.
    private const int CaptionRows = 40;

    [Theory]
    [InlineData("day")]
    [InlineData("dusk")]
    [InlineData("night")]
    [InlineData("rain")]
    public async Task A_seed_always_gives_the_same_vehicles_and_the_same_pictures(string weather)
    {
        var first = await WatchAsync($"simulated:?seed=7&weather={weather}&every=00:00:02", Few);
        var second = await WatchAsync($"simulated:?seed=7&weather={weather}&every=00:00:02", Few);

        Assert.Equal(first.Select(f => f.Truth), second.Select(f => f.Truth));
        Assert.Equal(first.Select(f => f.Pixels), second.Select(f => f.Pixels));
    }

    [Fact]
    public async Task Another_seed_gives_other_traffic_and_every_picture_of_a_pass_is_another()
    {
        var first = await WatchAsync("simulated:?seed=7&every=00:00:02", Few);
        var other = await WatchAsync("simulated:?seed=8&every=00:00:02", 1);

        Assert.NotEqual(first[0].Truth[0].Plate, other[0].Truth[0].Plate);
        Assert.Equal(Few, first.Select(f => f.Pixels).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_pass_shows_one_registered_vehicle_coming_nearer_and_then_the_empty_street()
    {
        var frames = await WatchAsync("simulated:?seed=7&every=00:00:02", MoreThanAPass);
        var pass = frames.TakeWhile(f => f.Truth.Count == 1).Select(f => f.Truth[0]).ToList();

        Assert.InRange(pass.Count, 8, 15);
        Assert.Empty(frames[pass.Count].Truth);
        var plate = Assert.Single(pass.Select(t => t.Plate).Distinct());
        Assert.Contains(plate, Enumerable.Range(0, DemoRegistry.Count).Select(i => DemoRegistry.Vehicle(i).Plate));
        Assert.Single(pass.Select(t => t.Pass).Distinct());
        Assert.Equal(pass.Select(t => t.Box.Width).Order(), pass.Select(t => t.Box.Width));
        Assert.All(pass, t => Assert.Equal(t.Box, t.Box & new Rect(0, 0, frames[0].Size.Width, frames[0].Size.Height)));
        Assert.NotEqual(plate, frames.SkipWhile(f => f.Truth.Count == 1).First(f => f.Truth.Count == 1).Truth[0].Plate);
    }

    [Theory]
    [InlineData("simulated:?seed=many", "many", "seed")]
    [InlineData("simulated:?weather=hail", "hail", "weather")]
    [InlineData("simulated:?every=often", "often", "every")]
    public void A_setting_that_is_not_valid_is_named(string source, string given, string setting)
    {
        var error = Assert.Throws<InvalidDataException>(() => Source(source, TimeProvider.System));

        Assert.Contains($"'{given}' is not a valid {setting}", error.Message, StringComparison.Ordinal);
    }

    private static ICameraSource Source(string source, TimeProvider time) =>
        new CameraSources(Options.Create(new EdgeOptions()), PlanarVideoTests.Decoder(), time, NullLogger<CameraSources>.Instance).Of(new Camera { Id = "street", Source = source });

    private static async Task<List<(IReadOnlyList<FrameTruth> Truth, string Pixels, Size Size)>> WatchAsync(string source, int count)
    {
        var time = new FakeTimeProvider();
        var seen = new List<(IReadOnlyList<FrameTruth>, string, Size)>();
        await using var frames = Source(source, time).ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (seen.Count < count)
        {
            var next = frames.MoveNextAsync().AsTask();
            await Eventually.IsTrue(
                () =>
                {
                    time.Advance(TimeSpan.FromMilliseconds(500));
                    return next.IsCompleted;
                },
                "the next frame comes");
            Assert.True(await next);
            using var frame = frames.Current;
            using var scene = frame.Image.RowRange(CaptionRows, frame.Image.Rows);
            seen.Add((frame.Truth!, FrameOrigin.Of(scene.ImEncode(".bmp")), frame.Image.Size()));
        }

        return seen;
    }
}
