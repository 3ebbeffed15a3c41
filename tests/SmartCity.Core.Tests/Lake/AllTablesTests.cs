using Microsoft.Extensions.Time.Testing;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Sightings;
using SmartCity.Edge.Tests.Objects;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Lake;

/// <summary>Every table of the lake, on a real Ceph, read by real engines: what they count is what Postgres has.</summary>
public sealed class AllTablesTests(PostgresServer server, CephServer ceph) : IAsyncLifetime
{
    private const int Vehicles = 40;

    private static readonly DateTimeOffset Noon = TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(-10).AddHours(12);

    // A table, what is asked of it, and where Postgres has the same.
    private static readonly (string Table, string What, string InPostgres)[] Questions =
    [
        ("sightings", "count(*), count(distinct plate), sum(frames)", "sightings"),
        ("passages", "count(*), count(distinct plate), sum(sightings)", "passages"),
        ("charges", "count(*), count(distinct plate), sum(amount)", "charge_entries"),
        ("alerts", "count(*), count(distinct plate), sum(priority)", "alerts"),
        ("vehicles", "count(*), count(distinct plate), sum(euro)", "(select plate, euro from vehicles union all select plate, euro from vehicle_history) v"),
        ("stations", "count(*), count(distinct name), min(id)", "stations"),
    ];

    private readonly PostgresFixture _postgres = new(server);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("spark")]
    [InlineData("trino")]
    public async Task An_engine_counts_in_each_table_what_Postgres_has_also_when_they_were_compacted_and_of_an_older_snapshot(string engine)
    {
        Engines.SkipWithout(engine);
        var store = ObjectStoreConnection.Parse($"{await ceph.StartedAsync()};Bucket=tables-{engine}");
        using var objects = (S3ObjectStore)store.Open();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        CityLake Lake() => new(_postgres.DataSource, objects, time);
        await StoreAsync(0, Lake());
        await using var engines = new Engines(_postgres.ConnectionString, $"{objects.Address}lake", store);
        Task<string[]> AskAsync(string sql) => engine == "spark" ? engines.SparkAsync(sql) : engines.TrinoAsync(sql);

        await SameAsync(AskAsync);
        var before = await PostgresAsync("sightings", "count(*), count(distinct plate), sum(frames)");
        var first = (await AskAsync($"select snapshot_id from lake.city.{(engine == "spark" ? "sightings.refs" : "\"sightings$refs\"")} where name = 'main'"))[1];

        time.Advance(TimeSpan.FromDays(1));
        await StoreAsync(Vehicles, Lake());
        await new LakeCompaction(_postgres.DataSource, Lake()).RunAsync(DateOnly.MaxValue, 1 << 20, Token);
        await SameAsync(AskAsync);
        Assert.Contains(before, await AskAsync($"select count(*), count(distinct plate), sum(frames) from lake.city.sightings {(engine == "spark" ? "version as of" : "for version as of")} {first}"));

        Assert.NotEqual(0, (await new LakeExpiry(_postgres.DataSource, Lake()).RunAsync(DateTimeOffset.MaxValue, Token)).Snapshots);
        await SameAsync(AskAsync);
    }

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();

    private async Task SameAsync(Func<string, Task<string[]>> askAsync)
    {
        var said = await askAsync(string.Join(";\n", Questions.Select(q => $"select '{q.Table}', {q.What} from lake.city.{q.Table}")));
        foreach (var (table, what, inPostgres) in Questions)
        {
            Assert.Contains($"{table}\t{await PostgresAsync(inPostgres, what)}", said);
        }
    }

    private async Task<string> PostgresAsync(string from, string what) => await _postgres.ScalarAsync<string>($"select concat_ws(E'\\t', {what}) from {from}");

    // Vehicles past two stations, some of them old diesels, on two days; some on the hot-list, some with another Euro standard before.
    private async Task StoreAsync(int first, CityLake lake)
    {
        var plates = Enumerable.Range(first, Vehicles).Select(i => $"AB{i:00}XYZ").ToArray();
        await _postgres.ExecuteAsync(
            """
            insert into vehicles (plate, class, fuel, euro, since) select p, 'car', 'diesel', 4, '2026-01-01' from unnest($1) p
            """,
            [plates]);
        await _postgres.ExecuteAsync("insert into stations (id, name, latitude, longitude) values ('london-a1', 'A one', 51.5, -0.1), ('london-b2', 'B two', 51.6, -0.2) on conflict do nothing");
        await _postgres.ExecuteAsync("insert into station_zones (station_id, zone) values ('london-b2', 'ulez') on conflict do nothing");
        await _postgres.ExecuteAsync("insert into vehicle_history (plate, from_day, to_day, class, fuel, euro, recorded_at) select p, '-infinity', '2026-01-01', 'car', 'diesel', 3, now() from unnest($1) p", [plates]);
        await new TestIngest(_postgres.DataSource).ApplyAsync(Records([.. plates.SelectMany((plate, i) => new[] { Sighting(plate, Noon.AddMinutes(i)), Sighting(plate, Noon.AddDays(1).AddMinutes(i), station: "london-b2") })]));
        await _postgres.ExecuteAsync(
            """
            insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, camera_id, captured_at, raised_at, state)
            select gen_random_uuid(), gen_random_uuid(), p.id, p.best_sighting_id, p.plate, p.plate, 'stolen', 2, p.station_id, p.camera_id, p.first_at, p.first_at, 'open'
            from passages p where p.plate = any ($1) and p.station_id = 'london-b2'
            """,
            [plates]);
        await new ArchiveWriter(_postgres.DataSource, lake).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        await new LakeFeeds(_postgres.DataSource, lake).RunAsync(DateOnly.FromDateTime(Noon.UtcDateTime).AddDays(3), Token);
        Assert.NotEqual(0, await _postgres.ScalarAsync<long>("select count(*) from charge_entries"));
    }
}
