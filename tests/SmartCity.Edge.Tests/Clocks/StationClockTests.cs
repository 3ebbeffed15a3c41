using SmartCity.Contracts;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Tests.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Clocks;

/// <summary>What a station knows of its own clock, and what its sightings say of it.</summary>
public sealed class StationClockTests(Recogniser recogniser) : IDisposable
{
    private static readonly ClockHeartbeat Wrong = new() { Synchronised = false, Source = "kernel" };
    private static readonly ClockHeartbeat Right = new() { Synchronised = true, OffsetMilliseconds = -3, Source = "chrony, from 192.0.2.1" };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("C0000201,192.0.2.1,2,1795853722.1,0.000412,-0.0003,0.0004,-12.1,0.003,0.08,0.012,0.0006,64.2,Normal", true, 0.412, 6.6, "chrony, from 192.0.2.1")]
    [InlineData("C0000201,192.0.2.1,2,1795853722.1,-2.5,-0.0003,0.0004,-12.1,0.003,0.08,0.012,0.0006,64.2,Insert second", true, -2500.0, 6.6, "chrony, from 192.0.2.1")]
    [InlineData("00000000,,0,0.0,0.000000000,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised", false, null, null, "chrony")]
    public void Chrony_says_whether_it_follows_a_reference_and_how_far_it_is_off(string tracking, bool synchronised, double? offset, double? uncertainty, string source) =>
        Assert.Equal(new ClockHeartbeat { Synchronised = synchronised, OffsetMilliseconds = offset, UncertaintyMilliseconds = uncertainty, Source = source }, ChronyClock.Read(tracking + "\n"));

    [Theory]
    [InlineData("")]
    [InlineData("506 Cannot talk to daemon")]
    public void Where_chrony_does_not_run_it_says_nothing(string text) => Assert.Null(ChronyClock.Read(text));

    [Fact]
    public async Task Linux_says_what_timedatectl_shows()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has adjtimex.");
        var said = await new KernelClock().ReadAsync(TestContext.Current.CancellationToken);

        Assert.Equal("kernel", said?.Source);
        Assert.Equal(said!.Synchronised, said.OffsetMilliseconds is not null);
    }

    [Fact]
    public async Task A_clock_whose_reference_was_not_heard_for_long_is_not_synchronised()
    {
        await using var station = await StartAsync(new SetClock(Right with { UncertaintyMilliseconds = 4000 }));
        await station.Until(() => station.Clock.State is not null, "the clock was asked");

        Assert.False(station.Clock.State!.Synchronised);
    }

    [Fact]
    public async Task A_sighting_says_whether_the_clock_was_synchronised_that_it_was_timed_by()
    {
        var clock = new SetClock(Wrong);
        await using var station = await StartAsync(clock);
        await UploadAsync(station, "LR33TEE");
        await station.Until(() => station.Sightings.Count == 1, "the first is a sighting");

        // A time of the camera's own says nothing of this machine's clock.
        await UploadAsync(station, "KX70HJM", "2026-11-23T07:59:00Z");
        await station.Until(() => station.Sightings.Count == 2, "the second is a sighting");

        clock.State = Right;
        station.Time.Advance(TimeSpan.FromSeconds(31));
        await station.Until(() => station.Clock.State?.Synchronised == true, "the clock is asked again");
        await UploadAsync(station, "AB12CDE");
        await station.Until(() => station.Sightings.Count == 3, "the third is a sighting");

        Assert.Equal([("LR33TEE", false), ("KX70HJM", null), ("AB12CDE", true)], station.Sightings.Select(s => (s.Plate, s.ClockSynchronised)));
    }

    [Fact]
    public async Task A_clock_that_is_too_far_off_is_not_synchronised()
    {
        await using var station = await StartAsync(new SetClock(Right with { OffsetMilliseconds = -1500 }));
        Assert.Equal(new ClockHeartbeat { Synchronised = false, OffsetMilliseconds = -1500, Source = Right.Source }, station.Clock.State);
    }

    [Fact]
    public async Task Nobody_is_asked_where_something_else_keeps_the_clock()
    {
        await using var station = await StartAsync(new SetClock(Wrong), new() { ["Edge:ClockChecked"] = "false" });
        Assert.Null(station.Clock.State);
    }

    private Task<CameraStation> StartAsync(SetClock clock, Dictionary<string, string?>? settings = null) => CameraStation.StartAsync(recogniser, _folder, [("gate", "upload")], settings, clock: clock);

    private static async Task UploadAsync(CameraStation station, string plate, string? capturedAt = null)
    {
        using var picture = new ByteArrayContent(TestPictures.Jpeg(plate));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/cameras/gate/frames") { Content = picture };
        request.Headers.Add("X-Api-Key", CameraStation.UploadKey);
        if (capturedAt is not null)
        {
            request.Headers.Add("X-Captured-At", capturedAt);
        }

        using var answer = await station.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
    }
}
