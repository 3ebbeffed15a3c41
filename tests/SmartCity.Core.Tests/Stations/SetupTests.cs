using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Stations;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Sightings;

namespace SmartCity.Core.Tests.Stations;

public class SetupTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_camera_on_trial_goes_to_its_edge_and_to_nobody_else_and_is_forgotten_when_it_ends()
    {
        await ReadAsync<CameraSetup>(core.Http.PostAsJsonAsync("/api/setup/cameras", new NewCamera("a1-trial", "london-a1", "rtsp://viewer:geheim@camera/1", Trial: true), Token));

        var edge = await EdgeAsync("london-a1");
        Assert.Equal("rtsp://viewer:geheim@camera/1", edge.Cameras.Single(c => c.Trial).Source);
        Assert.DoesNotContain(await EdgeCamerasAsync("london-a3"), c => c.Trial);
        Assert.DoesNotContain((await core.Http.GetFromJsonAsync<StationView[]>("/api/stations", Token))!.SelectMany(s => s.Cameras), c => c.Id == "a1-trial");

        Assert.Equal(HttpStatusCode.NoContent, (await core.Http.DeleteAsync("/api/setup/cameras/a1-trial", Token)).StatusCode);
        Assert.DoesNotContain(await EdgeCamerasAsync("london-a1"), c => c.Trial);
    }

    [Fact]
    public async Task A_password_is_shown_to_nobody_and_stays_when_the_address_comes_back_as_it_was_shown()
    {
        var added = await ReadAsync<CameraSetup>(core.Http.PostAsJsonAsync("/api/setup/cameras", new NewCamera("a3-n2", "london-a3", "rtsp://viewer:geheim@camera/2", Lane: 2), Token));
        Assert.Equal("rtsp://viewer:***@camera/2", added.Source);

        var changed = await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a3-n2", new CameraChange(added.Source, Direction: "outbound", Masks: [[[0, 0], [1, 0], [1, 0.2]]]), Token));
        Assert.Equal((2, "outbound", 1), (changed.Lane, changed.Direction, changed.Masks.Count));
        var camera = (await EdgeCamerasAsync("london-a3")).Single(c => c.Id == "a3-n2");
        Assert.Equal("rtsp://viewer:geheim@camera/2", camera.Source);
        Assert.Equal([1, 0.2], camera.Masks[0][2]);

        var lines = (await core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?action=cameras&subject=a3-n2", Token))!.Items;
        Assert.Equal(["cameras.change", "cameras.add"], lines.Select(l => l.Action));
        Assert.All(lines, l => Assert.DoesNotContain("geheim", l.Details, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_camera_has_its_own_recognition_settings_until_they_are_changed_and_its_edge_hears_of_them()
    {
        var added = await ReadAsync<CameraSetup>(core.Http.PostAsJsonAsync("/api/setup/cameras", new NewCamera("a3-far", "london-a3", "upload", Recognition: new CameraRecognition(1920, 0.4)), Token));
        Assert.Equal(new CameraRecognition(1920, 0.4), added.Recognition);

        await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a3-far", new CameraChange(Direction: "outbound"), Token));
        Assert.Equal(new CameraRecognition(1920, 0.4), (await EdgeCamerasAsync("london-a3")).Single(c => c.Id == "a3-far").Recognition);

        var plain = await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a3-far", new CameraChange(Recognition: new CameraRecognition()), Token));
        Assert.Null(plain.Recognition);
        Assert.Null((await EdgeCamerasAsync("london-a3")).Single(c => c.Id == "a3-far").Recognition);
    }

    [Theory]
    [InlineData("http://cam/snap.cgi?user=admin&password=geheim&channel=2", "http://cam/snap.cgi?user=***&password=***&channel=2", "http://cam/snap.cgi?user=***&password=***&channel=3", "http://cam/snap.cgi?user=admin&password=geheim&channel=3")]
    [InlineData("rtsp://cam:554/user=admin&password=geheim&channel=1&stream=0.sdp", "rtsp://cam:554/user=***&password=***&channel=1&stream=0.sdp", null, null)]
    [InlineData("rtsp://cam/user=admin_password=geheim_channel=1.sdp", "rtsp://cam/user=***", null, null)]
    [InlineData("https://a:geheim@cam?token=geheim", "https://a:***@cam?token=***", "https://a:***@cam/2?token=***", "https://a:geheim@cam/2?token=geheim")]
    [InlineData("rtsp://cam/channel=1_user=admin_password=geheim.sdp", "rtsp://cam/channel=***", null, null)]
    [InlineData("http://cam/video?geheim", "http://cam/video?***", "http://cam/mjpeg?***", "http://cam/mjpeg?geheim")]
    [InlineData("http://cam/video?pw[]=geheim&pw[]=zwei&stream=1", "http://cam/video?pw[]=***&pw[]=***&stream=1", "http://cam/video?pw[]=***&pw[]=***&stream=2", "http://cam/video?pw[]=geheim&pw[]=zwei&stream=2")]
    [InlineData("https://geheim@cam/1", "https://***@cam/1", "https://***@cam/2", "https://geheim@cam/2")]
    [InlineData("rtsp://cam/1", "rtsp://cam/1", "rtsp://cam/2", "rtsp://cam/2")]
    public void What_an_address_has_of_secrets_is_hidden_and_what_is_changed_beside_them_keeps_them(string source, string shown, string? changed, string? meant)
    {
        Assert.Equal(shown, CameraAddress.Shown(source));
        Assert.Equal(source, CameraAddress.Meant(shown, source));
        Assert.Equal(meant, changed is null ? null : CameraAddress.Meant(changed, source));
    }

    [Theory]
    [InlineData("rtsp://admin:p@ss@10.0.0.5/s", "rtsp://admin:p%40ss@10.0.0.5/s", "rtsp://admin:***@10.0.0.5/s")]
    [InlineData("rtsp://admin:pa:ss@camera:554/s", "rtsp://admin:pa%3Ass@camera:554/s", "rtsp://admin:***@camera:554/s")]
    [InlineData("http://admin:pa#ss@camera/s.cgi?channel=1", "http://admin:pa%23ss@camera/s.cgi?channel=1", "http://admin:***@camera/s.cgi?channel=1")]
    [InlineData("rtsp://admin:pa/ss@10.0.0.5:554/s", "rtsp://admin:pa%2Fss@10.0.0.5:554/s", "rtsp://admin:***@10.0.0.5:554/s")]
    [InlineData("rtsp://admin:p?ss@10.0.0.5/s", "rtsp://admin:p%3Fss@10.0.0.5/s", "rtsp://admin:***@10.0.0.5/s")]
    [InlineData("rtsp://admin:p@s#s:w/d@10.0.0.5/s", "rtsp://admin:p%40s%23s%3Aw%2Fd@10.0.0.5/s", "rtsp://admin:***@10.0.0.5/s")]
    [InlineData("rtsp://admin:50%@10.0.0.5/s", "rtsp://admin:50%25@10.0.0.5/s", "rtsp://admin:***@10.0.0.5/s")]
    [InlineData("rtsp://admin:p%40ss@camera/s", "rtsp://admin:p%40ss@camera/s", "rtsp://admin:***@camera/s")]
    [InlineData("rtsp://me@city.gov:p@ss@camera/s", "rtsp://me%40city.gov:p%40ss@camera/s", "rtsp://me@city.gov:***@camera/s")]
    [InlineData("rtsp://admin:pass@10.0.0.5/live@1", "rtsp://admin:pass@10.0.0.5/live@1", "rtsp://admin:***@10.0.0.5/live@1")]
    [InlineData("http://10.0.0.5:8080/live@home", "http://10.0.0.5:8080/live@home", "http://10.0.0.5:8080/live@home")]
    [InlineData("http://admin:pass@[fe80::1]:8080/s#every=00:00:05", "http://admin:pass@[fe80::1]:8080/s#every=00:00:05", "http://admin:***@[fe80::1]:8080/s#every=00:00:05")]
    public void A_password_with_any_characters_is_understood_where_it_can_be_read_in_one_way_only(string source, string address, string shown)
    {
        Assert.Equal((address, null), (CameraAddress.Resolve(source).Address?.AbsoluteUri, CameraAddress.Check(source)));
        Assert.Equal(shown, CameraAddress.Shown(source));
        Assert.Equal(source, CameraAddress.Meant(shown, source));
    }

    [Theory]
    [InlineData("rtsp://admin:1234/geheim@10.0.0.5/s", "rtsp://admin:PASSWORD@10.0.0.5/…")]
    [InlineData("rtsp://admin:p@ss/geheim@camera:554/s", "rtsp://admin:PASSWORD@camera:554/…")]
    [InlineData("rtsp://admin:ge/heim@camera/x@other/s", "rtsp://admin:PASSWORD@other/…")]
    public void An_address_that_can_be_read_in_two_ways_is_refused_with_what_to_type_and_without_the_password(string source, string form)
    {
        var error = CameraAddress.Check(source)!;

        Assert.Contains(form, error, StringComparison.Ordinal);
        Assert.All(["%40 for @", "%2F for /", "%23 for #", "%3A for :"], code => Assert.Contains(code, error, StringComparison.Ordinal));
        Assert.DoesNotContain("heim", error, StringComparison.Ordinal);
        Assert.DoesNotContain("heim", CameraAddress.Shown(source), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hidden_password_goes_to_no_other_host()
    {
        await ReadAsync<CameraSetup>(core.Http.PostAsJsonAsync("/api/setup/cameras", new NewCamera("a3-n7", "london-a3", "http://camera/mjpeg?password=geheim"), Token));

        using var answer = await core.Http.PutAsJsonAsync("/api/setup/cameras/a3-n7", new CameraChange("http://elsewhere/mjpeg?password=***"), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Type it in full", (await answer.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
        Assert.Equal("http://camera/mjpeg?password=geheim", (await EdgeCamerasAsync("london-a3")).Single(c => c.Id == "a3-n7").Source);
    }

    [Fact]
    public async Task A_key_that_is_bound_to_a_station_learns_of_no_other_and_does_nothing_else()
    {
        var made = await ReadAsync<ApiKeyCreated>(core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("edge a1", [Scope.EdgeConfig], Stations: ["london-a1"]), Token));
        Assert.Equal(["london-a1"], made.Key.Stations!);
        using var edge = Caller.With(core, made.Token);

        using var own = await edge.Http.GetAsync("/api/edge/configuration?station=london-a1", Token);
        using var others = await edge.Http.GetAsync("/api/edge/configuration?station=london-a1&station=london-a3", Token);
        using var again = await edge.Http.GetAsync("/api/edge/configuration?station=nowhere", Token);
        using var wider = await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("wider", [Scope.EdgeConfig, Scope.LiveRead], Stations: ["london-a1"]), Token);

        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.BadRequest),
            (own.StatusCode, others.StatusCode, again.StatusCode, wider.StatusCode));
        var line = Assert.Single((await core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?actor=key%20edge%20a1&action=access.refused", Token))!.Items);
        Assert.Contains("london-a3", line.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retired_camera_and_those_of_a_retired_station_run_no_longer_and_can_be_taken_back()
    {
        await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a4-n1", new CameraChange(State: "retired"), Token));
        Assert.Empty(await EdgeCamerasAsync("london-a4"));
        await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a4-n1", new CameraChange(State: "active"), Token));
        Assert.Single(await EdgeCamerasAsync("london-a4"));

        await ReadAsync<StationSetup>(core.Http.PutAsJsonAsync("/api/setup/stations/london-a4", new StationChange(Retired: true), Token));
        Assert.Empty(await EdgeCamerasAsync("london-a4"));
        await ReadAsync<StationSetup>(core.Http.PutAsJsonAsync("/api/setup/stations/london-a4", new StationChange(Retired: false), Token));
        Assert.Single(await EdgeCamerasAsync("london-a4"));
    }

    [Fact]
    public async Task An_edge_that_has_the_newest_configuration_gets_it_not_again()
    {
        using var first = await core.Http.GetAsync("/api/edge/configuration?station=london-a40", Token);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/api/edge/configuration?station=london-a40") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        Assert.Equal(HttpStatusCode.NotModified, (await core.Http.SendAsync(again, Token)).StatusCode);

        await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a40-n1", new CameraChange(Lane: 3), Token));
        using var changed = new HttpRequestMessage(HttpMethod.Get, "/api/edge/configuration?station=london-a40") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        Assert.Equal(HttpStatusCode.OK, (await core.Http.SendAsync(changed, Token)).StatusCode);
    }

    [Theory]
    [InlineData("""{ "id": "A1", "stationId": "london-a1", "source": "upload" }""", "id must")]
    [InlineData("""{ "id": "a1-n9", "stationId": "nowhere", "source": "upload" }""", "stationId")]
    [InlineData("""{ "id": "a1-n9", "stationId": "london-a1", "source": "pigeon:1" }""", "source begins with 'pigeon'")]
    [InlineData("""{ "id": "a1-n9", "stationId": "london-a1", "source": "rtsp://" }""", "source is not a valid address")]
    [InlineData("""{ "id": "a1-n9", "stationId": "london-a1", "source": "http://camera/s.jpg#every=never" }""", "every is 'never'")]
    [InlineData("""{ "id": "a1-n9", "stationId": "london-a1", "source": "rtsp://admin:1/2@camera/s" }""", "%2F for /")]
    [InlineData("""{ "id": "a1-n9", "stationId": "london-a1", "source": "upload", "lane": 99 }""", "lane must")]
    [InlineData("""{ "id": "a1-n9", "stationId": "london-a1", "source": "upload", "masks": [[[0, 0], [1, 1]]] }""", "masks[0]")]
    [InlineData("""{ "id": "a1-n9", "stationId": "london-a1", "source": "upload", "masks": [[[0, 0], [1, 1], [2, 1]]] }""", "masks[0]")]
    [InlineData("""{ "id": "a1-n9", "stationId": "london-a1", "source": "upload", "recognition": { "detectionSide": 100 } }""", "recognition.detectionSide must be from 160 to 4096")]
    [InlineData("""{ "id": "a1-n9", "stationId": "london-a1", "source": "upload", "recognition": { "detectionThreshold": 1 } }""", "recognition.detectionThreshold must be from 0.1 to 0.95")]
    public async Task A_camera_that_is_wrong_is_refused_saying_which_field(string body, string words)
    {
        using var answer = await core.Http.PostAsync("/api/setup/cameras", new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(words, (await answer.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_camera_that_there_is_already_is_not_added_again()
    {
        using var answer = await core.Http.PostAsJsonAsync("/api/setup/cameras", new NewCamera("a10-n1", "london-a10", "upload"), Token);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
    }

    [Fact]
    public async Task Zones_of_days_that_were_charged_do_not_change_and_those_of_days_to_come_do()
    {
        var at = new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
        await core.SendAsync(TestSightings.Sighting("LR33TEE", at, "london-a205"));
        await CoreHost.UntilAsync(async () => (await core.Http.GetFromJsonAsync<Page<SightingView>>("/api/sightings?station=london-a205", Token))!.Items.Count == 1, "the sighting is stored");
        var zones = (await SetupAsync("london-a205")).Zones;

        using var refused = await core.Http.PutAsJsonAsync("/api/setup/stations/london-a205/zones", new StationZones([.. zones.Select(z => z with { To = new DateOnly(2026, 11, 20) })]), Token);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("20 November 2026", (await refused.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
        Assert.Equal(zones, (await SetupAsync("london-a205")).Zones);

        var next = new DateOnly(2026, 11, 21);
        await ReadAsync<StationSetup>(core.Http.PutAsJsonAsync("/api/setup/stations/london-a205/zones", new StationZones([.. zones, new ZoneMembership("congestion", next)]), Token));
        Assert.Contains(new ZoneMembership("congestion", next), (await SetupAsync("london-a205")).Zones);
    }

    [Fact]
    public async Task A_city_file_is_followed_where_it_says_something_new_and_the_console_elsewhere()
    {
        await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a11-n1", new CameraChange(Source: "rtsp://new/1", Lane: 4), Token));
        await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a202-n1", new CameraChange(Lane: 5), Token));
        var city = City.Load(null);
        var file = Path.GetTempFileName();
        try
        {
            var changed = city with { Stations = [.. city.Stations.Select(s => s.Id == "london-a202" ? s with { Cameras = [s.Cameras[0] with { Lane = 7 }] } : s)] };
            await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(changed, ContractsJson.Default.City), Token);
            await new StationSeed(core.Services.GetRequiredService<NpgsqlDataSource>(), new SmartCity.Core.Secrets.CoreSecret(CoreHost.Secret), Options.Create(new CoreOptions { CityFile = file }), NullLogger<StationSeed>.Instance).SeedAsync(Token);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal(("rtsp://new/1", 4), (await SetupAsync("london-a11")).Cameras.Where(c => c.Id == "a11-n1").Select(c => (c.Source, c.Lane!.Value)).Single());
        Assert.Equal(7, (await SetupAsync("london-a202")).Cameras.Single(c => c.Id == "a202-n1").Lane);
    }

    [Fact]
    public async Task A_line_of_the_city_file_that_was_kept_with_nulls_says_nothing_new()
    {
        await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a10-n1", new CameraChange(Source: "rtsp://new/2", Lane: 6), Token));
        await core.Postgres.ExecuteAsync("""update cameras set from_file = replace(from_file, '"masks":', '"recognition":null,"masks":') where id = 'a10-n1'""");
        Assert.Contains("null,\"masks", await core.Postgres.ScalarAsync<string>("select from_file from cameras where id = 'a10-n1'"), StringComparison.Ordinal);

        await new StationSeed(core.Services.GetRequiredService<NpgsqlDataSource>(), new SmartCity.Core.Secrets.CoreSecret(CoreHost.Secret), Options.Create(new CoreOptions()), NullLogger<StationSeed>.Instance).SeedAsync(Token);

        Assert.Equal(("rtsp://new/2", 6), (await SetupAsync("london-a10")).Cameras.Where(c => c.Id == "a10-n1").Select(c => (c.Source, c.Lane!.Value)).Single());
    }

    [Fact]
    public async Task What_movement_means_comes_to_the_edge_as_it_was_said_and_goes_when_it_is_taken_back()
    {
        var motion = new CameraMotion { Directions = new Dictionary<string, string> { ["towards"] = "inbound" }, Lines = [[[0, 0.3], [1, 0.3]], [[0, 0.8], [1, 0.8]]], LinesMetres = 12.5 };
        using var wrong = await core.Http.PostAsJsonAsync("/api/setup/cameras", new NewCamera("a202-m1", "london-a202", "upload") { Motion = motion with { LinesMetres = -1 } }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("motion.linesMetres must be more than 0", await wrong.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        var added = await ReadAsync<CameraSetup>(core.Http.PostAsJsonAsync("/api/setup/cameras", new NewCamera("a202-m1", "london-a202", "upload") { Motion = motion }, Token));
        Assert.Equal(12.5, added.Motion?.LinesMetres);
        var atEdge = (await EdgeCamerasAsync("london-a202")).Single(c => c.Id == "a202-m1").Motion;
        Assert.Equal(("inbound", 0.8), (atEdge?.Directions["towards"], atEdge?.Lines?[1][0][1]));

        await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a202-m1", new CameraChange(Lane: 3), Token));
        Assert.NotNull((await EdgeCamerasAsync("london-a202")).Single(c => c.Id == "a202-m1").Motion);
        await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a202-m1", new CameraChange { Motion = new CameraMotion() }, Token));
        Assert.Null((await EdgeCamerasAsync("london-a202")).Single(c => c.Id == "a202-m1").Motion);
        await ReadAsync<CameraSetup>(core.Http.PutAsJsonAsync("/api/setup/cameras/a202-m1", new CameraChange(State: "retired"), Token));
    }

    [Fact]
    public void A_camera_of_the_city_file_that_says_nothing_new_is_written_as_it_was_in_the_first_version() => // otherwise the file would take the place of the console's changes
        Assert.Equal("""{"id":"c","source":"upload","lane":null,"direction":null,"trial":false,"masks":[]}""", JsonSerializer.Serialize(new Camera { Id = "c", Source = "upload" }, ContractsJson.Default.Camera));

    [Fact]
    public async Task A_zone_is_drawn_anew_and_a_ring_that_is_open_is_refused()
    {
        double[][] ring = [[-0.2, 51.4], [0, 51.4], [0, 51.6], [-0.2, 51.4]];
        var zone = await ReadAsync<ZoneView>(core.Http.PutAsJsonAsync("/api/zones/congestion", new ZoneChange("The middle", [ring]), Token));
        Assert.Equal(("The middle", 4), (zone.Name, zone.Outline[0].Count));

        using var open = await core.Http.PutAsJsonAsync("/api/zones/congestion", new ZoneChange("The middle", [ring[..^1].Append([0, 51.5]).ToArray()]), Token);
        Assert.Equal(HttpStatusCode.BadRequest, open.StatusCode);
    }

    private async Task<Station> EdgeAsync(string station)
    {
        var json = await core.Http.GetByteArrayAsync($"/api/edge/configuration?station={station}", Token);
        var configuration = JsonSerializer.Deserialize(json, ContractsJson.Default.EdgeConfiguration)!;
        Assert.Equal("Europe/London", configuration.TimeZone);
        return configuration.Stations.Single();
    }

    private async Task<IReadOnlyList<Camera>> EdgeCamerasAsync(string station) => (await EdgeAsync(station)).Cameras;

    private async Task<StationSetup> SetupAsync(string station) => (await core.Http.GetFromJsonAsync<StationSetup[]>("/api/setup/stations", Token))!.Single(s => s.Id == station);

    private static async Task<T> ReadAsync<T>(Task<HttpResponseMessage> response) => await Caller.ReadAsync<T>(await response);
}
