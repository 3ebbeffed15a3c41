using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>With <c>KAFKA_HOME</c>: real brokers and a real MirrorMaker 2, which comes back when it is killed.</summary>
public sealed class RealKafkaTests(ITestOutputHelper output)
{
    private const string Station = "london-a1";
    private const string Camera = "a1-n1";
    private const int Patience = 180;
    private const string SightingsTopic = SmartCity.Contracts.Topics.Sightings;

    [Fact]
    public async Task Sightings_go_through_real_brokers_and_MirrorMaker_2_and_what_a_broker_lost_before_it_was_taken_comes_from_the_spool()
    {
        var kafka = RealKafka();
        await using var data = new TestData();
        int carried;
        await using (var system = await RunningSystem.StartAsync(data.Path, ["--stations", "1", "--speed", "10"], kafka))
        {
            Assert.Contains("MirrorMaker 2 carries the records of", system.Said, StringComparison.Ordinal);
            await system.UntilAsync(async () => await CountAsync(system) > 2, "sightings through MirrorMaker 2", Patience);
            Assert.Contains($"{Station}.{SightingsTopic}", Topics(data));
            var (id, trace) = FirstAtCore(data, $"{Station}.{SightingsTopic}");
            Assert.Contains((await system.GetAsync<SightingView>($"/api/sightings/{id}")).TraceId!, trace, StringComparison.Ordinal);

            var before = await CountAsync(system);
            var killed = MirrorMaker(data);
            await RunningSystem.SignalAsync("KILL", killed);
            await system.UntilAsync(() => Task.FromResult(RunningSystem.Processes("java", "MirrorMaker", data.Path).Any(p => p != killed && IsJava(p))), "MirrorMaker 2 is started again", Patience);
            await system.UntilAsync(async () => await CountAsync(system) > before + 3, "sightings after MirrorMaker 2 was killed", Patience);

            await RunningSystem.SignalAsync("STOP", MirrorMaker(data));
            carried = await CountAsync(system);
            await system.UntilAsync(() => Task.FromResult(SpoolFolder.Acknowledged(data.Path, Station) >= carried + 5), "the station's Kafka has sightings that MirrorMaker 2 does not take", Patience);
            Assert.Equal(0, await system.StopAsync(TimeSpan.FromSeconds(60)));
            Assert.Empty(RunningSystem.Processes("java", data.Path));
        }

        // A new disk: the broker's offsets begin anew, before those from which MirrorMaker 2 wants to go on.
        Directory.Delete(data.Below("kafka", Station, "data"), recursive: true);
        var spooled = await SpoolFolder.IdsAsync(data.Path);
        Assert.InRange(spooled.Count, carried + 5, int.MaxValue);

        await using var again = await RunningSystem.StartAsync(data.Path, ["--stations", "1", "--city", await CrashTests.QuietCityAsync(data)], kafka);
        await again.UntilAsync(async () => await CountAsync(again) >= spooled.Count, $"all {spooled.Count} sightings of the spool", Patience);
        Assert.Equal(spooled.Order(), (await again.GetAllAsync<SightingView>("/api/sightings")).ConvertAll(s => s.Id).Order());
        output.WriteLine($"{spooled.Count} sightings spooled, {carried} at the core when the broker lost its disk; {spooled.Count} stored afterwards, each once.");
    }

    [Fact]
    public async Task A_station_whose_clock_is_wrong_by_hours_loses_nothing_and_holds_up_nothing()
    {
        const string key = "a-key-of-sixteen-characters";
        var kafka = RealKafka();
        kafka["Edge__UploadKey"] = key;
        await using var data = new TestData();
        await using var system = await RunningSystem.StartAsync(data.Path, ["--stations", "1", "--city", await CrashTests.QuietCityAsync(data)], kafka);

        // As brokers have it that nobody has told otherwise: they refuse records from more than an hour ahead.
        await system.UntilAsync(() => Task.FromResult(Topics(data).Contains($"{Station}.{SightingsTopic}")), "MirrorMaker 2 has made the topic at the core", Patience);
        await StampedByProducerAsync(Broker(data, Station), SightingsTopic);
        await StampedByProducerAsync(Broker(data, "core"), $"{Station}.{SightingsTopic}");

        using var street = new Mat(360, 640, MatType.CV_8UC3, Scalar.Gray);
        var picture = Convert.ToBase64String(street.ImEncode(".jpg"));
        var now = TimeProvider.System.GetUtcNow();
        string[] plates = ["LR33TEE", "KX70HJM", "AB12CDE", "BD51SMR"];
        foreach (var (plate, hours) in plates.Zip([-7.0, 7.0, 30.0, -0.1]))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/cameras/{Camera}/events") { Content = JsonContent.Create(new { plate, confidence = 0.95, capturedAt = now.AddHours(hours), picture }) };
            request.Headers.Add("X-Api-Key", key);
            using var answer = await system.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        }

        // What is more than a day ahead is refused, and shown.
        await system.UntilAsync(async () => await CountAsync(system) == 3 && (await system.GetAllAsync<JsonElement>("/api/dead-letters")).Count == 1, "three sightings and a dead letter", Patience);
        Assert.Equal(["BD51SMR", "KX70HJM", "LR33TEE"], (await system.GetAllAsync<SightingView>("/api/sightings")).ConvertAll(s => s.Plate).Order());
        output.WriteLine("4 events in, of 7 hours ago, in 7 hours, in 30 hours and of now; 3 sightings and 1 dead letter out.");
    }

    private static Dictionary<string, string> RealKafka()
    {
        var home = Environment.GetEnvironmentVariable("KAFKA_HOME") ?? Repository.Shared("kafka");
        Assert.SkipUnless(Directory.Exists(Path.Combine(home, "libs")), $"There is no Apache Kafka in {home}; KAFKA_HOME names one.");
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(p => File.Exists(Path.Combine(p, "java"))), "There is no Java on PATH.");
        return new Dictionary<string, string> { ["KAFKA_HOME"] = home };
    }

    private static int MirrorMaker(TestData data) => Assert.Single(RunningSystem.Processes("java", "MirrorMaker", data.Path), id => IsJava(id));

    private static async Task StampedByProducerAsync(string broker, string topic)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker }).Build();
        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [new ConfigResource { Type = ResourceType.Topic, Name = topic }] = [new ConfigEntry { Name = "message.timestamp.type", Value = "CreateTime", IncrementalOperation = AlterConfigOpType.Set }],
        });
    }

    private static bool IsJava(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/comm").Trim() == "java";
        }
        catch (IOException)
        {
            return false; // it has just ended
        }
    }

    private static async Task<int> CountAsync(RunningSystem system) => (await system.GetAllAsync<SightingView>("/api/sightings")).Count;

    private static string Broker(TestData data, string name) => $"127.0.0.1:{File.ReadAllText(data.Below("kafka", name, "ports")).Split(' ')[0]}";

    private static List<string> Topics(TestData data)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Broker(data, "core") }).Build();
        return admin.GetMetadata(TimeSpan.FromSeconds(60)).Topics.ConvertAll(t => t.Topic);
    }

    // A sighting as it lies in the core's Kafka: its id, and the trace in its headers.
    private static (Guid Id, string Trace) FirstAtCore(TestData data, string topic)
    {
        var config = new ConsumerConfig { BootstrapServers = Broker(data, "core"), GroupId = "test", AutoOffsetReset = AutoOffsetReset.Earliest, EnableAutoCommit = false };
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(config).Build();
        consumer.Subscribe(topic);
        var record = consumer.Consume(TimeSpan.FromSeconds(60));
        Assert.NotNull(record);
        using var sighting = JsonDocument.Parse(record.Message.Value);
        return (sighting.RootElement.GetProperty("id").GetGuid(), Encoding.ASCII.GetString(record.Message.Headers.GetLastBytes(RecordHeaders.TraceParent)));
    }
}
