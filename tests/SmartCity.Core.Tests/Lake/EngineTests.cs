using System.Globalization;
using ParquetSharp;
using SmartCity.Contracts;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Sightings;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Lake;

/// <summary>Real Spark and real Trino on the tables that are written here, and what they write back.</summary>
public sealed class EngineTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("lake").FullName;
    private readonly PostgresFixture _postgres = new(server);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spark_reads_every_row_and_what_it_writes_back_is_kept()
    {
        Engines.SkipWithout("spark");
        await using var engines = await FillAsync();
        var some = await _postgres.ScalarAsync<Guid>("select id from sightings where plate = 'CD00' and station_id = 'london-b2'");
        var first = (await engines.SparkAsync("select snapshot_id from lake.city.sightings.snapshots order by committed_at"))[1];

        var said = await engines.SparkAsync(
            $"""
            select count(*), count(id), count(distinct station_id), min(captured_at), max(plate), sum(size(characters)) from lake.city.sightings;
            select plate, captured_at, speed_kmh, revision, characters from lake.city.sightings where id = '{some}';
            select count(*) from lake.city.sightings where captured_at >= '2026-11-24' and captured_at < '2026-11-25';
            select station_id, count(*) from lake.city.sightings where station_id = 'london-old' group by 1;
            select count(*) from lake.city.sightings version as of {first};
            select count(*), sum(record_count), min(readable_metrics.plate.lower_bound), max(readable_metrics.plate.upper_bound) from lake.city.sightings.files where readable_metrics.plate.upper_bound is not null;
            insert into lake.city.sightings select {string.Join(", ", LakeTables.Sightings.Columns.Select(FromSpark))};
            delete from lake.city.sightings where plate = 'AB01';
            """);

        Assert.Contains("63\t60\t3\t2026-11-20T12:00:00Z\tplate\t123", said);
        Assert.Contains("CD00\t2026-11-24T12:00:00.123456Z\tNULL\t0\t[0.99, 0.98]", said);
        Assert.Contains("30", said);
        Assert.Contains("london-old\t3", said);
        Assert.Contains("3", said);
        Assert.Contains("2\t60\tAB00\tCD29", said);

        // Our next commits stand on what Spark made, and compaction rewrites it.
        await StoreAsync(Sighting("EF00", Noon.AddDays(1).AddMinutes(90)));
        await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        await new LakeCompaction(_postgres.DataSource, Lake()).RunAsync(DateOnly.MaxValue, 1 << 20, Token);
        await new LakeExpiry(_postgres.DataSource, Lake()).RunAsync(DateTimeOffset.MaxValue, Token);

        said = await engines.SparkAsync(
            """
            select count(*), count(id), count(distinct id), count(*) filter (where plate = 'AB01'), count(*) filter (where plate = 'SPARK1'), count(*) filter (where plate = 'EF00') from lake.city.sightings;
            select operation, count(*) from lake.city.sightings.snapshots group by 1;
            select count(*), count(distinct spec_id) from lake.city.sightings.files
            """);
        Assert.Contains("64\t64\t64\t0\t1\t1", said);
        Assert.Contains("replace\t1", said);
        Assert.Contains("3\t1", said);
    }

    [Fact]
    public async Task Trino_reads_every_row_joins_it_with_Postgres_and_rows_that_it_deleted_are_not_counted_in_silence()
    {
        Engines.SkipWithout("trino");
        await using var engines = await FillAsync();
        await _postgres.ExecuteAsync("insert into vehicles (plate, class, fuel, euro) values ('AB00', 'car', 'diesel', 4), ('AB01', 'car', 'petrol', 6)");
        var some = await _postgres.ScalarAsync<Guid>("select id from sightings where plate = 'CD00' and station_id = 'london-b2'");

        var said = await engines.TrinoAsync(
            $"""
            select count(*), count(id), count(distinct station_id), min(captured_at), max(plate), sum(cardinality(characters)) from lake.city.sightings;
            select plate, captured_at, revision from lake.city.sightings where id = '{some}';
            select v.fuel, count(*) from lake.city.sightings s join city.public.vehicles v on v.plate = s.plate group by 1 order by 1;
            select count(*) from lake.city.sightings where station_id = 'london-old'
            """);

        Assert.Contains("63\t60\t3\t2026-11-20 12:00:00.000000 UTC\tplate\t123", said);
        Assert.Contains("CD00\t2026-11-24 12:00:00.123456 UTC\t0", said);
        Assert.Contains("diesel\t1", said);
        Assert.Contains("3", said);

        await engines.TrinoAsync("delete from lake.city.sightings where plate = 'AB01'");
        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => new LakeCompaction(_postgres.DataSource, Lake()).RunAsync(DateOnly.MaxValue, 1 << 20, Token));
        Assert.Contains("alter table lake.city.sightings execute optimize", refused.Message, StringComparison.Ordinal);

        // Archiving goes on meanwhile; when Trino has folded its deletes in, so does compaction.
        await StoreAsync(Sighting("EF00", Noon.AddDays(1).AddMinutes(90)));
        Assert.Equal(1, (await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token)).Rows);
        await engines.TrinoAsync("alter table lake.city.sightings execute optimize");
        await new LakeCompaction(_postgres.DataSource, Lake()).RunAsync(DateOnly.MaxValue, 1 << 20, Token);
        Assert.Contains("63\t0\t1", await engines.TrinoAsync("select count(*), count(*) filter (where plate = 'AB01'), count(*) filter (where plate = 'EF00') from lake.city.sightings"));
    }

    private static string FromSpark(LakeColumn column) => column.Name switch
    {
        "id" => "'from-spark'",
        "captured_at" => "timestamp '2026-11-24 10:00:00'",
        "station_id" => "'london-a1'",
        "plate" => "'SPARK1'",
        _ => "null",
    };

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // Three rows from before there was a lake, then thirty of one day, then thirty of another.
    private async Task<Engines> FillAsync()
    {
        await ArchiveFiles.AdoptableAsync(_postgres, _folder, "london-old", Noon.AddDays(-3));
        await StoreAsync([.. Enumerable.Range(0, 30).Select(i => Sighting($"AB{i:00}", Noon.AddMinutes(i)))]);
        await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        await StoreAsync([.. Enumerable.Range(0, 30).Select(i => Sighting($"CD{i:00}", Noon.AddDays(1).AddMinutes(i).AddMicroseconds(123_456), station: "london-b2"))]);
        await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        return new Engines(_postgres.ConnectionString, $"file://{_folder}/lake");
    }

    private async Task StoreAsync(params Sighting[] sightings) => await new TestIngest(_postgres.DataSource).ApplyAsync(Records(sightings));

    private CityLake Lake() => new(_postgres.DataSource, new FolderObjectStore(_folder), TimeProvider.System);
}
