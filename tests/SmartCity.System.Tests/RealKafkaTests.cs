using Confluent.Kafka;
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
        Assert.Contains("Real brokers and MirrorMaker 2", system.Said, StringComparison.Ordinal);
        await system.UntilAsync(async () => await CountAsync(system) > 2, "sightings through MirrorMaker 2");
        Assert.Contains("london-a1.sightings", Topics(data));

        var mirror = Assert.Single(RunningSystem.Processes("java", "MirrorMaker", data.Path), id => IsJava(id));
        var before = await CountAsync(system);
        await RunningSystem.SignalAsync("KILL", mirror);
        await system.UntilAsync(async () => await CountAsync(system) > before + 3, "sightings after MirrorMaker 2 was killed");

        Assert.Equal(0, await system.StopAsync(TimeSpan.FromSeconds(20)));
        Assert.Empty(RunningSystem.Processes("java", data.Path));
    }

    private static bool IsJava(int process) => File.ReadAllText($"/proc/{process}/comm").Trim() == "java";

    private static async Task<int> CountAsync(RunningSystem system) => (await system.GetAllAsync<SightingView>("/api/sightings")).Count;

    private static List<string> Topics(TestData data)
    {
        var port = File.ReadAllText(data.Below("kafka", "core", "ports")).Split(' ')[0];
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = $"127.0.0.1:{port}" }).Build();
        return admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.ConvertAll(t => t.Topic);
    }
}
