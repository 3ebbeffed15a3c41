using System.Diagnostics;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Core.Lake;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Objects;
using SmartCity.Core.Tests.Sightings;
using SmartCity.Edge.Tests.Objects;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

[assembly: AssemblyFixture(typeof(CephServer))]

namespace SmartCity.Core.Tests.Lake;

/// <summary>A core as a process of its own, which writes the lake to a real Ceph and is killed while it does.</summary>
public sealed class LakeKillTests(PostgresServer server, CephServer ceph) : IAsyncLifetime
{
    private const string Bucket = "killed";
    private const int Writes = 5;

    private static readonly DateTimeOffset Noon = TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(-10).AddHours(12);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly PostgresFixture _postgres = new(server);

    // No edge writes to it here.
    private readonly InProcessBroker _kafka = new((Topics.DeadLetters, 1), (Topics.Alerts, 1), (Topics.Events, 1));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_ten_points_of_a_commit_the_queue_and_the_lake_together_have_each_sighting_once()
    {
        var connection = await ceph.StartedAsync();
        var store = ObjectStoreConnection.Parse($"{connection};Bucket={Bucket}");
        using var objects = (S3ObjectStore)store.Open();
        using var proxy = new EndingProxy(store.Endpoint!, $"{Bucket}/{LakeFiles.Folder("sightings")}");
        var through = $"Endpoint={proxy.Address};{connection[(connection.IndexOf(';', StringComparison.Ordinal) + 1)..]};Bucket={Bucket}";
        var lake = new CityLake(_postgres.DataSource, objects, TimeProvider.System);

        // The tables are made, and have something.
        await StoreAsync(0);
        using (var first = Start(through))
        {
            await ArchivedAsync(first);
        }

        var count = 4;
        for (var point = 0; point < 2 * Writes; point++)
        {
            await StoreAsync(count);
            count += 4;
            using var core = Start(through);
            proxy.EndAt(point / 2, isKept: point % 2 == 1, core.Kill);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
            patience.CancelAfter(Patience);
            await core.WaitForExitAsync(patience.Token);
            Assert.Equal(137, core.ExitCode);
            Assert.Equal(count, await InLakeAsync(lake) + await _postgres.ScalarAsync<long>("select count(*) from archive_waiting"));
        }

        using (var last = Start(through))
        {
            await ArchivedAsync(last);
        }

        Assert.Equal(count, await InLakeAsync(lake));
        var verdict = await new LakeCheck(_postgres.DataSource, lake, new LakeSweep(_postgres.DataSource, lake)).RunAsync(rows: true, Token);
        Assert.True(verdict.IsClean, string.Join(' ', verdict.Faults));
        for (var i = 0; i < count; i++)
        {
            Assert.Single(await (await new LakePlateRows(_postgres.DataSource, lake).ReadAsync(lake.Sightings, Plate(i), Token))!.ToListAsync(Token));
        }
    }

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        _kafka.Dispose();
        await _postgres.DisposeAsync();
    }

    // Two commits: one of each day.
    private Task StoreAsync(int first) =>
        new TestIngest(_postgres.DataSource).ApplyAsync(Records([.. Enumerable.Range(first, 4).Select(i => Sighting(Plate(i), Noon.AddDays(i % 2).AddMinutes(10 * i)))]));

    private static string Plate(int i) => $"AB{i:00}XYZ";

    private async Task<long> InLakeAsync(CityLake lake)
    {
        await using var connection = await _postgres.DataSource.OpenConnectionAsync(Token);
        return (await lake.Sightings.LiveAsync((await lake.Sightings.LoadAsync(connection, null, Token))!, DateOnly.MinValue, DateOnly.MaxValue, Token)).Sum(f => f.File.Rows);
    }

    private async Task ArchivedAsync(Process core)
    {
        await CoreHost.UntilAsync(
            async () =>
            {
                Assert.False(core.HasExited, "The core ended by itself.");
                return await _postgres.ScalarAsync<long>("select count(*) from archive_waiting") == 0;
            },
            "all is archived", (int)Patience.TotalSeconds);
        core.Kill();
        await core.WaitForExitAsync(Token);
    }

    private Process Start(string objects)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CityLake).Assembly.Location]) { RedirectStandardOutput = true };
        foreach (var (name, value) in (IEnumerable<(string, string)>)
        [
            ("ConnectionStrings__postgres", _postgres.ConnectionString), ("ConnectionStrings__core-kafka", _kafka.BootstrapServers), ("ConnectionStrings__objects", objects),
            ("Core__Secrets__Key", CoreHost.Secret), ("Archive__RollAfter", "00:00:01"), ("Archive__CompactAfter", "30.00:00:00"), ("urls", "http://127.0.0.1:0"),
        ])
        {
            start.Environment[name] = value;
        }

        var core = Process.Start(start)!;
        core.OutputDataReceived += (_, _) => { };
        core.BeginOutputReadLine();
        return core;
    }
}
