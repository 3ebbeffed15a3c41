using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Models;
using SmartCity.Core.Models;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Edge.Tests.Models;

namespace SmartCity.Core.Tests.Models;

/// <summary>How a version goes from station to station, and back from all of them.</summary>
public sealed class RolloutTests(ModelHost host) : IClassFixture<ModelHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_version_goes_ring_by_ring_becomes_champion_and_one_edge_that_refuses_it_takes_it_back_from_all()
    {
        await ReleaseAsync(2);
        var stations = City.Load(null).Stations.Select(s => s.Id).ToList();
        var first = Assert.Single(RolloutRings.Stations(0, "city-read-2", stations));
        Assert.Equal(("city-read-2", "city-read-1"), (await OrderedAsync(first), await OrderedAsync(stations.First(s => s != first))));
        Assert.Equal("one station", (await ViewAsync()).RingName);

        await UntilAsync(v => v.Ring == 1, RolloutRings.Stations(0, "city-read-2", stations), "city-read-2", "city-read-1");
        var quarter = RolloutRings.Stations(1, "city-read-2", stations);
        Assert.Equal(3, quarter.Count);
        Assert.All(await Task.WhenAll(stations.Select(async s => (Station: s, Ordered: await OrderedAsync(s)))), s => Assert.Equal(quarter.Contains(s.Station) ? "city-read-2" : "city-read-1", s.Ordered));

        await UntilAsync(v => v.Ring == 2, quarter, "city-read-2", "city-read-1");
        await UntilAsync(v => v.State == "done", stations, "city-read-2", "city-read-2");
        Assert.Equal(["champion"], await AliasesAsync("city-read-2"));
        Assert.Equal(["previous"], await AliasesAsync("city-read-1"));
        Assert.Equal("city-read-2", await OrderedAsync(stations[0]));

        // The next one is paused, and refused by one edge: none keeps it.
        await ReleaseAsync(3);
        using var paused = await host.Core.Http.PostAsync("/api/models/rollouts/reader/pause", null, Token);
        Assert.Equal(HttpStatusCode.NoContent, paused.StatusCode);
        var canary = RolloutRings.Stations(0, "city-read-3", stations)[0];
        await UntilAsync(v => v.State == "rolled-back", [canary], "city-read-2", "city-read-2", b => b with { Phase = ModelPhase.Refused, Candidate = "city-read-3", Reason = "It took 80 ms for a plate." });
        var view = await ViewAsync();
        Assert.Equal($"city-read-3 was rolled back on every edge. {canary}: It took 80 ms for a plate.", view.Reason);
        var order = (await ReleaseOfAsync(canary)).Order;
        Assert.Equal(("city-read-2", true), (ModelOrder.Parse(order.Text).Version, ModelOrder.Parse(order.Text).Rollback));
        using var verifier = ModelVerifier.Of(host.Keys.PublicKeyPem);
        Assert.True(verifier.Holds(order));

        // A person sends the champion back too; every move is in the audit.
        await IsTakenBackAsync("city-read-3", HttpStatusCode.Conflict);
        await IsTakenBackAsync("city-read-2", HttpStatusCode.OK);
        await IsTakenBackAsync("city-read-2", HttpStatusCode.Conflict);
        Assert.Equal("city-read-1", await OrderedAsync(stations[0]));
        var moves = (await host.Core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?action=models.alias&limit=100", Token))!.Items;
        Assert.Contains(moves, m => m.Subject == "reader champion" && m.Details!.Contains("city-read-2", StringComparison.Ordinal));
        Assert.Contains(moves, m => m is { Subject: "reader challenger", Actor: "core" } && m.Reason!.Contains("80 ms", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_what_the_new_stations_of_a_ring_read_lets_the_next_ring_have_it()
    {
        var options = new ModelOptions { RingReads = 100, RingTime = TimeSpan.Zero };
        var first = new ModelHeartbeat { Kind = ModelKind.Reader, Version = "city-read-2", Phase = ModelPhase.Serving, Order = 2, Reads = 5_000 };
        var second = first with { Phase = ModelPhase.Watched, Reads = 3 };
        (string? Breach, string? Waiting) Judge(ModelHeartbeat added, params string[] stations) => RolloutRings.Judge("city-read-2", 2, [("a", first), ("b", added)], stations.ToHashSet(), TimeSpan.Zero, options);

        Assert.Equal((null, "Its new stations have read 3 pictures with it; 100 are asked for."), Judge(second, "b"));
        Assert.Equal((null, null), Judge(second with { Reads = 100 }, "b"));
        Assert.Equal((null, null), Judge(second));
        Assert.Equal((null, "Its new stations have read 0 pictures with it; 100 are asked for."), Judge(second, "c"));
        Assert.Contains("1 of 2 stations do not read with it yet", Judge(second with { Phase = ModelPhase.Fetching, Reads = 100 }, "b").Waiting, StringComparison.Ordinal);
    }

    // A second click, or one on a page that is old, takes nothing else back.
    private async Task IsTakenBackAsync(string version, HttpStatusCode status)
    {
        using var answer = await host.Core.Http.PostAsync($"/api/models/rollouts/reader/rollback?version={version}", null, Token);
        Assert.Equal(status, answer.StatusCode);
        if (status == HttpStatusCode.Conflict)
        {
            Assert.Contains($"{version} is neither on its way nor the champion any more.", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }

    private async Task ReleaseAsync(int number)
    {
        byte[] file = [.. TestModels.Shipped(), (byte)0, (byte)number];
        var registry = host.Core.Services.GetRequiredService<ModelRegistry>();
        var version = await registry.ImportAsync(Encoding.UTF8.GetString(TestModels.Manifest(file, number).ToBytes()), null, file, "a test", Token);
        await host.Core.Services.GetRequiredService<Rollouts>().StartAsync(version, "a test", "To see it go.", Token);
    }

    private async Task<ModelRolloutView> ViewAsync() => (await host.Core.Http.GetFromJsonAsync<ModelsView>("/api/models", Token))!.Rollouts[0];

    private async Task<IReadOnlyList<string>> AliasesAsync(string id) => (await host.Core.Http.GetFromJsonAsync<ModelVersionView>($"/api/models/{id}", Token))!.Aliases;

    private async Task<ModelRelease> ReleaseOfAsync(string station)
    {
        var json = await host.Core.Http.GetByteArrayAsync($"/api/edge/configuration?station={station}", Token);
        return Assert.Single(JsonSerializer.Deserialize(json, ContractsJson.Default.EdgeConfiguration)!.Models!);
    }

    private async Task<string> OrderedAsync(string station) => ModelOrder.Parse((await ReleaseOfAsync(station)).Order.Text).Version;

    // Edges say it again and again, some of them this and the others that.
    private async Task UntilAsync(Func<ModelRolloutView, bool> condition, IReadOnlyList<string> stations, string version, string others, Func<ModelHeartbeat, ModelHeartbeat>? with = null)
    {
        var started = Stopwatch.GetTimestamp();
        for (var view = await ViewAsync(); !condition(view); view = await ViewAsync())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60), $"After a minute: {view}");
            await SayAsync(City.Load(null).Stations.Select(s => s.Id).Except(stations), others);
            await SayAsync(stations, version, with);
            await Task.Delay(100, Token);
        }
    }

    private async Task SayAsync(IEnumerable<string> stations, string version, Func<ModelHeartbeat, ModelHeartbeat>? with = null)
    {
        foreach (var station in stations)
        {
            var beat = new ModelHeartbeat { Kind = ModelKind.Reader, Version = version, Phase = ModelPhase.Watched, Order = 1_000, Reads = 50 };
            var heartbeat = new StationHeartbeat { StationId = station, At = TimeProvider.System.GetUtcNow(), Models = [with?.Invoke(beat) ?? beat] };
            await host.Core.SendAsync(Topics.Mirrored(station, Topics.StationHeartbeats), JsonSerializer.SerializeToUtf8Bytes(heartbeat, ContractsJson.Default.StationHeartbeat));
        }
    }
}
