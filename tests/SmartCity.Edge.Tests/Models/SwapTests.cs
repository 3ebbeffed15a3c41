using System.Text.Json;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Models;

/// <summary>Many versions one after another at an edge that is at work all the time. It is a process of its own, so that what it holds is its own.</summary>
public sealed class SwapTests
{
    private const int Swaps = 30;
    private const int Warm = 5;
    private const int Window = 10;

    // A third of what versions would add up to of which each left its weights behind.
    private const long MostGrowth = 60 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Thirty_versions_take_over_under_load_and_no_sighting_is_lost_or_doubled_and_memory_stays_flat()
    {
        using var folder = new TemporaryFolder();
        using var models = new TestModels();
        using var kafka = new InProcessBroker((Topics.Sightings, 1), (Topics.StationHeartbeats, 1));
        using var reader = new TopicReader(kafka.BootstrapServers, Topics.Sightings, 1);
        using var beats = new TopicReader(kafka.BootstrapServers, Topics.StationHeartbeats, 1);
        await using var core = await FakeCore.StartAsync();
        core.Cameras = [new Camera { Id = EdgeProcess.Camera, Source = "upload" }];
        using var edge = EdgeProcess.Start(folder, core, kafka, models.PublicKeyPem);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var (next, taken) = (0, new List<int>());
        var senders = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(SendAsync)));
        var figures = new List<(long Resident, long Managed)>();
        for (var swap = 1; swap <= Swaps; swap++)
        {
            // The same graph under another name each time.
            byte[] file = [.. TestModels.Shipped(), 0x32, 1, (byte)('A' + swap)];
            var manifest = TestModels.Manifest(file, swap + 1);
            core.Files[manifest.File.Sha256] = file;
            var release = models.Release(manifest, swap);
            core.Models = [release];
            await edge.UntilAsync(k => k.Order == swap && k.Current is not null, $"version {swap + 1} reads");
            Assert.Empty(edge.Kept.Refused);
            figures.Add((edge.ResidentBytes, Heard().Models![0].ManagedBytes));
        }

        await stop.CancelAsync();
        await senders;
        await Eventually.IsTrue(() => EdgeProcess.Arrived(reader).DistinctBy(s => s.CapturedAt).Count() >= taken.Count, "every picture that was taken is a sighting");

        TestContext.Current.TestOutputHelper?.WriteLine($"{taken.Count} pictures; MB resident and managed after each swap: {string.Join(", ", figures.Select(f => $"{f.Resident >> 20}/{f.Managed >> 20}"))}");
        var sightings = EdgeProcess.Arrived(reader);
        Assert.Equal(taken.Order().Select(EdgeProcess.TakenAt), sightings.Select(s => s.CapturedAt).Distinct().Order());
        Assert.Equal(taken.Count, sightings.Select(s => s.Id).Distinct().Count());
        Assert.All(sightings, s => Assert.Equal(EdgeProcess.Plate, s.Plate));
        Assert.InRange(sightings.Select(s => s.ReaderVersion).Distinct().Count(), Swaps / 2, Swaps + 1);
        Assert.Equal(0, Assert.Single(Heard().Cameras).FramesDropped);

        // Memory rises until it is collected, so the least of some swaps says what stays.
        var (early, late) = (figures.Skip(Warm).Take(Window).Min(f => f.Resident), figures.TakeLast(Window).Min(f => f.Resident));
        Assert.True(late - early < MostGrowth, $"The least that it held was {early >> 20} MB over {Window} early swaps, and {late >> 20} MB over the last {Window}.");
        return;

        async Task SendAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                var n = Interlocked.Increment(ref next);
                var isTaken = await edge.SendAsync(n);
                while (!isTaken && !stop.IsCancellationRequested)
                {
                    await Task.Delay(20, CancellationToken.None);
                    isTaken = await edge.SendAsync(n);
                }

                if (isTaken)
                {
                    lock (taken)
                    {
                        taken.Add(n);
                    }
                }
            }
        }

        StationHeartbeat Heard()
        {
            beats.Take();
            return JsonSerializer.Deserialize(beats.Records[^1].Message.Value, ContractsJson.Default.StationHeartbeat)!;
        }
    }
}
