using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>With <c>KAFKA_HOME</c>: real brokers and a real MirrorMaker 2, which comes back when it is killed.</summary>
public sealed class RealKafkaTests
{
    [Fact]
    public async Task Sightings_go_through_real_brokers_and_MirrorMaker_2()
    {
        var home = Environment.GetEnvironmentVariable("KAFKA_HOME") ?? Repository.Shared("kafka");
        Assert.SkipUnless(Directory.Exists(Path.Combine(home, "libs")), $"There is no Apache Kafka in {home}; KAFKA_HOME names one.");
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(p => File.Exists(Path.Combine(p, "java"))), "There is no Java on PATH.");
        await using var data = new TestData();
        await using var system = await RunningSystem.StartAsync(data.Path, ["--stations", "1", "--speed", "10"], new Dictionary<string, string> { ["KAFKA_HOME"] = home });
        Assert.Contains("MirrorMaker 2 carries the records of", system.Said, StringComparison.Ordinal);
        await system.UntilAsync(async () => await CountAsync(system) > 2, "sightings through MirrorMaker 2");
        Assert.Contains("london-a1.sightings", Topics(data));

        var (id, trace) = FirstAtCore(data, "london-a1.sightings");
        Assert.Contains((await system.GetAsync<SightingView>($"/api/sightings/{id}")).TraceId!, trace, StringComparison.Ordinal);

        var mirror = Assert.Single(RunningSystem.Processes("java", "MirrorMaker", data.Path), id => IsJava(id));
        var before = await CountAsync(system);
        await RunningSystem.SignalAsync("KILL", mirror);
        await system.UntilAsync(async () => await CountAsync(system) > before + 3, "sightings after MirrorMaker 2 was killed");

        Assert.Equal(0, await system.StopAsync(TimeSpan.FromSeconds(20)));
        Assert.Empty(RunningSystem.Processes("java", data.Path));
    }

    private static bool IsJava(int process) => File.ReadAllText($"/proc/{process}/comm").Trim() == "java";

    private static async Task<int> CountAsync(RunningSystem system) => (await system.GetAllAsync<SightingView>("/api/sightings")).Count;

    private static string Core(TestData data) => $"127.0.0.1:{File.ReadAllText(data.Below("kafka", "core", "ports")).Split(' ')[0]}";

    private static List<string> Topics(TestData data)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Core(data) }).Build();
        return admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.ConvertAll(t => t.Topic);
    }

    // A sighting as it lies in the core's Kafka: its id, and the trace in its headers.
    private static (Guid Id, string Trace) FirstAtCore(TestData data, string topic)
    {
        var config = new ConsumerConfig { BootstrapServers = Core(data), GroupId = "test", AutoOffsetReset = AutoOffsetReset.Earliest, EnableAutoCommit = false };
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(config).Build();
        consumer.Subscribe(topic);
        var record = consumer.Consume(TimeSpan.FromSeconds(60));
        Assert.NotNull(record);
        using var sighting = JsonDocument.Parse(record.Message.Value);
        return (sighting.RootElement.GetProperty("id").GetGuid(), Encoding.ASCII.GetString(record.Message.Headers.GetLastBytes(RecordHeaders.TraceParent)));
    }
}
