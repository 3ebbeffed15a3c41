using System.Text.Json;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>kill -9 under load, started again: nothing is lost, nothing is charged twice.</summary>
public sealed class CrashTests
{
    private const int Kills = 2;

    [Fact]
    public async Task After_a_kill_every_spooled_sighting_is_stored_and_charged_once()
    {
        await using var data = new TestData();
        var charged = new Dictionary<Guid, ChargeView>();
        for (var kill = 1; kill <= Kills; kill++)
        {
            await using var system = await RunningSystem.StartAsync(data.Path, ["--speed", "20"]);
            var wanted = 15 * kill;
            await system.UntilAsync(async () => (await system.GetAllAsync<SightingView>("/api/sightings")).Count >= wanted, $"{wanted} sightings");
            foreach (var charge in await system.GetAllAsync<ChargeView>("/api/charges"))
            {
                charged[charge.Id] = charge;
            }

            await system.CrashAsync();
        }

        // Cameras that see nothing: what is stored now comes from the spools, but for what the cameras of before see until the edges know the new city.
        var spooled = await SpoolFolder.IdsAsync(data.Path);
        await using var quiet = await RunningSystem.StartAsync(data.Path, ["--city", await QuietCityAsync(data)]);
        var stored = new List<Guid>();
        await quiet.UntilAsync(
            async () =>
            {
                stored = (await quiet.GetAllAsync<SightingView>("/api/sightings")).ConvertAll(s => s.Id);
                return stored.Order().SequenceEqual((await SpoolFolder.IdsAsync(data.Path)).Order());
            },
            $"what is stored is what was spooled, {spooled.Count} sightings before it started");
        Assert.All(spooled, id => Assert.Contains(id, stored));

        var ledger = await quiet.GetAllAsync<ChargeView>("/api/charges");
        Assert.True(charged.Count > 0 || TimeProvider.System.GetUtcNow() is { Month: 12, Day: 25 }, "Nobody was charged."); // on 25 December hardly anybody is
        Assert.All(ledger.GroupBy(c => (c.Plate, c.Scheme, c.Day)), g => Assert.Single(g));
        Assert.All(charged.Values, before => Assert.Equal(before.Amount, Assert.Single(ledger, c => c.Id == before.Id).Amount));
        Assert.Empty(await quiet.GetAllAsync<JsonElement>("/api/dead-letters"));
    }

    internal static async Task<string> QuietCityAsync(TestData data)
    {
        var city = City.Load(null);
        var quiet = city with { Stations = [.. city.Stations.Select(s => s with { Cameras = [.. s.Cameras.Select(c => c with { Source = "upload" })] })] };
        var file = data.Below("quiet.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(quiet, JsonSerializerOptions.Web), TestContext.Current.CancellationToken);
        return file;
    }
}
