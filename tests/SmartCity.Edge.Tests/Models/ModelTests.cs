using OpenCvSharp;
using SmartCity.Contracts.Models;
using SmartCity.Edge.Models;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Tests.Models;

/// <summary>What an edge makes of the versions that a core orders, good and bad, with a link and without.</summary>
public sealed class ModelTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestModels _models = new();
    private FakeCore _core = null!;

    public async ValueTask InitializeAsync() => _core = await FakeCore.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _models.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_version_is_shadowed_takes_over_between_two_pictures_and_still_reads_after_a_restart_without_a_link()
    {
        Order(TestModels.Shipped(), 2, 1);
        Directory.CreateDirectory(_folder["spool/.models/of-others"]);
        await using (var edge = await StartAsync())
        {
            Assert.Equal(("city-read-1", "LR33TEE"), (edge.Read().ReaderVersion, edge.Read().Plate));
            using var stop = new CancellationTokenSource();
            var reads = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => ReadOn(edge, stop.Token))));
            await edge.UntilAsync(b => b is { Version: "city-read-2", Phase: ModelPhase.Watched }, "the version reads");
            await stop.CancelAsync();

            // Whatever ran at the moment of the swap was read, by the one or by the other.
            var versions = (await reads).SelectMany(r => r).ToList();
            Assert.All(versions, v => Assert.Equal("LR33TEE", v.Plate));
            Assert.Equal("city-read-1", edge.Beat.Previous);
            Assert.Equal("city-read-2", edge.Read().ReaderVersion);
        }

        // The version is in the spool; what is no version was left alone.
        Assert.Equal(2, Directory.GetDirectories(_folder["spool/.models"]).Length);
        Assert.True(Directory.Exists(_folder["spool/.models/of-others"]));
        await _core.StopAsync();
        await using var again = await StartAsync();
        Assert.Equal(("city-read-2", "LR33TEE"), (again.Read().ReaderVersion, again.Read().Plate));
    }

    [Fact]
    public async Task An_order_to_go_back_is_followed_at_once_and_an_older_order_never()
    {
        Order(TestModels.Shipped(), 2, 1);
        await using var edge = await StartAsync();
        await edge.UntilAsync(b => b.Version == "city-read-2", "the version reads");

        _core.Models = [_models.Release(ModelManifest.Shipped("city-read-1"), 3, back: true)];
        await edge.UntilAsync(b => b is { Version: "city-read-1", Order: 3 }, "it went back");

        Order(TestModels.Shipped(), 2, 2);
        await edge.UntilAsync(b => b.Phase == ModelPhase.Refused, "the older order is refused");
        Assert.Contains("order 2 is older than 3", edge.Beat.Reason, StringComparison.Ordinal);
        Assert.Equal("city-read-1", edge.Read().ReaderVersion);
    }

    [Fact]
    public async Task A_file_with_another_digest_is_never_loaded()
    {
        var manifest = TestModels.Manifest(TestModels.Shipped(), 2);
        var other = TestModels.Shipped().ToArray();
        other[^1] ^= 1;
        _core.Files[manifest.File.Sha256] = other;
        _core.Models = [_models.Release(manifest, 1)];

        await IsRefusedAsync($"its manifest says {manifest.File.Sha256}");
    }

    [Fact]
    public async Task A_file_that_was_damaged_on_its_way_is_fetched_again()
    {
        var manifest = TestModels.Manifest(TestModels.Shipped(), 2);
        var damaged = TestModels.Shipped().ToArray();
        damaged[^1] ^= 1;
        var fetched = 0;
        _core.Files[manifest.File.Sha256] = TestModels.Shipped();
        _core.Instead = async context =>
        {
            if (!context.Request.Path.StartsWithSegments("/api/edge/models") || Interlocked.Increment(ref fetched) > 2)
            {
                return false;
            }

            await context.Response.Body.WriteAsync(damaged, context.RequestAborted);
            return true;
        };
        _core.Models = [_models.Release(manifest, 1)];
        await using var edge = await StartAsync();

        await edge.UntilAsync(b => b.Version == "city-read-2", "the version reads");
        Assert.Equal(3, fetched);
    }

    [Fact]
    public async Task An_order_that_is_none_stops_nothing_and_is_complained_of()
    {
        var manifest = TestModels.Manifest(TestModels.Shipped(), 2);
        _core.Files[manifest.File.Sha256] = TestModels.Shipped();
        _core.Models = [_models.Release(manifest, 1) with { Order = new SignedText("no order", "no signature") }];
        await using var edge = await StartAsync();
        await edge.UntilAsync(_ => edge.Health.Reports.Any(r => r.State == WorkerState.Degraded && r.Detail?.Contains("cannot use the core's order", StringComparison.Ordinal) == true), "it is said");
        Assert.Equal("city-read-1", edge.Read().ReaderVersion);

        _core.Models = [_models.Release(manifest, 1)];
        await edge.UntilAsync(b => b.Version == "city-read-2", "the version reads");
    }

    [Fact]
    public async Task A_file_of_another_length_is_not_taken_and_is_fetched_again()
    {
        var manifest = TestModels.Manifest(TestModels.Shipped(), 2);
        _core.Files[manifest.File.Sha256] = [.. TestModels.Shipped(), 0];
        _core.Models = [_models.Release(manifest, 1)];
        await using var edge = await StartAsync();
        await edge.UntilAsync(b => b.Reason?.Contains($"has {manifest.File.Bytes} bytes by its manifest", StringComparison.Ordinal) == true, "the length is wrong");

        _core.Files[manifest.File.Sha256] = TestModels.Shipped();
        await edge.UntilAsync(b => b.Version == "city-read-2", "the version reads");
    }

    [Fact]
    public async Task A_manifest_that_is_signed_with_another_key_is_never_loaded()
    {
        using var others = new TestModels();
        var manifest = TestModels.Manifest(TestModels.Shipped(), 2);
        _core.Files[manifest.File.Sha256] = TestModels.Shipped();
        _core.Models = [_models.Release(manifest, 1) with { Manifest = others.Sign(manifest) }];

        await IsRefusedAsync("not signed with the key that this edge trusts");
    }

    [Fact]
    public async Task An_order_that_is_signed_with_another_key_is_not_followed()
    {
        using var others = new TestModels();
        var manifest = TestModels.Manifest(TestModels.Shipped(), 2);
        _core.Files[manifest.File.Sha256] = TestModels.Shipped();
        _core.Models = [_models.Release(manifest, 1) with { Order = others.Release(manifest, 1).Order }];

        await IsRefusedAsync("The order is not signed with the key that this edge trusts.");
    }

    [Fact]
    public async Task What_crashes_at_load_is_refused_and_what_reads_goes_on()
    {
        Order([1, 2, 3, 4], 2, 1);

        await IsRefusedAsync("");
    }

    [Fact]
    public async Task Shuffled_weights_are_stopped_while_they_are_shadowed()
    {
        Order(TestModels.Shuffled(), 2, 1);

        var beat = await IsRefusedAsync("it agreed in 0 %");
        Assert.True(beat.Shadow!.Plates >= 3, $"{beat.Shadow.Plates} plates"); // it is judged at intervals
        Assert.Equal(0L, beat.Shadow.Agreed);
    }

    [Fact]
    public async Task An_older_version_is_taken_only_by_an_order_to_go_back()
    {
        Order(TestModels.Shipped(), 3, 1);
        await using var edge = await StartAsync();
        await edge.UntilAsync(b => b.Version == "city-read-3", "the version reads");

        Order([.. TestModels.Shipped(), .. "\0"u8], 2, 2);
        await edge.UntilAsync(b => b.Phase == ModelPhase.Refused, "it is refused");
        Assert.Contains("older than city-read-3", edge.Beat.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_edge_whose_process_died_twice_goes_back_by_itself_without_a_link()
    {
        Order(TestModels.Shipped(), 2, 1);
        var edge = await StartAsync();
        await edge.UntilAsync(b => b.Version == "city-read-2", "the version reads");
        await _core.StopAsync();
        edge.Die();

        edge = await StartAsync();
        Assert.Equal("city-read-2", edge.Read().ReaderVersion);
        edge.Die();

        await using var third = await StartAsync();
        Assert.Equal(("city-read-1", "LR33TEE"), (third.Read().ReaderVersion, third.Read().Plate));
        Assert.Contains(third.Store.Kept.Refused.Values, r => r.Contains("died twice", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_version_whose_readings_fail_is_taken_back_without_a_link_and_where_the_disk_takes_nothing(bool isFull)
    {
        Order(TestModels.Shipped(), 2, 1);
        await using var edge = await StartAsync();
        await edge.UntilAsync(b => b.Version == "city-read-2", "the version reads");
        await _core.StopAsync();
        if (isFull)
        {
            // Whatever is to be written down fails.
            File.Delete(_folder["spool/.models/reader.json"]);
            Directory.CreateDirectory(_folder["spool/.models/reader.json"]);
        }

        using var nothing = new Mat();
        await Eventually.IsTrue(
            () =>
            {
                try
                {
                    edge.Recogniser.Read(nothing, [new PlateQuad(new(0, 0), new(90, 0), new(90, 20), new(0, 20), 0.9f)]);
                }
                catch (Exception e) when (e is OpenCVException or OpenCvSharpException)
                {
                    // as it is meant to
                }

                return edge.Beat.Version == "city-read-1";
            },
            "it went back");
        Assert.Contains("readings failed", edge.Beat.Reason, StringComparison.Ordinal);
        Assert.Contains(edge.Health.Reports, r => r is { Name: "models", State: WorkerState.Degraded });
    }

    [Fact]
    public void A_candidate_that_is_slow_or_leaves_more_unread_may_not_take_over()
    {
        var limits = new EdgeModelOptions();
        var good = new ModelShadow { Plates = 100, Agreed = 40, Sure = 40, SureAgreed = 38, Abstained = 6, AbstainedBefore = 5, InGrammar = 88, InGrammarBefore = 90, P95Milliseconds = 12, P95MillisecondsBefore = 10 };
        Assert.Null(ShadowVerdict.Of(good, limits));
        Assert.Contains("On 40 plates of which the present version was sure, it agreed in 25 %", ShadowVerdict.Of(good with { SureAgreed = 10 }, limits)!.Why, StringComparison.Ordinal);
        Assert.Contains("2.5 times as long", ShadowVerdict.Of(good with { P95Milliseconds = 25 }, limits)!.Why, StringComparison.Ordinal);
        Assert.Contains("25 % more unread", ShadowVerdict.Of(good with { Abstained = 30 }, limits)!.Why, StringComparison.Ordinal);
        Assert.Contains("20 % fewer in a shape", ShadowVerdict.Of(good with { InGrammar = 70 }, limits)!.Why, StringComparison.Ordinal);
        Assert.All(
            [good with { SureAgreed = 10 }, good with { P95Milliseconds = 25 }, good with { Abstained = 30 }, good with { InGrammar = 70 }],
            worse => Assert.False(ShadowVerdict.Of(worse, limits)!.MayBeChance));

        // Where the present version reads what is no plate and counts as having read it, a better one is in doubt.
        var better = good with { Abstained = 30, InGrammarBefore = 40, InGrammar = 65 };
        Assert.Null(ShadowVerdict.Of(better, limits));
        Assert.Contains("15 % more unread", ShadowVerdict.Of(better with { InGrammar = 50 }, limits)!.Why, StringComparison.Ordinal);

        // Of thirty plates, four more or fewer tell little.
        var few = new ModelShadow { Plates = 30, Sure = 12, SureAgreed = 11, Abstained = 12, AbstainedBefore = 12, InGrammar = 12, InGrammarBefore = 16 };
        Assert.True(ShadowVerdict.Of(few, limits)!.MayBeChance);
        Assert.True(ShadowVerdict.Of(few with { InGrammar = 16, Abstained = 16 }, limits)!.MayBeChance);
        Assert.True(ShadowVerdict.Of(few with { InGrammar = 16, SureAgreed = 5 }, limits)!.MayBeChance);
        Assert.False(ShadowVerdict.Of(few with { InGrammar = 4 }, limits)!.MayBeChance);
    }

    private void Order(byte[] file, int number, long sequence)
    {
        var manifest = TestModels.Manifest(file, number);
        _core.Files[manifest.File.Sha256] = file;
        _core.Models = [_models.Release(manifest, sequence)];
    }

    private Task<ModelEdge> StartAsync() => ModelEdge.StartAsync(_folder, _core, _models);

    private async Task<ModelHeartbeat> IsRefusedAsync(string words)
    {
        await using var edge = await StartAsync();
        await edge.UntilAsync(b => b.Phase == ModelPhase.Refused, "it is refused");
        Assert.Contains(words, edge.Beat.Reason, StringComparison.Ordinal);
        Assert.Equal(("city-read-1", "city-read-2"), (edge.Beat.Version, edge.Beat.Candidate));
        Assert.Equal(("city-read-1", "LR33TEE"), (edge.Read().ReaderVersion, edge.Read().Plate));
        await Eventually.IsTrue(() => edge.Health.Reports.Any(r => r is { Name: "models", State: WorkerState.Degraded }), "Ops says so");
        return edge.Beat;
    }

    private static List<PlateRead> ReadOn(ModelEdge edge, CancellationToken stop)
    {
        var reads = new List<PlateRead>();
        while (!stop.IsCancellationRequested)
        {
            reads.Add(edge.Read());
        }

        return reads;
    }
}
