using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Ops;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Ops;

/// <summary>What the core measures of itself and of its surroundings.</summary>
public class OpsTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kafka_Postgres_and_the_object_store_are_measured()
    {
        for (var i = 0; i < 3; i++)
        {
            await core.SendAsync(Sighting($"KAFKA{i}", TimeProvider.System.GetUtcNow(), "london-a302"));
        }

        OpsView? ops = null;
        await CoreHost.UntilAsync(
            async () =>
            {
                ops = await OpsAsync();
                return ops.Kafka.Groups.Any(g => g is { Topic: "london-a302.sightings", Committed: 3, Lag: 0 });
            },
            "the group has committed three records");

        Assert.Equal("healthy", ops!.Kafka.Node.State);
        Assert.Equal(1, ops.Kafka.Brokers);
        Assert.Equal(("london-a302.sightings", 3L, 3L, 0), ops.Kafka.Topics.Where(t => t.Name == "london-a302.sightings").Select(t => (t.Name, t.End, t.Records, t.UnderReplicated)).Single());
        Assert.Equal("healthy", ops.Database.Node.State);
        Assert.InRange(ops.Database.SizeBytes, 1_000_000, 1_000_000_000);
        Assert.InRange(ops.Database.Connections, 1, ops.Database.MaximumConnections);
        await CoreHost.UntilAsync(async () => (ops = await OpsAsync()).Storage.MeasuredAt is not null, "the object store is counted");
        Assert.Equal("folder", ops.Storage.Kind);
        Assert.InRange(ops.Storage.Disk!.FreeBytes, 1, ops.Storage.Disk.TotalBytes);
        await core.Services.GetRequiredService<DatabaseFigures>().CountTablesAsync(Token);
        var sightings = Assert.Single((await OpsAsync()).Database.Tables, t => t.Name == "sightings");
        Assert.Equal(sightings.Bytes, sightings.Partitions.Sum(p => p.Bytes));
        Assert.NotEmpty(sightings.Partitions);
        Assert.All(sightings.Partitions, p => Assert.StartsWith("sightings_20", p.Name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_station_is_told_of_with_what_is_wrong_and_the_worst_come_first()
    {
        var now = TimeProvider.System.GetUtcNow();
        var beat = new StationHeartbeat
        {
            StationId = "london-a202",
            At = now,
            CpuPercent = 12,
            DiskFreeBytes = 50_000_000_000,
            Problems = ["publish london-a202: Sightings wait in the spool: no route"],
            Cameras =
            [
                new CameraHeartbeat { CameraId = "a202-n1", State = "streaming", FramesPerSecond = 5, FramesDropped = 2, FramesRead = 100, Sightings = 10, Unread = 1 },
                new CameraHeartbeat { CameraId = "a202-s1", State = "lost", Error = "connection refused" },
            ],
            Kafka = new EdgeKafkaHeartbeat { Records = 10, End = 10, Newest = now },
        };
        await core.SendAsync(Topics.Mirrored("london-a202", Topics.StationHeartbeats), JsonSerializer.SerializeToUtf8Bytes(beat, ContractsJson.Default.StationHeartbeat));

        OpsView? ops = null;
        await CoreHost.UntilAsync(async () => (ops = await OpsAsync()).Stations.Any(s => s is { StationId: "london-a202", Heartbeat: not null }), "the heartbeat is read");

        var ranks = ops!.Stations.Select(OpsRules.Rank).ToArray();
        Assert.Equal(ranks.Order(), ranks);
        var station = ops.Stations.Single(s => s.StationId == "london-a202");
        Assert.Equal(("london-a202", "up", "degraded", "healthy"), (station.StationId, station.State, station.Edge.State, station.EdgeKafka.State));
        Assert.Contains(station.Edge.Problems, p => p.Contains("no route", StringComparison.Ordinal));
        Assert.Contains(station.Edge.Problems, p => p.Contains("1 of 2 cameras send no pictures: a202-s1", StringComparison.Ordinal));
        Assert.InRange(station.LinkDelay!.Value, 0, 60_000);
        Assert.Null(station.Heartbeat!.Mirror);

        var cameras = (await core.Http.GetFromJsonAsync<List<CameraStatus>>("/api/ops/cameras", Token))!;
        Assert.Equal(("a202-s1", "lost", "failed", "connection refused"), (cameras[0].CameraId, cameras[0].State, cameras[0].Health, cameras[0].Error));
        var good = Assert.Single(cameras, c => c.CameraId == "a202-n1");
        Assert.Equal(("streaming", "healthy", 0.9, 2L), (good.State, good.Health, good.ReadRate!.Value, good.FramesDropped!.Value));
        Assert.Contains(cameras, c => c is { StationId: "london-a3", State: "unknown", FramesPerSecond: null });
    }

    [Theory]
    [InlineData("\"published\":[null]", "published contains null")]
    [InlineData("\"cameras\":[null]", "cameras contains null")]
    [InlineData("\"cameras\":[{\"cameraId\":\"a\",\"state\":\"lost\"},{\"cameraId\":\"a\",\"state\":\"lost\"}]", "cameras names a twice")]
    [InlineData("\"published\":[{\"from\":\"2026-11-30T08:00:00Z\",\"count\":9223372036854775807,\"sentAt\":\"2026-11-30T08:00:00Z\"}]", "published says that 9223372036854775807 sightings")]
    [InlineData("\"problems\":[\"\\u0000\"]", "problems has the character U+0000")]
    public async Task A_heartbeat_that_is_wrong_is_said_and_stops_no_other(string part, string reason)
    {
        await BeatAsync("london-a10", $"{{\"stationId\":\"london-a10\",\"at\":\"{Now()}\",{part}}}");
        await CoreHost.UntilAsync(async () => (await HeartbeatsAsync()) is { State: "degraded" } worker && worker.Detail!.Contains($"london-a10 cannot be used and is left out: {reason}", StringComparison.Ordinal), "Ops says what is wrong");
        var marker = Guid.NewGuid().ToString();

        await BeatAsync("london-a11", $"{{\"stationId\":\"london-a11\",\"at\":\"{Now()}\",\"problems\":[\"{marker}\"]}}");
        await CoreHost.UntilAsync(async () => (await OpsAsync()).Stations.Any(s => s.Edge.Problems.Contains(marker)), "the other station is heard");
        Assert.NotEmpty((await core.Http.GetFromJsonAsync<List<CameraStatus>>("/api/ops/cameras", Token))!);

        await BeatAsync("london-a10", $"{{\"stationId\":\"london-a10\",\"at\":\"{Now()}\"}}");
        await CoreHost.UntilAsync(async () => (await HeartbeatsAsync()).State == "healthy", "what came after is well");
    }

    [Fact]
    public async Task A_heartbeat_without_lists_is_shown()
    {
        var at = Now();
        await BeatAsync("london-a4", $"{{\"stationId\":\"london-a4\",\"at\":\"{at}\",\"cameras\":null,\"cpuPercent\":77}}");

        await CoreHost.UntilAsync(async () => (await OpsAsync()).Stations.Any(s => s is { StationId: "london-a4", State: "up", Heartbeat.CpuPercent: 77 }), "it is shown");
        Assert.NotEmpty((await core.Http.GetFromJsonAsync<List<CameraStatus>>("/api/ops/cameras", Token))!);
    }

    [Fact]
    public async Task A_clock_that_is_ahead_is_said_and_keeps_no_station_alive()
    {
        const string station = "london-a40";
        var ahead = JsonSerializer.Serialize(TimeProvider.System.GetUtcNow().AddDays(30)).Trim('"');
        await BeatAsync(station, $"{{\"stationId\":\"{station}\",\"at\":\"{ahead}\",\"cpuPercent\":1}}");
        await CoreHost.UntilAsync(async () => (await OpsAsync()).Stations.Any(s => s.StationId == station && s.Edge.State == "degraded" && s.Edge.Problems.Any(p => p.Contains("that is in the future", StringComparison.Ordinal))), "Ops says that its clock is wrong");
        Assert.True((await OpsAsync()).Stations.Single(s => s.StationId == station).Heartbeat!.At <= TimeProvider.System.GetUtcNow());

        await BeatAsync(station, $"{{\"stationId\":\"{station}\",\"at\":\"{Now()}\",\"cpuPercent\":2}}");

        await CoreHost.UntilAsync(async () => (await OpsAsync()).Stations.Any(s => s is { StationId: station, Heartbeat.CpuPercent: 2 } && !s.Edge.Problems.Any(p => p.Contains("future", StringComparison.Ordinal))), "what came later counts");
    }

    [Fact]
    public async Task Two_cores_of_one_machine_both_hear_every_station_and_read_no_more_than_the_last_minutes()
    {
        const string station = "london-a406";
        for (var i = 0; i < 100; i++)
        {
            await BeatAsync(station, i < 50 ? "long ago" : $"{{\"stationId\":\"{station}\",\"at\":\"{Now()}\"}}");
        }

        await using var other = core.Build(core.Postgres.ConnectionString);
        var configuration = other.Services.GetRequiredService<Microsoft.Extensions.Configuration.IConfiguration>();
        var said = new Said();
        HeartbeatConsumer[] consumers = [.. Enumerable.Range(0, 2).Select(_ => new HeartbeatConsumer(
            configuration, [], other.Services.GetRequiredService<Arrivals>(), new ServiceDefaults.Health.WorkerHealth(TimeProvider.System), TimeProvider.System, said))];
        foreach (var consumer in consumers)
        {
            await consumer.StartAsync(Token);
        }

        await CoreHost.UntilAsync(() => Task.FromResult(consumers.All(c => c.Newest.ContainsKey(station))), "both hear the station");

        // What another test made another station say wrong may be among the last minutes.
        Assert.DoesNotContain(said.Lines, l => l.Contains("cannot be used", StringComparison.Ordinal) && l.Contains(Topics.Mirrored(station, Topics.StationHeartbeats), StringComparison.Ordinal));
        foreach (var consumer in consumers)
        {
            await consumer.StopAsync(Token);
            consumer.Dispose();
        }
    }

    [Fact]
    public async Task Minutes_are_kept_and_those_without_a_core_are_gaps()
    {
        var history = core.Services.GetRequiredService<OpsHistory>();
        var statistics = core.Services.GetRequiredService<IngestStatistics>();
        var minute = OpsHistory.Minute(TimeProvider.System.GetUtcNow()).AddMinutes(-100); // this core has none of its own there
        statistics.All.Add(TimeProvider.System.GetUtcNow(), TimeSpan.FromMilliseconds(250));
        history.Close(minute.AddMinutes(-2));
        history.Close(minute);
        await history.WriteAsync(Token);

        var minutes = (await core.Http.GetFromJsonAsync<List<OpsMinute>>("/api/ops/history?minutes=110", Token))!;

        Assert.Equal(110, minutes.Count);
        var kept = Assert.Single(minutes, m => m.Minute == minute);
        Assert.True(kept.Stored > 0);
        Assert.NotNull(kept.P99);
        Assert.Null(Assert.Single(minutes, m => m.Minute == minute.AddMinutes(-1)).Stored);
    }

    [Fact]
    public async Task A_question_about_too_many_minutes_is_refused() =>
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, (await core.Http.GetAsync(new Uri("/api/ops/history?minutes=0", UriKind.Relative), Token)).StatusCode);

    private sealed class Said : ILogger<HeartbeatConsumer>
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Enqueue(formatter(state, exception));
    }

    private static string Now() => JsonSerializer.Serialize(TimeProvider.System.GetUtcNow()).Trim('"');

    private Task BeatAsync(string station, string heartbeat) => core.SendAsync(Topics.Mirrored(station, Topics.StationHeartbeats), System.Text.Encoding.UTF8.GetBytes(heartbeat));

    private async Task<WorkerStatus> HeartbeatsAsync() => (await OpsAsync()).Workers.Single(w => w.Name == "heartbeats of the stations");

    private async Task<OpsView> OpsAsync() => (await core.Http.GetFromJsonAsync<OpsView>("/api/ops", Token))!;
}
