using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Models;
using SmartCity.Edge.Models;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Models;

/// <summary>An edge as a process of its own, killed in each phase of a version's way: the next process goes on.</summary>
public sealed class ModelKillTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestModels _models = new();
    private readonly InProcessBroker _kafka = new((Topics.Sightings, 1), (Topics.StationHeartbeats, 1));
    private FakeCore _core = null!;
    private int _sent;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _core = await FakeCore.StartAsync();
        _core.Cameras = [new Camera { Id = EdgeProcess.Camera, Source = "upload" }];
    }

    [Theory]
    [InlineData("fetching", "city-read-2")]
    [InlineData("checking", "city-read-2")]
    [InlineData("shadowing", "city-read-2")]
    [InlineData("taking over", "city-read-2")]
    [InlineData("going back", "city-read-1")]
    public async Task Killed_while_it_is_at_it_the_edge_reads_in_the_end_with_the_version_that_was_ordered(string phase, string version)
    {
        var manifest = TestModels.Manifest(TestModels.Shipped(), 2);
        _core.Files[manifest.File.Sha256] = TestModels.Shipped();
        var release = _models.Release(manifest, 1);
        var sha256 = ModelOrder.Parse(release.Order.Text).ManifestSha256;
        _core.HoldsFiles = phase == "fetching" ? new TaskCompletionSource() : null;
        _core.Models = [release];
        using (var killed = Start())
        {
            switch (phase)
            {
                case "fetching":
                    await Eventually.IsTrue(() => Part(sha256) is { Exists: true, Length: > 0 }, "half of the file is there");
                    break;
                case "checking":
                    await Eventually.IsTrue(() => Part(sha256).Exists || Directory.Exists(_folder[$"spool/.models/{sha256}"]), "the file is there");
                    break;
                case "shadowing":
                    await killed.UntilAsync(k => k.Trying == sha256, "it is shadowed");
                    break;
                default:
                    await ReadingAsync(killed, k => k.Current == sha256, "it takes over");
                    if (phase == "going back")
                    {
                        _core.Models = [_models.Release(ModelManifest.Shipped("city-read-1"), 2, back: true)];
                        await killed.UntilAsync(k => k.Order == 2, "it goes back");
                    }

                    break;
            }

            await killed.KillAsync();
        }

        _core.HoldsFiles?.SetResult();
        _core.HoldsFiles = null;
        using var edge = Start();
        await ReadingAsync(edge, k => k.Order == (version == "city-read-1" ? 2 : 1) && k.Trying is null, "it has taken the order");
        var kept = edge.Kept;
        Assert.Equal(version == "city-read-1" ? null : sha256, kept.Current);
        Assert.Empty(kept.Refused);

        using var reader = new TopicReader(_kafka.BootstrapServers, Topics.Sightings, 1);
        var last = ++_sent;
        while (!await edge.SendAsync(last))
        {
            await Task.Delay(50, Token);
        }

        await Eventually.IsTrue(() => EdgeProcess.Arrived(reader).Exists(s => s.CapturedAt == EdgeProcess.TakenAt(last)), "the last picture is a sighting");
        var sightings = EdgeProcess.Arrived(reader);
        Assert.Equal((EdgeProcess.Plate, version), (sightings.Last(s => s.CapturedAt == EdgeProcess.TakenAt(last)).Plate, sightings.Last(s => s.CapturedAt == EdgeProcess.TakenAt(last)).ReaderVersion));
        Assert.Equal(sightings.Select(s => s.CapturedAt).Distinct().Count(), sightings.Select(s => s.Id).Distinct().Count());
    }

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _kafka.Dispose();
        _models.Dispose();
        _folder.Dispose();
    }

    private EdgeProcess Start() => EdgeProcess.Start(_folder, _core, _kafka, _models.PublicKeyPem);

    private FileInfo Part(string sha256) => new(_folder[$"spool/.models/{sha256}.part"]);

    // Pictures come until it has written something down.
    private async Task ReadingAsync(EdgeProcess edge, Func<KeptModels, bool> condition, string what)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var sending = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await edge.SendAsync(++_sent);
                    await Task.Delay(50, CancellationToken.None);
                }
            },
            CancellationToken.None);
        await edge.UntilAsync(condition, what);
        await stop.CancelAsync();
        await sending;
    }
}
