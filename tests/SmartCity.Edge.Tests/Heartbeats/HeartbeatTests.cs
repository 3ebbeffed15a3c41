using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Heartbeats;
using SmartCity.Edge.Hotlist;
using SmartCity.Edge.Tests.Cameras;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Tests.Heartbeats;

public sealed class HeartbeatTests : IDisposable
{
    private readonly Recogniser _recogniser;
    private readonly TemporaryFolder _folder = new();
    private readonly InProcessBroker _broker = new((Topics.Sightings, 1), (Topics.StationHeartbeats, 1));

    public HeartbeatTests(Recogniser recogniser)
    {
        _recogniser = recogniser;
        Directory.CreateDirectory(_folder["pictures"]);
        string[] plates = ["LR33TEE", "KX70HJM", "AB12CDE"];
        foreach (var plate in plates)
        {
            File.WriteAllBytes(_folder[$"pictures/{plate}.jpg"], TestPictures.Jpeg(plate));
        }

        File.WriteAllBytes(_folder["pictures/street.jpg"], TestPictures.Jpeg());
        File.WriteAllText(_folder["pictures/text.jpg"], "no picture");
    }

    public void Dispose()
    {
        _broker.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_heartbeat_says_what_the_station_did_and_how_its_machine_fares()
    {
        await using var edge = await StartAsync();
        var beats = await ReadAsync(b => b is [.., { SpoolDepth: 0 } last] && Camera(last, "yard") is { State: "ended", Sightings: 3, FramesRead: 4 });

        using var process = Process.GetCurrentProcess();
        var last = beats[^1];
        Assert.Equal(EdgeTransport.Station, last.StationId);
        Assert.InRange(last.At, beats[0].At, TimeProvider.System.GetUtcNow());
        Assert.InRange(last.ResidentBytes, process.PeakWorkingSet64 / 20, process.PeakWorkingSet64 * 11 / 10);
        Assert.InRange(last.DiskFreeBytes, 1, new DriveInfo(_folder.Path).TotalSize);
        Assert.InRange(last.SpoolBytes, 3 * 200, 3 * 10_000);
        Assert.Equal(0, last.PicturesShed);
        Assert.Equal(3, beats.SelectMany(b => b.Published!).GroupBy(h => h.From).Sum(h => h.Max(p => p.Count)));
        Assert.All(beats.SelectMany(b => b.Published!), h => Assert.Equal(TimeSpan.Zero, h.From.TimeOfDay - TimeSpan.FromHours(h.From.Hour)));
        Assert.Equal(("city-det-1", "city-read-1", "cpu"), (last.DetectorVersion, last.ReaderVersion, last.Device));
        Assert.All(beats, b => Assert.InRange(b.CpuPercent, 0, 110.0 * Environment.ProcessorCount));

        var yard = Camera(last, "yard");
        Assert.Equal((4, 3, 0, 0), (yard.FramesRead, yard.Sightings, yard.Unread, yard.FramesDropped));
        Assert.Null(yard.Error);
        Assert.Null(yard.TruthTotal);
        Assert.Equal(0, Camera(last, "gate").Sightings);
        Assert.Contains("nowhere", Camera(last, "gate").Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rates_are_those_of_the_last_interval()
    {
        await using var edge = await StartAsync();
        var beats = await ReadAsync(b => b.Count > 2 && Camera(b[^1], "yard") is { State: "ended", Sightings: 3 } && b[^1].SightingsPerSecond == 0);

        // What is per second, times the seconds between two heartbeats, is what was done in all.
        var seconds = beats.Skip(1).Zip(beats, (now, before) => (now.At - before.At).TotalSeconds).ToList();
        Assert.Equal(0, beats[0].SightingsPerSecond);
        Assert.Equal(3 - Camera(beats[0], "yard").Sightings, beats.Skip(1).Zip(seconds, (b, s) => b.SightingsPerSecond * s).Sum(), 1.4); // its time is taken a moment after what it counts
        Assert.All(beats.Where(b => b.SightingsPerSecond > 0), b => Assert.Equal(1.0, b.ReadRate));
        Assert.Null(beats[^1].ReadRate);
        Assert.Equal(0, Camera(beats[^1], "yard").FramesPerSecond);
        Assert.True(beats.Max(b => b.CpuPercent) > 0, "Recognition costs no processor time.");
    }

    [Fact]
    public async Task Without_kafka_the_worker_says_so_and_goes_on_when_it_is_back()
    {
        _broker.GoDown();
        await using var edge = await StartAsync();
        await Eventually.IsTrue(() => edge.Health.Reports.Any(r => r is { Name: "heartbeats", State: WorkerState.Degraded }), "the worker says that Kafka takes none");

        _broker.ComeUp();
        Assert.NotEmpty(await ReadAsync(b => b.Count > 0));
        await Eventually.IsTrue(() => edge.Health.Reports.Any(r => r is { Name: "heartbeats", State: WorkerState.Healthy }), "the worker is well again");
    }

    private static CameraHeartbeat Camera(StationHeartbeat beat, string id) => beat.Cameras.Single(c => c.CameraId == id);

    [Fact]
    public async Task It_says_what_the_station_s_Kafka_holds_and_how_the_mirror_fares()
    {
        using var core = new InProcessBroker((Topics.Mirrored(EdgeTransport.Station, Topics.Sightings), 1), (Topics.Mirrored(EdgeTransport.Station, Topics.StationHeartbeats), 1));
        await using var edge = await StartAsync(core);

        var beats = await ReadAsync(b => b is [.., { Kafka: { Records: 3, Newest: not null }, Mirror: { Records: 3, Lag: 0, LatencyP50: not null } }]);

        var last = beats[^1];
        Assert.Equal((3L, (string?)null), (last.Kafka!.End, last.Kafka.Error));
        Assert.InRange(last.Kafka.Newest!.Value, beats[0].At.AddMinutes(-1), last.At);
        Assert.InRange(last.Mirror!.LatencyP50!.Value, 1, 60_000);
        Assert.True(last.Mirror.LatencyP99 >= last.Mirror.LatencyP50);
        Assert.Equal(3, beats.Skip(1).Zip(beats, (now, before) => (now.Mirror?.RecordsPerSecond ?? 0) * (now.At - before.At).TotalSeconds).Sum() + (beats[0].Mirror?.Records ?? 0), 1.4);
        Assert.Empty(last.Problems);
    }

    [Fact]
    public async Task A_core_that_is_away_is_the_mirror_s_trouble_and_where_another_mirrors_nothing_is_said_of_it()
    {
        using var core = new InProcessBroker((Topics.Mirrored(EdgeTransport.Station, Topics.Sightings), 1), (Topics.Mirrored(EdgeTransport.Station, Topics.StationHeartbeats), 1));
        core.GoDown();
        await using (await StartAsync(core))
        {
            var beats = await ReadAsync(b => b is [.., { Mirror.Error: not null }]);
            Assert.Contains("Kafka", beats[^1].Mirror!.Error, StringComparison.Ordinal);
        }

        await using var alone = await StartAsync();
        Assert.Null((await ReadAsync(b => b is [.., { Mirror: null }]))[^1].Mirror);
    }

    [Fact]
    public async Task A_heartbeat_says_what_hot_list_the_edge_holds_and_what_met_it()
    {
        await using var core = await FakeCore.StartAsync(EdgeTransport.Station);
        core.Hotlist = EdgeHotlist.Make([new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), EdgeTransport.Vehicle(1).Sighting.Plate!, 1, DateTimeOffset.MinValue, DateTimeOffset.MaxValue)]).Bytes.ToArray();
        await using var edge = await StartAsync(more: new() { ["Edge:Configuration:Address"] = core.Address, ["Edge:Configuration:Key"] = FakeCore.Key });
        var held = (await ReadAsync(b => b is [.., { Hotlist.Entries: 1 }]))[^1].Hotlist!;
        Assert.Equal((0, 0, null), (held.Matches, held.Waiting, held.Error));
        Assert.InRange(held.At!.Value, TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow());

        edge.Hotlist.See(EdgeTransport.Vehicle(1));
        await ReadAsync(b => b is [.., { Hotlist.Matches: 1 }]);
    }

    private async Task<EdgeTransport> StartAsync(InProcessBroker? core = null, Dictionary<string, string?>? more = null)
    {
        object[] cameras = [new { id = "yard", source = $"folder:{_folder["pictures"]}" }, new { id = "gate", source = "file:/nowhere/tape.avi" }];
        var city = new { id = "test", name = "Test", stations = new[] { new { id = EdgeTransport.Station, name = "Test", latitude = 51.5, longitude = -0.1, cameras } } };
        await File.WriteAllTextAsync(_folder["city.json"], JsonSerializer.Serialize(city), TestContext.Current.CancellationToken);
        var settings = new Dictionary<string, string?>
        {
            ["ConnectionStrings:edge-kafka"] = _broker.BootstrapServers,
            ["ConnectionStrings:objects"] = _folder["objects"],
            ["Edge:CityFile"] = _folder["city.json"],
            ["Edge:SpoolPath"] = _folder["spool"],
            ["Edge:ShedPicturesBelowBytes"] = "0",
            ["Edge:HeartbeatInterval"] = "00:00:01",
        };
        if (core is not null)
        {
            settings["ConnectionStrings:core-kafka"] = core.BootstrapServers;
            settings["Mirror:Stations:0"] = EdgeTransport.Station;
        }

        foreach (var (key, value) in more ?? [])
        {
            settings[key] = value;
        }

        return await EdgeTransport.StartAsync(
            settings,
            services =>
            {
                services.AddSingleton(_recogniser.Models);
                services.AddConfiguration();
                services.AddHotlist();
                services.AddSingleton<StationClock>().AddSingleton<IClockSource>(new SetClock(new ClockHeartbeat { Synchronised = true, OffsetMilliseconds = 0.4, Source = "a test" })).AddHostedService(provider => provider.GetRequiredService<StationClock>());
                services.AddCameras();
                services.AddSingleton<EdgeKafkaFigures>();
                services.AddHostedService(provider => provider.GetRequiredService<EdgeKafkaFigures>());
                services.AddHostedService<HeartbeatWorker>();
            });
    }

    private async Task<List<StationHeartbeat>> ReadAsync(Func<List<StationHeartbeat>, bool> enough)
    {
        using var reader = new TopicReader(_broker.BootstrapServers, Topics.StationHeartbeats, 1);
        List<StationHeartbeat> beats = [];
        await Eventually.IsTrue(
            () =>
            {
                reader.Take();
                beats = reader.Records.ConvertAll(r => JsonSerializer.Deserialize(r.Message.Value, ContractsJson.Default.StationHeartbeat)!);
                return enough(beats);
            },
            "the heartbeats say it");
        Assert.All(reader.Records, r => Assert.Equal(EdgeTransport.Station, Encoding.UTF8.GetString(r.Message.Key!)));
        return beats;
    }
}
