using System.Text.Json;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using SmartCity.Core.Ops;

namespace SmartCity.Core.Tests.Ops;

public class OpsRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 8, 15, 0, TimeSpan.Zero);

    [Fact]
    public void An_edge_that_was_never_heard_of_is_unknown_and_a_silent_one_has_failed()
    {
        Assert.Equal("unknown", OpsRules.Edge(null, Now).State);
        var silent = OpsRules.Edge(Beat() with { At = Now.AddMinutes(-5) }, Now);
        Assert.Equal("failed", silent.State);
        Assert.Equal("Its last heartbeat is 5 min old.", Assert.Single(silent.Problems));
    }

    [Fact]
    public void An_edge_is_as_bad_as_what_is_wrong_with_it()
    {
        Assert.Equal("healthy", OpsRules.Edge(Beat(), Now).State);
        Assert.Equal("degraded", OpsRules.Edge(Beat() with { DiskFreeBytes = 200_000_000 }, Now).State);
        Assert.Equal("degraded", OpsRules.Edge(Beat("streaming", "lost"), Now).State);
        Assert.Equal("failed", OpsRules.Edge(Beat("lost", "lost"), Now).State);
        Assert.Equal("degraded", OpsRules.Edge(Beat("connecting", "lost"), Now).State);
        Assert.Equal(("failed", "The pictures of 1 of 2 cameras cannot be read: c0."), (OpsRules.Edge(Beat("failing", "lost"), Now).State, OpsRules.Edge(Beat("failing", "lost"), Now).Problems[^1]));
        Assert.Equal("healthy", OpsRules.Edge(Beat("connecting", "streaming"), Now).State);
        Assert.Contains("20000 sightings wait", Assert.Single(OpsRules.Edge(Beat() with { SpoolDepth = 20_000 }, Now).Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("streaming", 2.5, null, null, "healthy", null)]
    [InlineData("streaming", 0.0, 20, null, "healthy", null)]
    [InlineData("streaming", 0.0, 90, null, "degraded", "No frame for 90 s.")]
    [InlineData("streaming", 0.0, null, null, "unknown", "No frame has come yet.")]
    [InlineData("connecting", 0.0, null, null, "unknown", null)]
    [InlineData("connecting", 0.0, null, "connection refused", "degraded", "connection refused")]
    [InlineData("lost", 0.0, 20, null, "failed", "Its stream is lost. The edge tries to reconnect.")]
    [InlineData("failing", 5.0, 20, "Its frames cannot be read: out of memory", "failed", "Its frames cannot be read: out of memory")]
    public void A_camera_in_trouble_says_why_and_a_street_that_is_empty_for_a_while_is_none(string state, double framesPerSecond, int? pictureAge, string? error, string health, string? why)
    {
        var camera = new CameraHeartbeat { CameraId = "c", State = state, FramesPerSecond = framesPerSecond, Error = error, PictureAt = pictureAge is { } age ? Now.AddSeconds(-age) : null };
        Assert.Equal((health, why), OpsRules.Camera(camera, Beat(), Now));
        Assert.Equal(("failed", "Its edge has sent no heartbeat for 5 min."), OpsRules.Camera(camera, Beat() with { At = Now.AddMinutes(-5) }, Now));
    }

    [Fact]
    public void An_edge_says_what_is_wrong_with_its_hot_list_and_an_older_one_that_says_nothing_of_it_is_understood()
    {
        var old = JsonSerializer.Deserialize("""{ "stationId": "london-a1", "at": "2026-11-23T08:15:00.000Z", "diskFreeBytes": 5000000000, "cameras": [], "problems": [] }""", ContractsJson.Default.StationHeartbeat)!;
        Assert.Equal("healthy", OpsRules.Edge(old, Now).State);

        var stale = OpsRules.Edge(Beat() with { Hotlist = new HotlistHeartbeat { Entries = 12, Error = "The hot-list is 30 h old; it is still used." } }, Now);
        Assert.Equal(("degraded", "The hot-list is 30 h old; it is still used."), (stale.State, Assert.Single(stale.Problems)));
    }

    [Fact]
    public void An_edge_that_refuses_a_version_says_why()
    {
        var model = new ModelHeartbeat { Kind = ModelKind.Reader, Version = "city-read-1", Phase = ModelPhase.Refused, Candidate = "city-read-2", Reason = "The order is not signed." };
        var refused = OpsRules.Edge(Beat() with { Models = [model] }, Now);
        Assert.Equal(("degraded", "It does not read with city-read-2, but with city-read-1: The order is not signed."), (refused.State, Assert.Single(refused.Problems)));
        Assert.Equal("healthy", OpsRules.Edge(Beat() with { Models = [model with { Phase = ModelPhase.Serving }] }, Now).State);
    }

    [Fact]
    public void An_edge_whose_clock_is_not_synchronised_says_what_follows_from_it()
    {
        Assert.Equal("healthy", OpsRules.Edge(Beat() with { Clock = new ClockHeartbeat { Synchronised = true, OffsetMilliseconds = 3, Source = "chrony, from 192.0.2.1" } }, Now).State);

        var off = OpsRules.Edge(Beat() with { Clock = new ClockHeartbeat { Synchronised = false, OffsetMilliseconds = -2500, Source = "chrony, from 192.0.2.1" } }, Now);
        Assert.Equal(("degraded", "Its clock is not synchronised (chrony, from 192.0.2.1, -2500 ms off). Charges from its sightings wait for a person."), (off.State, Assert.Single(off.Problems)));
    }

    [Fact]
    public void A_mirror_is_behind_only_when_it_is_not_the_core_that_is()
    {
        Assert.Equal("healthy", OpsRules.Mirror(Beat(), TimeSpan.FromSeconds(1), TimeSpan.Zero, 0, null, Now).State);
        Assert.Equal("degraded", OpsRules.Mirror(Beat(), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(3), 0, null, Now).State);
        Assert.Equal("healthy", OpsRules.Mirror(Beat(), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(3), 500, null, Now).State);
        Assert.Equal("degraded", OpsRules.Mirror(Beat(), TimeSpan.FromMinutes(2), null, 0, null, Now).State);
        Assert.Equal("unknown", OpsRules.Mirror(null, null, null, 0, null, Now).State);
        var missing = OpsRules.Mirror(null, null, null, 0, new MissingHours(32, 1204, Now, 1), Now);
        Assert.Equal("degraded", missing.State);
        Assert.Contains("32 of 1204 sightings that its edge has published have not arrived", missing.Problems[0], StringComparison.Ordinal);
        Assert.Equal("no route", Assert.Single(OpsRules.Mirror(Beat() with { Mirror = new MirrorHeartbeat { Error = "no route" } }, null, null, 0, null, Now).Problems));
    }

    [Theory]
    [InlineData(20, 100, "healthy")]
    [InlineData(95, 100, "degraded")]
    public void Connections_run_out_before_they_are_all_taken(int taken, int allowed, string state) =>
        Assert.Equal(state, OpsRules.Database(new DatabaseMeasurement(Now, "18.0", 1, taken, allowed, null, null, null), null).State);

    [Fact]
    public void A_disk_that_is_nearly_full_is_told_before_it_is()
    {
        Assert.Equal("healthy", OpsRules.Storage(new DiskStatus("/data", 20_000_000_000, 100_000_000_000), null, null).State);
        Assert.Equal("degraded", OpsRules.Storage(new DiskStatus("/data", 4_000_000_000, 100_000_000_000), null, null).State);
        Assert.Equal("failed", OpsRules.Storage(null, "no route", null).State);
    }

    [Fact]
    public void Only_what_the_figures_say_is_said_of_Kafka()
    {
        Assert.Equal("unknown", OpsRules.Kafka(null, null).State);
        Assert.Equal("failed", OpsRules.Kafka(null, "Broker transport failure").State);
        var topic = new TopicStatus("a.sightings", 6, 1, 1, null, 2, []);
        Assert.Equal("2 of 6 partitions of a.sightings have fewer replicas in sync than they should.", Assert.Single(OpsRules.Kafka(new KafkaMeasurement(Now, 3, [topic], []), null).Problems));
    }

    private static StationHeartbeat Beat(params string[] cameras) => new()
    {
        StationId = "london-a1",
        At = Now.AddSeconds(-5),
        DiskFreeBytes = 50_000_000_000,
        Cameras = [.. cameras.Select((state, i) => new CameraHeartbeat { CameraId = $"c{i}", State = state })],
    };
}
