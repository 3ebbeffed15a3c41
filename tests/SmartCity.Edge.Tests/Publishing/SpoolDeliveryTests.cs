using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Edge.Publishing;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Tests.Publishing;

public sealed class SpoolDeliveryTests : IDisposable
{
    private const int Partitions = 2;

    private readonly TemporaryFolder _folder = new();
    private readonly InProcessBroker _broker = new((Topics.Sightings, Partitions));

    public void Dispose()
    {
        _broker.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_sighting_reaches_kafka_as_the_contract_says_and_its_pictures_the_object_store()
    {
        var started = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(-1);
        await using var edge = await StartAsync();
        var trace = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, "vendor=1");
        var vehicle = EdgeTransport.Vehicle(1, pictures: true, trace);
        var unread = EdgeTransport.Vehicle(9);
        await edge.Publisher.PublishAsync(vehicle, TestContext.Current.CancellationToken);
        await edge.Publisher.PublishAsync(unread, TestContext.Current.CancellationToken);

        var records = await ReadAsync(2);

        var read = records.Single(r => Key(r) == "LR01TEE");
        Assert.InRange(read.Message.Timestamp.UtcDateTime, started, TimeProvider.System.GetUtcNow().UtcDateTime);
        Assert.Equal(JsonSerializer.Serialize(vehicle.Sighting, ContractsJson.Default.Sighting), Encoding.UTF8.GetString(read.Message.Value!));
        var headers = read.Message.Headers.ToDictionary(h => h.Key, h => Encoding.ASCII.GetString(h.GetValueBytes()));
        Assert.Equal(RecordHeaders.Json, headers[RecordHeaders.ContentType]);
        Assert.Equal(RecordHeaders.SightingSchema, headers[RecordHeaders.Schema]);
        Assert.Contains(trace.TraceId.ToHexString(), headers[RecordHeaders.TraceParent], StringComparison.Ordinal);
        Assert.Equal("vendor=1", headers[RecordHeaders.TraceState]);
        await edge.IsSettled();
        Assert.Equal(vehicle.EvidenceJpeg, File.ReadAllBytes(Stored(vehicle.Sighting.Evidence!)));
        Assert.Equal(vehicle.PatchJpeg, File.ReadAllBytes(Stored(Sighting.PatchKey(vehicle.Sighting.Evidence!))));
        Assert.Single(records, r => Key(r) == "?a1-n1");
        await edge.IsSettled();
        await Eventually.IsTrue(() => SpooledPictures() == 0, "the edge's copy of the pictures is gone");
    }

    [Fact]
    public async Task A_correction_is_sent_after_what_it_corrects_with_a_picture_of_its_own_though_that_went_ahead()
    {
        _broker.GoDown();
        await using var edge = await StartAsync();
        var first = EdgeTransport.Vehicle(1, pictures: true) with { IsWanted = true };
        var sighting = first.Sighting with { Revision = 1, Plate = "LR01TEEB", Evidence = Sighting.EvidenceKey(EdgeTransport.Station, first.Sighting.CapturedAt, first.Sighting.Id, 1) };
        await edge.Publisher.PublishAsync(first, TestContext.Current.CancellationToken);
        await edge.Publisher.PublishAsync(new ObservedVehicle(sighting, [0xFF, 0xD8, 3], [0xFF, 0xD8, 4], default) { Corrects = first.Sighting }, TestContext.Current.CancellationToken);
        _broker.ComeUp();

        await edge.IsSettled();
        var records = await ReadAsync(2);
        Assert.Equal([("LR01TEE", 0), ("LR01TEEB", 1)], records.Select(r => JsonSerializer.Deserialize(r.Message.Value, ContractsJson.Default.Sighting)!).Select(s => (s.Plate!, s.Revision)).Distinct().Order());
        await Eventually.IsTrue(() => SpooledPictures() == 0, "the edge's copy of the pictures is gone");
        Assert.Equal(first.EvidenceJpeg, File.ReadAllBytes(Stored(first.Sighting.Evidence!)));
        Assert.Equal([0xFF, 0xD8, 3], File.ReadAllBytes(Stored(sighting.Evidence!)));
        Assert.EndsWith($"{sighting.Id}.r1.plate.jpg", Sighting.PatchKey(sighting.Evidence!), StringComparison.Ordinal);
        Assert.Equal([0xFF, 0xD8, 4], File.ReadAllBytes(Stored(Sighting.PatchKey(sighting.Evidence!))));
    }

    [Fact]
    public async Task While_kafka_is_down_sightings_wait_and_afterwards_all_are_there_in_order()
    {
        await using var edge = await StartAsync();
        var before = await edge.PublishAsync(0, 20);
        await edge.IsSettled();
        _broker.GoDown();
        var during = await edge.PublishAsync(20, 320);
        Assert.Equal(300, edge.Publisher.Waiting(EdgeTransport.Station));

        _broker.ComeUp();
        await edge.IsSettled();

        var records = await ReadAsync(320);
        Assert.Equal(before.Concat(during).Select(v => v.Sighting.Id).Order(), records.Select(Id).Distinct().Order());
        foreach (var plate in records.GroupBy(Key))
        {
            var times = plate.Select(r => r.Message.Timestamp.UnixTimestampMs).Distinct().ToList();
            Assert.Equal(times.Order(), times);
        }
    }

    [Fact]
    public async Task On_a_disk_that_is_filled_twice_what_is_delivered_makes_room_and_nothing_ends_and_nothing_is_lost()
    {
        const int each = 20;
        using var disk = SmallDisk.Mount(_folder["spool"], 4);
        List<ObservedVehicle> vehicles;
        _broker.GoDown();
        await using (var edge = await StartAsync())
        {
            vehicles = await edge.PublishAsync(0, each, pictures: true);
            disk.Fill();
            _broker.ComeUp();
            await edge.IsSettled();
            await Eventually.IsTrue(() => SpooledPictures() == 0, "their pictures have made room");
            Assert.False(edge.Ended("SpoolDelivery").IsCompleted);

            _broker.GoDown();
            disk.Empty();
            vehicles.AddRange(await edge.PublishAsync(each, 2 * each, pictures: true));
            disk.Fill();
        }

        _broker.ComeUp();
        await using var again = await StartAsync();
        await again.IsSettled();

        var records = await ReadAsync(2 * each);
        Assert.Equal(vehicles.Select(v => v.Sighting.Id).Order(), records.Select(Id).Distinct().Order());
        Assert.All(vehicles, v => Assert.True(File.Exists(Stored(v.Sighting.Evidence!))));
        await Eventually.IsTrue(() => SpooledPictures() == 0, "their pictures have made room");
        Assert.False(again.Ended("SpoolDelivery").IsCompleted);
        Show($"the spool's disk is filled twice, with a restart: {vehicles.Count} vehicles in, {records.Select(Id).Distinct().Count()} sightings out, each with its picture");
    }

    [Fact]
    public async Task A_disk_that_does_not_take_the_position_is_said_and_holds_up_no_sighting()
    {
        var inTheWay = Path.Combine(_folder["spool"], EdgeTransport.Station, "position.new");
        Directory.CreateDirectory(inTheWay);
        await using var edge = await StartAsync();
        await edge.PublishAsync(0, 300, pictures: true);
        await edge.IsSettled();
        await ReadAsync(300);
        await Eventually.IsTrue(() => edge.Health.Reports.Any(r => r is { State: WorkerState.Degraded, Detail: { } detail } && detail.Contains("position", StringComparison.Ordinal)), "health says so");

        Directory.Delete(inTheWay);
        await edge.PublishAsync(300, 301);
        await Eventually.IsTrue(() => edge.Health.Reports.All(r => r.State == WorkerState.Healthy), "all is well again");
        Assert.False(edge.Ended("SpoolDelivery").IsCompleted);
    }

    [Fact]
    public async Task A_process_that_ends_between_picture_and_record_loses_neither()
    {
        _broker.GoDown();
        List<ObservedVehicle> vehicles;
        await using (var edge = await StartAsync())
        {
            vehicles = await edge.PublishAsync(0, 5, pictures: true);
            await Eventually.IsTrue(() => vehicles.Any(v => File.Exists(Stored(v.Sighting.Evidence!))), "a picture is stored while Kafka is down");
        }

        _broker.ComeUp();
        await using var again = await StartAsync();
        await again.IsSettled();

        var records = await ReadAsync(5);
        Assert.Equal(vehicles.Select(v => v.Sighting.Id).Order(), records.Select(Id).Distinct().Order());
        Assert.All(records, r => Assert.True(File.Exists(Stored(Read(r).Evidence!))));
    }

    [Fact]
    public async Task While_the_object_store_fails_sightings_go_on_and_their_pictures_follow()
    {
        await using var edge = await StartAsync();
        Directory.Delete(_folder["objects"], recursive: true);
        await File.WriteAllTextAsync(_folder["objects"], "in the way", TestContext.Current.CancellationToken);
        await edge.PublishAsync(0, 12, pictures: true);

        var records = await ReadAsync(12);
        Assert.All(records, r => Assert.NotNull(Read(r).Evidence));
        await Eventually.IsTrue(() => Pictures(edge) is { State: WorkerState.Degraded, Detail: { } detail } && detail.Contains("12 pictures wait", StringComparison.Ordinal), "the worker says that pictures wait");

        File.Delete(_folder["objects"]);
        await edge.IsSettled();

        Assert.All(records, r => Assert.True(File.Exists(Stored(Read(r).Evidence!))));
        await Eventually.IsTrue(() => edge.Health.Reports.All(r => r.State != WorkerState.Degraded), "the worker is well again");
    }

    [Fact]
    public async Task A_picture_that_cannot_be_stored_is_set_aside_and_said_and_the_others_pass_it()
    {
        var bad = EdgeTransport.Vehicle(0, pictures: true);
        Directory.CreateDirectory(Path.Combine(Stored(bad.Sighting.Evidence!), "in the way"));
        await using var edge = await StartAsync();
        await edge.Publisher.PublishAsync(bad, TestContext.Current.CancellationToken);
        var good = await edge.PublishAsync(1, 40, pictures: true);

        await edge.IsSettled();

        Assert.All(good, v => Assert.True(File.Exists(Stored(v.Sighting.Evidence!))));
        Assert.Equal(1, edge.Publisher.Spools.Single().Pictures.Queue.SetAside);
        await Eventually.IsTrue(() => Pictures(edge) is { State: WorkerState.Degraded, Detail: { } detail } && detail.StartsWith("1 pictures", StringComparison.Ordinal), "the worker says so");
    }

    [Fact]
    public async Task After_an_outage_wanted_vehicles_go_first_the_newest_before_the_others()
    {
        _broker.GoDown();
        await using var edge = await StartAsync();
        await edge.PublishAsync(0, 1000);
        foreach (var number in (int[])[1000, 1001])
        {
            await edge.Publisher.PublishAsync(EdgeTransport.Vehicle(number) with { IsWanted = true }, TestContext.Current.CancellationToken);
        }

        var turn = edge.Publisher.Spools.Single();
        Assert.Equal([1001, 1000], turn.Ahead(10).Select(s => (int)(s.Sighting.CapturedAt - EdgeTransport.Start).TotalSeconds));
        _broker.ComeUp();
        await edge.IsSettled();

        var records = await ReadAsync(1002);
        Assert.Equal(1002, records.Select(Id).Distinct().Count());
        Assert.Equal(records.Count(r => Read(r).CapturedAt >= EdgeTransport.Start.AddSeconds(1000)), records.Count - records.Count(r => Read(r).CapturedAt < EdgeTransport.Start.AddSeconds(1000)));
        foreach (var wanted in records.Where(r => Read(r).CapturedAt >= EdgeTransport.Start.AddSeconds(1000)))
        {
            Assert.InRange(records.Count(r => r.Partition == wanted.Partition && r.Offset < wanted.Offset), 0, 250); // a batch was on its way already
        }
    }

    [Fact]
    public async Task A_picture_whose_sighting_was_not_kept_when_the_process_ended_is_deleted_and_the_others_follow()
    {
        Directory.CreateDirectory(Pictures());
        var kept = EdgeTransport.Vehicle(1, pictures: true);
        await using (var edge = await StartAsync())
        {
            await edge.Publisher.PublishAsync(kept, TestContext.Current.CancellationToken);
            await edge.IsSettled();
        }

        // As a power cut leaves them: one sighting is in the log, the other is not, and neither picture was told so.
        var orphan = Guid.CreateVersion7(EdgeTransport.Start);
        foreach (var id in (Guid[])[kept.Sighting.Id, orphan])
        {
            await File.WriteAllBytesAsync(Path.Combine(Pictures(), $"{id}.jpg.new"), [0xFF, 0xD8, 7], TestContext.Current.CancellationToken);
            await File.WriteAllBytesAsync(Path.Combine(Pictures(), $"{id}.plate.jpg.new"), [0xFF, 0xD8, 8], TestContext.Current.CancellationToken);
        }

        File.Delete(Stored(kept.Sighting.Evidence!));
        await using var again = await StartAsync();
        await Eventually.IsTrue(() => Directory.GetFiles(Pictures()).Length == 0, "no picture is left");
        Assert.Equal([0xFF, 0xD8, 7], await File.ReadAllBytesAsync(Stored(kept.Sighting.Evidence!), TestContext.Current.CancellationToken));
        Assert.False(File.Exists(Stored(Sighting.EvidenceKey(EdgeTransport.Station, EdgeTransport.Start, orphan))));
    }

    [Fact]
    public async Task A_broker_that_forgets_is_not_overrun_while_nobody_reads_and_all_arrives_once_somebody_does()
    {
        const int count = 3000;
        using var core = new InProcessBroker((Topics.Mirrored(EdgeTransport.Station, Topics.Sightings), Partitions));
        List<ObservedVehicle> vehicles;
        await using (var edge = await StartAsync(settings: ("Edge:BrokerPartitionBytes", "300000")))
        {
            vehicles = await edge.PublishAsync(0, count);
            using var reader = new TopicReader(_broker.BootstrapServers, Topics.Sightings, Partitions);
            var still = 0;
            await Eventually.IsTrue(() => (still = reader.Records.Count is var before && reader.Take() == before && before > 0 ? still + 1 : 0) >= 20, "no more arrives");
            Assert.InRange(reader.Records.GroupBy(r => r.Partition.Value).Max(p => p.Sum(r => r.Message.Value!.Length)), 75_000, 300_000);
            Assert.InRange(edge.Publisher.TotalWaiting, 1, count - reader.Records.Count);
        }

        await using var both = await StartAsync(settings:
        [
            ("Edge:BrokerPartitionBytes", "300000"),
            ("ConnectionStrings:core-kafka", core.BootstrapServers),
            ("Mirror:Stations:0", EdgeTransport.Station),
        ]);
        await both.IsSettled();

        using var arrived = new TopicReader(core.BootstrapServers, Topics.Mirrored(EdgeTransport.Station, Topics.Sightings), Partitions);
        await Eventually.IsTrue(() => arrived.Take() >= count, "all arrived at the core");
        Assert.Equal(vehicles.Select(v => v.Sighting.Id).Order(), arrived.Records.Select(Id).Distinct().Order());
    }

    private static WorkerReport? Pictures(EdgeTransport edge) => edge.Health.Reports.FirstOrDefault(r => r.Name == $"pictures {EdgeTransport.Station}");

    private int SpooledPictures() => Directory.GetFiles(_folder["spool"], "*.jpg", SearchOption.AllDirectories).Length;

    private static void Show(string counts) => TestContext.Current.TestOutputHelper?.WriteLine(counts);

    private string Pictures() => Path.Combine(_folder["spool"], EdgeTransport.Station, "pictures");

    private static string Key(ConsumeResult<byte[]?, byte[]?> record) => Encoding.UTF8.GetString(record.Message.Key!);

    private static Sighting Read(ConsumeResult<byte[]?, byte[]?> record) => JsonSerializer.Deserialize(record.Message.Value, ContractsJson.Default.Sighting)!;

    private static Guid Id(ConsumeResult<byte[]?, byte[]?> record) => Read(record).Id;

    private string Stored(string key) => Path.Combine(_folder["objects"], key);

    private Task<EdgeTransport> StartAsync(InProcessBroker? broker = null, params (string Key, string Value)[] settings)
    {
        var all = settings.ToDictionary(s => s.Key, s => (string?)s.Value);
        all["ConnectionStrings:edge-kafka"] = (broker ?? _broker).BootstrapServers;
        all["ConnectionStrings:objects"] = _folder["objects"];
        all["Edge:SpoolPath"] = _folder["spool"];
        all["Edge:ShedPicturesBelowBytes"] = "0";
        return EdgeTransport.StartAsync(all);
    }

    private async Task<List<ConsumeResult<byte[]?, byte[]?>>> ReadAsync(int atLeast, InProcessBroker? broker = null)
    {
        using var reader = new TopicReader((broker ?? _broker).BootstrapServers, Topics.Sightings, Partitions);
        await Eventually.IsTrue(() => reader.Take() >= atLeast, $"{atLeast} records arrived");
        reader.Take();
        return reader.Records;
    }
}
