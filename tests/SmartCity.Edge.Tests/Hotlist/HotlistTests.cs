using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.Core.Tests.Alerts;
using SmartCity.Edge.Publishing;
using SmartCity.Edge.Tests.Cameras;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Webhooks;

namespace SmartCity.Edge.Tests.Hotlist;

/// <summary>An edge that looks out for vehicles of interest by itself, a core that tells it which, and a control room that is told.</summary>
public sealed class HotlistTests(Recogniser recogniser) : IAsyncLifetime
{
    private const string Secret = "a secret of the control room";
    private const string Plate = "LR33TEE";

    private static readonly Guid Entry = Guid.CreateVersion7(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    private readonly TemporaryFolder _folder = new();
    private FakeCore _core = null!;
    private WebhookReceiver _room = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string ListFile => _folder["spool/hotlist.list"];

    public async ValueTask InitializeAsync()
    {
        _core = await FakeCore.StartAsync();
        _core.Hotlist = List(Wanted(Plate));
        _room = await WebhookReceiver.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _room.DisposeAsync();
        await _core.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_wanted_vehicle_past_a_camera_is_told_to_the_site_itself_with_the_link_and_without_it()
    {
        _core.Hotlist = List(Wanted(Plate), Wanted("KX70HJM"));
        _core.Cameras = [new() { Id = "gate", Source = "upload", Lane = 2, Direction = "inbound" }];
        await using var station = await StartAsync(recogniser);
        await HoldsAsync(station, 2);
        await station.Until(() => station.Running.Any(), "the camera runs");

        await UploadAsync(station, Plate);
        await station.Until(() => Received.Count == 1, "the control room is told");

        var match = Received[0];
        await station.Until(() => station.Sightings.Count == 1, "the sighting itself is kept");
        var sighting = station.Sightings.Single();
        Assert.Equal((Entry, 1, Plate, "gate", CameraStation.Station, true), (match.EntryId, match.Priority, match.Plate, match.CameraId, match.StationId, match.LinkUp));
        Assert.Equal((sighting.Id, sighting.CapturedAt, sighting.Confidence, sighting.Direction, sighting.Lane), (match.SightingId, match.CapturedAt, match.Confidence, match.Direction, match.Lane));
        var (headers, body) = _room.Received.Single();
        var seconds = long.Parse(headers[WebhookSignature.TimestampHeader]!, CultureInfo.InvariantCulture);
        Assert.Equal(WebhookSignature.Of(Secret, seconds, body), headers[WebhookSignature.SignatureHeader]);

        await _core.StopAsync();
        await station.Until(() => station.Health.Reports.Any(r => r is { Name: "configuration", State: WorkerState.Degraded }), "the link is known to be cut");
        await UploadAsync(station, "KX70HJM");
        await station.Until(() => Received.Count == 2, "the control room is told without the core");
        Assert.Equal(("KX70HJM", false), (Received[1].Plate, Received[1].LinkUp));
        Assert.Equal(2, station.Hotlist.Beat(CameraStation.Station)!.Matches);
    }

    [Fact]
    public async Task An_edge_that_starts_without_the_core_has_the_list_that_it_was_given_last()
    {
        await using (var before = await StartAsync())
        {
            await HoldsAsync(before, 1);
        }

        await _core.StopAsync();
        await using var station = await StartAsync();
        station.Hotlist.See(Vehicle(station, Plate));

        await station.Until(() => Received.Count == 1, "the control room is told");
        Assert.False(Received[0].LinkUp);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(ListFile));
        }
    }

    [Fact]
    public async Task A_list_that_has_not_changed_is_not_sent_again_and_one_that_has_is_taken_over()
    {
        await using var station = await StartAsync();
        await station.Until(() => _core.UnchangedHotlists > 0, "a list that has not changed is not sent again");

        _core.Hotlist = List(Wanted("AB12CDE"), Wanted("AB12CDF"));
        await HoldsAsync(station, 2);
        station.Hotlist.See(Vehicle(station, Plate));
        station.Hotlist.See(Vehicle(station, "AB12CDE"));
        await station.Until(() => Received.Count == 1, "the new plate is told");
        Assert.Equal("AB12CDE", Received[0].Plate);
        Assert.Equal(1, station.Hotlist.Beat(CameraStation.Station)!.Matches);
    }

    [Fact]
    public async Task Changes_are_taken_over_into_the_list_and_changes_that_do_not_fit_cost_the_whole_list()
    {
        var (stays, goes, comes) = (Wanted(Plate), Wanted("AB12CDE"), Wanted("AB12CDF"));
        (stays, goes, comes) = (stays with { Id = Guid.CreateVersion7() }, goes with { Id = Guid.CreateVersion7() }, comes with { Id = Guid.CreateVersion7() });
        var before = EdgeHotlist.Make([stays, goes]);
        _core.Hotlist = before.Bytes.ToArray();
        await using var station = await StartAsync();
        await HoldsAsync(station, 2);

        _core.HotlistChanges = before.To(EdgeHotlist.Make([stays, comes, Wanted("AB12CDG")], before))!.ToBytes();
        await HoldsAsync(station, 3);
        station.Hotlist.See(Vehicle(station, "AB12CDE"));
        station.Hotlist.See(Vehicle(station, "AB12CDF"));
        await station.Until(() => Received.Count == 1, "the plate that came is told");
        Assert.Equal("AB12CDF", Received[0].Plate);
        await station.Until(() => File.Exists(ListFile) && EdgeHotlist.Read(File.ReadAllBytes(ListFile)).Count == 3, "the list with its changes is on the disk");

        _core.Hotlist = List(Wanted("AB12CDH"));
        _core.HotlistChanges = before.To(EdgeHotlist.Make([], before))!.ToBytes();
        await HoldsAsync(station, 1);
    }

    [Fact]
    public async Task What_holds_no_longer_or_not_yet_and_what_was_not_read_is_not_told()
    {
        var now = new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero); // where the station's clock begins
        _core.Hotlist = List(Wanted("OVER", to: now), Wanted("SOON", from: now.AddHours(2)));
        await using var station = await StartAsync();
        await HoldsAsync(station, 2);

        station.Hotlist.See(Vehicle(station, "OVER"));
        station.Hotlist.See(Vehicle(station, "SOON"));
        station.Hotlist.See(Vehicle(station, null));
        Assert.Equal(0, station.Hotlist.Beat(CameraStation.Station)!.Matches);

        station.Time.Advance(TimeSpan.FromHours(2));
        station.Hotlist.See(Vehicle(station, "SOON"));
        await station.Until(() => Received.Count == 1, "what holds by now is told");
        Assert.Equal("SOON", Received[0].Plate);
    }

    [Fact]
    public async Task What_a_receiver_did_not_take_is_sent_later_even_after_a_restart_and_with_the_same_delivery_id()
    {
        _room.Answer = _ => Task.FromResult(503);
        await using (var before = await StartAsync())
        {
            await HoldsAsync(before, 1);
            before.Hotlist.See(Vehicle(before, Plate));
            await before.Until(() => _room.Received.Count >= 2, "it is tried again");
            Assert.Equal(1, before.Hotlist.Beat(CameraStation.Station)!.Waiting);
            Assert.Contains("503", before.Hotlist.Beat(CameraStation.Station)!.Error, StringComparison.Ordinal);
        }

        var refused = _room.Received.Count;
        _room.Answer = _ => Task.FromResult(204);
        await using var station = await StartAsync();
        await station.Until(() => _room.Received.Count > refused && station.Hotlist.Beat(CameraStation.Station)!.Waiting == 0, "it is delivered");

        Assert.Single(_room.Received.Select(r => r.Headers[WebhookSignature.DeliveryHeader].ToString()).Distinct());
        Assert.DoesNotContain(Files(), f => f.Contains("waiting", StringComparison.Ordinal)); // no plate lies about
        Assert.Equal(refused + 1, _room.Received.Count);
    }

    [Fact]
    public async Task Of_what_waits_a_damaged_file_is_put_aside_one_half_written_goes_and_the_others_are_sent()
    {
        _room.Answer = _ => Task.FromResult(503);
        await using (var before = await StartAsync())
        {
            await HoldsAsync(before, 1);
            before.Hotlist.See(Vehicle(before, Plate));
            await before.Until(() => !_room.Received.IsEmpty, "it was tried");
        }

        var folder = Directory.GetDirectories(_folder["spool/hotlist.waiting"]).Single();
        await File.WriteAllTextAsync(Path.Combine(folder, "damaged.json"), "{", Token);
        await File.WriteAllTextAsync(Path.Combine(folder, "half.json.new"), Plate, Token);
        _room.Answer = _ => Task.FromResult(204);
        await using var station = await StartAsync();

        await station.Until(() => station.Hotlist.Beat(CameraStation.Station)!.Waiting == 0, "what is whole is sent");
        Assert.Equal(["damaged.json.damaged"], Directory.GetFiles(folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_receiver_that_is_named_no_longer_leaves_no_plate_behind()
    {
        _room.Answer = _ => Task.FromResult(503);
        await using (var before = await StartAsync())
        {
            await HoldsAsync(before, 1);
            before.Hotlist.See(Vehicle(before, Plate));
        }

        await using var other = await WebhookReceiver.StartAsync();
        await using var station = await StartAsync(settings: [("Edge:Hotlist:Webhooks:0:Address", other.Url.ToString())]);
        await HoldsAsync(station, 1);

        Assert.DoesNotContain(Files(), f => f.Contains("waiting", StringComparison.Ordinal));
        Assert.Empty(other.Received);
    }

    [Fact]
    public async Task A_receiver_that_refuses_one_match_hears_of_the_next_at_once_and_one_that_is_away_holds_up_no_other()
    {
        _core.Hotlist = List(Wanted(Plate), Wanted("AB12CDE"));
        var away = new Uri("http://127.0.0.1:9/");
        _room.Answer = n => Task.FromResult(Received[n - 1].Plate == Plate ? 400 : 200);
        await using var station = await StartAsync(settings: [("Edge:Hotlist:Webhooks:1:Address", away.ToString()), ("Edge:Hotlist:Webhooks:1:Secret", Secret), ("Edge:Hotlist:FirstRetry", "00:10:00"), ("Edge:Hotlist:LongestRetry", "01:00:00")]);
        await HoldsAsync(station, 2);

        station.Hotlist.See(Vehicle(station, Plate));
        await Eventually.IsTrue(() => station.Health.Reports.Count(r => r.State == WorkerState.Degraded && r.Name.StartsWith("edge hot-list to", StringComparison.Ordinal)) == 2, "both receivers have failed and are left alone for ten minutes");
        station.Hotlist.See(Vehicle(station, "AB12CDE"));

        await Eventually.IsTrue(() => Received.Exists(m => m.Plate == "AB12CDE"), "the next one is told meanwhile");
        await Eventually.IsTrue(() => station.Hotlist.Beat(CameraStation.Station)!.Waiting == 3, "the refused one, and both of the receiver that is away, wait");
    }

    [Fact]
    public async Task A_vehicle_that_passes_now_is_told_before_what_waited_meanwhile()
    {
        _core.Hotlist = List(Wanted("AB12CDE"), Wanted("AB12CDF"), Wanted(Plate));
        _room.Answer = _ => Task.FromResult(503);
        await using var station = await StartAsync();
        await HoldsAsync(station, 3);
        station.Hotlist.See(Vehicle(station, "AB12CDE"));
        station.Hotlist.See(Vehicle(station, "AB12CDF"));
        await Eventually.IsTrue(() => Received.Exists(m => m.Plate == "AB12CDF"), "the receiver is away, and no question about the first is on its way");

        var (taken, passed) = (new ConcurrentQueue<string>(), new TaskCompletionSource());
        _room.Answer = async n =>
        {
            taken.Enqueue(Received[n - 1].Plate);
            await passed.Task;
            return 204;
        };
        await station.Until(() => !taken.IsEmpty, "the receiver is back");
        station.Hotlist.See(Vehicle(station, Plate));
        passed.SetResult();

        await station.Until(() => station.Hotlist.Beat(CameraStation.Station)!.Waiting == 0, "all are told");
        Assert.Equal(["AB12CDF", Plate, "AB12CDE"], taken);
    }

    [Fact]
    public async Task What_waits_behind_others_that_are_refused_again_and_again_is_told()
    {
        _core.Hotlist = List(Wanted(Plate), Wanted("AB12CDE"));
        _room.Answer = n => Task.FromResult(Received[n - 1].Plate == Plate ? 422 : 503);
        await using var station = await StartAsync();
        await HoldsAsync(station, 2);
        station.Hotlist.See(Vehicle(station, "AB12CDE"));
        await Eventually.IsTrue(() => !_room.Received.IsEmpty, "the receiver is away");
        for (var i = 0; i < 12; i++)
        {
            station.Hotlist.See(Vehicle(station, Plate));
        }

        _room.Answer = n => Task.FromResult(Received[n - 1].Plate == Plate ? 422 : 204);

        await station.Until(() => station.Hotlist.Beat(CameraStation.Station)!.Waiting == 12, "the one that is not refused is told");
    }

    [Fact]
    public async Task What_nobody_took_for_a_day_and_what_is_too_much_is_given_up_loudly()
    {
        using var log = new RecordedLog();
        _room.Answer = _ => Task.FromResult(503);
        await using var station = await StartAsync(log: log, settings: [("Edge:Hotlist:MostWaiting", "2")]);
        await HoldsAsync(station, 1);
        for (var i = 0; i < 3; i++)
        {
            station.Hotlist.See(Vehicle(station, Plate));
        }

        Assert.Equal(2, station.Hotlist.Beat(CameraStation.Station)!.Waiting);
        Assert.Single(log.Texts, t => t.Contains("given up because 2 newer matches wait", StringComparison.Ordinal));

        station.Time.Advance(TimeSpan.FromDays(1));
        await station.Until(() => station.Hotlist.Beat(CameraStation.Station)!.Waiting == 0, "nothing waits any more");
        Assert.Equal(3, log.Texts.Count(t => t.Contains("given up", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_disk_that_takes_no_file_keeps_nobody_from_being_told()
    {
        Directory.CreateDirectory(_folder["spool"]);
        await File.WriteAllTextAsync(_folder["spool/hotlist.waiting"], "no folder", Token);
        _room.Answer = n => Task.FromResult(n == 1 ? 503 : 200);
        await using var station = await StartAsync();
        await HoldsAsync(station, 1);
        station.Hotlist.See(Vehicle(station, Plate));

        await station.Until(() => _room.Received.Count == 2 && station.Hotlist.Beat(CameraStation.Station)!.Waiting == 0, "it is tried again and taken");
        await station.Until(() => station.Hotlist.Beat(CameraStation.Station)!.Error is { } error && error.Contains("cannot be written to the disk", StringComparison.Ordinal), "it is said");
    }

    [Fact]
    public async Task A_list_that_nobody_confirms_grows_old_still_counts_and_says_its_age()
    {
        await using var station = await StartAsync();
        await HoldsAsync(station, 1);
        await _core.StopAsync();
        await station.Until(() => station.Health.Reports.Any(r => r is { Name: "configuration", State: WorkerState.Degraded }), "the core does not answer");
        Assert.Null(station.Hotlist.Beat(CameraStation.Station)!.Error);

        station.Time.Advance(TimeSpan.FromHours(30));
        await station.Until(() => station.Hotlist.Beat(CameraStation.Station)!.Error is { } error && error.Contains("is 30 h old; it is still used", StringComparison.Ordinal), "its age is said");
        station.Hotlist.See(Vehicle(station, Plate));
        await station.Until(() => Received.Count == 1, "it still counts");
    }

    [Theory]
    [InlineData(403)]
    [InlineData(null)]
    public async Task A_core_that_refuses_or_says_nonsense_takes_no_list_away_and_is_complained_of(int? refusal)
    {
        await using var station = await StartAsync();
        await HoldsAsync(station, 1);

        (_core.Refusal, _core.Hotlist) = (refusal, "no list"u8.ToArray());
        await station.Until(() => station.Hotlist.Beat(CameraStation.Station)!.Error is { } error && error.Contains(refusal is null ? "are not an edge's hot-list" : "403", StringComparison.Ordinal), "it is said");
        Assert.Equal(1, station.Hotlist.Beat(CameraStation.Station)!.Entries);
        if (refusal is null)
        {
            var unchanged = _core.UnchangedHotlists;
            await station.Until(() => _core.UnchangedHotlists > unchanged, "nonsense is not fetched twice");
            Assert.NotNull(station.Hotlist.Beat(CameraStation.Station)!.Error);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Changes_and_a_list_that_are_damaged_or_break_off_take_no_list_away(bool isCut)
    {
        await using var station = await StartAsync();
        await HoldsAsync(station, 1);
        var changed = EdgeHotlist.Make([]);
        var asked = 0;
        _core.Instead = async context =>
        {
            if (context.Request.Path != "/api/edge/hotlist")
            {
                return false;
            }

            Interlocked.Increment(ref asked);
            var isDelta = context.Request.Headers.ContainsKey("A-IM");
            var body = isDelta ? [.. "SCHD"u8, 1, .. new byte[200]] : changed.Bytes.ToArray();
            context.Response.StatusCode = isDelta ? StatusCodes.Status226IMUsed : StatusCodes.Status200OK;
            context.Response.ContentLength = isCut ? body.Length : null;
            await context.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (isCut)
            {
                context.Abort();
            }

            return true;
        };

        await station.Until(() => Volatile.Read(ref asked) >= 4, "it goes on asking");
        Assert.Equal(1, station.Hotlist.Beat(CameraStation.Station)!.Entries);
        if (!isCut)
        {
            await station.Until(() => station.Hotlist.Beat(CameraStation.Station)!.Error is { } error && error.Contains("hot-list", StringComparison.Ordinal), "it is said");
        }

        _core.Instead = null;
        await station.Until(() => station.Hotlist.Beat(CameraStation.Station)!.Error is null, "all is well");
        Assert.Equal(1, station.Hotlist.Beat(CameraStation.Station)!.Entries);
    }

    [Fact]
    public async Task A_damaged_file_is_said_and_replaced()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(ListFile)!);
        await File.WriteAllBytesAsync(ListFile, List(Wanted(Plate))[..^5], Token);
        using var log = new RecordedLog();
        await using var station = await StartAsync(log: log);

        await HoldsAsync(station, 1);
        Assert.Contains(log.Texts, t => t.Contains(ListFile, StringComparison.Ordinal) && t.Contains("damaged", StringComparison.Ordinal));
        await station.Until(() => EdgeHotlist.Read(File.ReadAllBytes(ListFile)).Count == 1, "the file is whole again");
    }

    [Fact]
    public async Task An_edge_that_is_to_hold_no_hot_list_forgets_the_one_that_it_has()
    {
        await using (var before = await StartAsync())
        {
            await HoldsAsync(before, 1);
        }

        await using var station = await StartAsync(settings: [("Edge:Hotlist:Enabled", "false")]);
        station.Hotlist.See(Vehicle(station, Plate));

        Assert.Null(station.Hotlist.Beat(CameraStation.Station));
        Assert.Empty(Files());
    }

    [Fact]
    public async Task No_plate_is_logged_or_lies_on_the_disk_in_clear_but_in_what_waits_and_that_is_for_nobody_else_to_read()
    {
        using var log = new RecordedLog();
        _room.Answer = _ => Task.FromResult(503);
        await using var station = await StartAsync(log: log);
        await HoldsAsync(station, 1);
        station.Hotlist.See(Vehicle(station, Plate));
        await station.Until(() => !_room.Received.IsEmpty, "it is sent");

        Assert.Contains(log.Texts, t => t.Contains("LR33***", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Texts, t => t.Contains(Plate, StringComparison.Ordinal));
        var clear = Assert.Single(Files(), f => Encoding.Latin1.GetString(File.ReadAllBytes(f)).Contains(Plate, StringComparison.Ordinal));
        Assert.NotEqual(ListFile, clear);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(clear));
        }
    }

    [Theory]
    [InlineData("Edge:Hotlist:Webhooks:0:Secret", "short", "16 characters")]
    [InlineData("Edge:Hotlist:Webhooks:0:Address", "ftp://room/", "http or https")]
    [InlineData("Edge:Configuration:Address", null, "Edge:Configuration:Address")]
    public async Task Receivers_that_could_not_be_told_end_the_start_with_a_sentence(string setting, string? value, string sentence)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(settings: [(setting, value)]));

        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }

    private List<LocalMatch> Received => [.. _room.Received.Select(r => JsonSerializer.Deserialize(r.Body, ContractsJson.Default.LocalMatch)!)];

    private static EdgeHotlistEntry Wanted(string plate, DateTimeOffset? from = null, DateTimeOffset? to = null) =>
        new(plate == Plate ? Entry : Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), plate, 1, from ?? DateTimeOffset.MinValue, to ?? DateTimeOffset.MaxValue);

    private static byte[] List(params EdgeHotlistEntry[] entries) => EdgeHotlist.Make(entries).Bytes.ToArray();

    private static ObservedVehicle Vehicle(CameraStation station, string? plate)
    {
        station.Time.Advance(TimeSpan.FromMilliseconds(1));
        var at = station.Time.GetUtcNow();
        return new ObservedVehicle(new Sighting { Id = Guid.CreateVersion7(at), CapturedAt = at, StationId = CameraStation.Station, CameraId = "gate", Plate = plate, Confidence = 0.95 }, null, null, default);
    }

    private static Task HoldsAsync(CameraStation station, int entries) =>
        station.Until(() => station.Hotlist.Beat(CameraStation.Station)!.Entries == entries, $"the edge holds {entries} entries");

    private string[] Files() => [.. Directory.GetFiles(_folder["spool"], "*", SearchOption.AllDirectories).Where(f => f.Contains("hotlist.", StringComparison.Ordinal))];

    private static async Task UploadAsync(CameraStation station, string plate)
    {
        using var picture = new ByteArrayContent(TestPictures.Jpeg(plate)) { Headers = { ContentType = new("image/jpeg") } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/cameras/gate/frames") { Content = picture, Headers = { { "X-Api-Key", CameraStation.UploadKey } } };
        using var answer = await station.Http.SendAsync(request, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private Task<CameraStation> StartAsync(Recogniser? cameras = null, RecordedLog? log = null, (string Key, string? Value)[]? settings = null)
    {
        var all = new Dictionary<string, string?>
        {
            ["Edge:Stations:0"] = CameraStation.Station,
            ["Edge:Configuration:Address"] = _core.Address,
            ["Edge:Configuration:Key"] = FakeCore.Key,
            ["Edge:Hotlist:Webhooks:0:Address"] = _room.Url.ToString(),
            ["Edge:Hotlist:Webhooks:0:Secret"] = Secret,
        };
        foreach (var (key, value) in settings ?? [])
        {
            all[key] = value;
        }

        return CameraStation.StartAsync(cameras, _folder, [], all, log: log);
    }
}
