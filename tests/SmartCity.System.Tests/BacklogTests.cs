using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Edge.Publishing;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>kill -9 while hours of sightings are on their way: partitions are far apart then, and none is lost.</summary>
public sealed class BacklogTests
{
    private const string Station = "london-a1";
    private const int Count = 20_000;

    [Fact]
    public async Task After_a_kill_in_the_middle_of_a_backlog_every_sighting_is_stored_once()
    {
        await using var data = new TestData();
        var ids = Fill(data.Below("spool", Station));
        await using (var system = await RunningSystem.StartAsync(data.Path, ["--city", await CrashTests.QuietCityAsync(data)]))
        {
            await system.UntilAsync(async () => await StoredAsync(system) > Count / 10, "a part is stored");
            await system.CrashAsync();
        }

        await using var again = await RunningSystem.StartAsync(data.Path, ["--city", await CrashTests.QuietCityAsync(data)]);
        await again.UntilAsync(async () => await StoredAsync(again) >= Count, "all are stored", 180);
        Assert.Equal(ids.Order(), (await again.GetAllAsync<SightingView>("/api/sightings")).ConvertAll(s => s.Id).Order());
        await again.UntilAsync(async () => (await StationAsync(again)).Heartbeat?.AtCore is { Kept: Count, Missing: 0, OnTheWay: 0 }, "the station says that the core has all of them");
    }

    private static async Task<StationStatus> StationAsync(RunningSystem system) => (await system.GetAsync<OpsView>("/api/ops")).Stations.Single(s => s.StationId == Station);

    private static async Task<long> StoredAsync(RunningSystem system) => (await system.GetAsync<OpsView>("/api/ops")).Core.SightingsStored;

    // Ten hours of traffic at one station.
    private static List<Guid> Fill(string folder)
    {
        using var spool = new Spool(folder, NullLogger.Instance);
        var start = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).AddHours(-11);
        var ids = new List<Guid>();
        foreach (var numbers in Enumerable.Range(0, Count).Chunk(500))
        {
            spool.Append([.. numbers.Select(n =>
            {
                var at = start.AddSeconds(n * 1.8);
                at = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
                var sighting = new Sighting { Id = Guid.CreateVersion7(at), CapturedAt = at, StationId = Station, CameraId = "a1-n1", Plate = string.Create(CultureInfo.InvariantCulture, $"LR{n % 100:00}ABC"), Confidence = 0.95 };
                ids.Add(sighting.Id);
                return (ReadOnlyMemory<byte>)SpooledSighting.Write(sighting, default(ActivityContext));
            })]);
        }

        return ids;
    }
}
