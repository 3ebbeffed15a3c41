using SmartCity.Contracts.Api;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>kill -9 while hours of sightings are on their way: partitions are far apart then, and none is lost.</summary>
public sealed class BacklogTests
{
    private const string Station = "london-a1";
    private const int Count = 10_000;
    private const int AnHour = 2_000; // of its traffic

    [Fact]
    public async Task After_a_kill_while_Postgres_stood_still_every_sighting_is_stored_once()
    {
        await using var data = new TestData();
        var ids = Fill(data);
        await using (var system = await RunningSystem.StartAsync(data.Path, ["--city", await CrashTests.QuietCityAsync(data)]))
        {
            var stored = 0L;
            await system.UntilAsync(async () => (stored = await StoredAsync(system)) > Count / 20, "a part is stored");
            await data.SignalPostgresAsync("STOP");
            await system.UntilAsync(() => Task.FromResult(SpoolFolder.Acknowledged(data.Path, Station) > stored + AnHour), "Kafka is an hour of traffic ahead of Postgres");
            await system.CrashAsync();
            await data.SignalPostgresAsync("CONT");
        }

        await using var again = await RunningSystem.StartAsync(data.Path, ["--city", await CrashTests.QuietCityAsync(data)]);
        await again.UntilAsync(async () => await StoredAsync(again) >= Count, "all are stored", 180);
        Assert.Equal(ids.Order(), (await again.GetAllAsync<SightingView>("/api/sightings")).ConvertAll(s => s.Id).Order());
        await again.UntilAsync(async () => (await StationAsync(again)).Heartbeat?.AtCore is { Kept: Count, Missing: 0, OnTheWay: 0 }, "the station says that the core has all of them");
    }

    private static async Task<StationStatus> StationAsync(RunningSystem system) => (await system.GetAsync<OpsView>("/api/ops")).Stations.Single(s => s.StationId == Station);

    private static async Task<long> StoredAsync(RunningSystem system) => (await system.GetAsync<OpsView>("/api/ops")).Core.SightingsStored;

    // Five hours of traffic at one station.
    private static List<Guid> Fill(TestData data)
    {
        var start = TimeProvider.System.GetUtcNow().AddHours(-6);
        return SpoolFolder.Fill(data.Path, Station, "a1-n1", Enumerable.Range(0, Count).Select(n => start.AddSeconds(n * 1.8)));
    }
}
