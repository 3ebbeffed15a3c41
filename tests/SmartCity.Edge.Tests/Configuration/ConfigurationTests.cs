using System.Text;
using Microsoft.AspNetCore.Http;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Tests.Cameras;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Tests.Configuration;

/// <summary>An edge and a core that names its cameras, or does not answer.</summary>
public sealed class ConfigurationTests : IAsyncLifetime
{
    private readonly Recogniser _recogniser;
    private readonly TemporaryFolder _folder = new();
    private FakeCore _core = null!;

    public ConfigurationTests(Recogniser recogniser)
    {
        _recogniser = recogniser;
        foreach (var (name, plate) in new[] { ("one", "LR33TEE"), ("two", "KX70HJM") })
        {
            Directory.CreateDirectory(_folder[name]);
            File.WriteAllBytes(_folder[$"{name}/car.jpg"], TestPictures.Jpeg(plate));
        }
    }

    public async ValueTask InitializeAsync() => _core = await FakeCore.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Cameras_that_the_core_names_start_and_end_without_a_restart_and_the_others_go_on()
    {
        _core.Cameras = [new() { Id = "gate", Source = "upload" }];
        await using var station = await StartAsync(_core.Address);
        await station.Until(() => station.Running.Any(), "the first camera runs");
        var gate = station.Camera("gate");

        _core.Cameras = [.. _core.Cameras, Folder("one")];
        await station.Until(() => station.Sightings.Any(s => s.CameraId == "one"), "the new camera makes sightings");
        Assert.Same(gate, station.Camera("gate"));
        Assert.Equal(CameraState.Connecting, gate.State);
        await station.Until(() => _core.UnchangedConfigurations > 0, "a configuration that has not changed is not sent again");

        _core.Cameras = [_core.Cameras[0]];
        await station.Until(() => station.Running.SequenceEqual(["gate"]), "the camera that is gone has ended");
    }

    [Fact]
    public async Task Recordings_that_name_no_time_zone_are_of_the_citys()
    {
        File.WriteAllBytes(_folder["one/car.jpg"], TestPictures.Taken(TestPictures.Jpeg("LR33TEE"), "2026:05:04 08:15:00"));
        (_core.Cameras, _core.TimeZone) = ([Folder("one")], "Asia/Tokyo");
        await using (var station = await StartAsync(_core.Address))
        {
            await station.Until(() => station.Sightings.Count > 0, "the picture is a sighting");
            Assert.Equal(new DateTimeOffset(2026, 5, 3, 23, 15, 0, TimeSpan.Zero), station.Sightings.Single().CapturedAt);
        }

        Assert.Equal("Asia/Tokyo", KeptConfiguration.Read(_folder["spool/configuration.json"])?.TimeZone);
    }

    [Fact]
    public async Task A_camera_on_trial_is_shown_and_makes_no_sightings_until_it_is_added()
    {
        _core.Cameras = [Folder("one") with { Trial = true }];
        await using var station = await StartAsync(_core.Address);
        await station.Until(() => File.Exists(_folder["objects/" + CameraPicture.Key(CameraStation.Station, "one")]), "the camera is shown");
        await station.Until(() => station.Camera("one").State == CameraState.Ended, "all its pictures were looked at");
        Assert.Empty(station.Sightings);

        _core.Cameras = [Folder("one")];
        await station.Until(() => station.Sightings.Count > 0, "it makes sightings");
        Assert.Equal("LR33TEE", station.Sightings.Single().Plate);
    }

    [Fact]
    public async Task Without_the_core_an_edge_starts_with_the_cameras_that_it_named_last()
    {
        _core.Cameras = [Folder("one")];
        await using (var station = await StartAsync(_core.Address))
        {
            await station.Until(() => station.Sightings.Count == 1, "the camera runs");
        }

        await _core.StopAsync();
        File.WriteAllBytes(_folder["one/next.jpg"], TestPictures.Jpeg("AB12CDE"));
        await using var alone = await StartAsync(_core.Address);

        await alone.Until(() => alone.Sightings.Exists(s => s.Plate == "AB12CDE"), "the camera runs without the core");
        await alone.Until(() => alone.Health.Reports.Any(r => r is { Name: "configuration", State: WorkerState.Degraded }), "it says that the core does not answer");
    }

    [Theory]
    [InlineData("<html>We are back soon</html>", "is no configuration")]
    [InlineData("", "is no configuration")]
    [InlineData("null", "is empty")]
    [InlineData("[]", "is no configuration")]
    [InlineData("{}", "is no configuration")]
    [InlineData("{\"stations\":[{\"id\":\"lon", "is no configuration")]
    [InlineData("{\"stations\":null}", "names no stations")]
    [InlineData("{\"stations\":[null]}", "names no stations")]
    [InlineData("{\"stations\":[]}", "does not know these stations")]
    [InlineData("{\"stations\":[STATION \"cameras\":[null]}]}", "a camera without an id or a source")]
    [InlineData("{\"stations\":[STATION \"cameras\":[{\"id\":\"../gate\",\"source\":\"upload\"}]}]}", "the camera '../gate'")]
    [InlineData("{\"stations\":[STATION \"cameras\":[{\"id\":\"gate\",\"source\":null}]}]}", "a camera without an id or a source")]
    [InlineData("{\"timeZone\":\"Mars/Olympus\",\"stations\":[STATION \"cameras\":[]}]}", "the time zone 'Mars/Olympus'")]
    [InlineData("{\"models\":[{\"order\":null,\"manifest\":null}],\"stations\":[STATION \"cameras\":[]}]}", "orders a version of a model")]
    [InlineData("LARGE", "more than 16 MB")]
    [InlineData("CUT", "cannot ask the core")]
    public async Task An_answer_that_cannot_be_takes_no_camera_away_and_is_complained_of(string answer, string says)
    {
        _core.Cameras = [new() { Id = "gate", Source = "upload" }];
        await using (var station = await StartAsync(_core.Address))
        {
            await station.Until(() => station.Running.Any(), "the camera runs");
            var gate = station.Camera("gate");

            _core.Instead = context => SayAsync(context, answer.Replace("STATION", $"{{\"id\":\"{CameraStation.Station}\",\"name\":\"T\",\"latitude\":51.5,\"longitude\":0,", StringComparison.Ordinal));
            await station.Until(() => station.Health.Reports.Any(r => r is { Name: "configuration", State: WorkerState.Degraded, Detail: { } detail } && detail.Contains(says, StringComparison.Ordinal)), "it is said");
            Assert.Same(gate, station.Camera("gate"));
            Assert.Equal(["gate"], station.Running);

            _core.Instead = null;
            _core.Cameras = [.. _core.Cameras, Folder("one")];
            await station.Until(() => station.Running.Contains("one"), "it hears of the next camera");
            await station.Until(() => station.Health.Reports.Any(r => r is { Name: "configuration", State: WorkerState.Healthy }), "all is well");
            _core.Instead = context => SayAsync(context, answer);
        }

        // Nor does a restart forget any.
        await using var again = await StartAsync(_core.Address);
        await again.Until(() => again.Running.Order().SequenceEqual(["gate", "one"]), "the cameras that it had run");
    }

    private static async Task<bool> SayAsync(HttpContext context, string answer)
    {
        if (context.Request.Path != "/api/edge/configuration")
        {
            return false;
        }

        if (answer == "CUT")
        {
            context.Response.ContentLength = 1_000;
            await context.Response.WriteAsync("{\"stations\":[", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
            return true;
        }

        context.Response.ContentType = "application/json; charset=klingon";
        await context.Response.Body.WriteAsync(answer == "LARGE" ? Enumerable.Repeat((byte)' ', 17 << 20).ToArray() : Encoding.UTF8.GetBytes(answer), context.RequestAborted);
        return true;
    }

    [Fact]
    public async Task Until_the_core_has_answered_for_the_first_time_the_edge_is_not_ready()
    {
        await using var station = await StartAsync("http://127.0.0.1:9");

        await station.Until(() => station.Health.Reports.Any(r => r is { Name: "configuration", State: WorkerState.Starting, Detail: { } detail } && detail.Contains("127.0.0.1:9", StringComparison.Ordinal)), "it waits for the core");
        Assert.Empty(station.Running);
    }

    [Fact]
    public async Task A_source_that_is_none_is_said_and_stops_no_other_camera()
    {
        _core.Cameras = [new() { Id = "wrong", Source = "carrier-pigeon" }, Folder("two")];
        await using var station = await StartAsync(_core.Address);

        await station.Until(() => station.Sightings.Count == 1, "the other camera makes sightings");
        Assert.Equal(CameraState.Lost, station.Camera("wrong").State);
        Assert.Contains("carrier-pigeon", station.Camera("wrong").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_kept_of_the_core_is_for_nobody_else_to_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such file modes.");
        var file = _folder["kept.json"];
        KeptConfiguration.Write(file, new EdgeConfiguration { Stations = [] });

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file));
    }

    private Camera Folder(string name) => new() { Id = name, Source = $"folder:{_folder[name]}" };

    private Task<CameraStation> StartAsync(string core) => CameraStation.StartAsync(
        _recogniser, _folder, [], new() { ["Edge:Stations:0"] = CameraStation.Station, ["Edge:Configuration:Address"] = core, ["Edge:Configuration:Key"] = FakeCore.Key, ["Edge:Configuration:Interval"] = "00:00:01" });
}
