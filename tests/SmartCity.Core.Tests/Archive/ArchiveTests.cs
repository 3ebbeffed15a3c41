using DuckDB.NET.Data;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Alerts;
using SmartCity.Core.Archive;
using SmartCity.Core.Charges;
using SmartCity.Core.Passages;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Database;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Archive;

public sealed class ArchiveTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("archive").FullName;

    [Fact]
    public async Task Every_stored_sighting_is_in_the_archive_once_whatever_crashes_between()
    {
        var token = TestContext.Current.CancellationToken;
        var ingest = new SightingIngest(
            postgres.DataSource,
            new SightingPartitions(postgres.DataSource),
            new PassageBuilder(Options.Create(new PassageOptions())),
            new ChargeLedger(new ReviewQueue(TimeProvider.System), TimeProvider.System),
            new AlertRaiser(_ => false, TimeProvider.System),
            new ReviewQueue(TimeProvider.System),
            Options.Create(new SightingOptions()),
            TimeProvider.System);
        using var archive = new ArchiveWriter(postgres.DataSource, new FolderObjectStore(_folder), TimeProvider.System);

        var first = Enumerable.Range(0, 30).Select(i => Sighting($"AR{i:00}", Noon.AddHours(i))).ToArray();
        await ingest.ApplyAsync(Records(first), [], token);
        Assert.Equal(30, (await archive.RollAsync(10, token)).Rows);

        // A record that comes again is stored no second time, so it is archived no second time.
        await ingest.ApplyAsync(Records(first[..5]), [], token);
        Assert.Equal(0, (await archive.RollAsync(10, token)).Objects);

        // As after a crash when the object was there and its end was not yet noted.
        await using (var crash = postgres.DataSource.CreateCommand(
            """
            with o as (update archive_objects set state = 'writing' where key = (select min(key) from archive_objects) returning key, first_at, last_at)
            insert into archive_queue (sighting_id, captured_at, object_key) select s.id, s.captured_at, o.key from sightings s join o on s.captured_at between o.first_at and o.last_at
            """))
        {
            await crash.ExecuteNonQueryAsync(token);
        }

        await archive.RollAsync(10, token);
        Assert.Equal((30L, 30L), (await CountAsync(), Query<long>("count(*)")));
        Assert.Equal(30L, Query<long>("count(distinct id)"));
        Assert.Equal(Noon.UtcDateTime, Query<DateTime>("min(captured_at) at time zone 'UTC'"));
        Assert.Equal("AR00", Query<string>("min(plate)"));
        Assert.Equal(2L, Query<long>("count(distinct date)"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<long> CountAsync()
    {
        await using var command = new NpgsqlCommand("select count(*) from sightings", await postgres.DataSource.OpenConnectionAsync());
        await using var connection = command.Connection;
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private T Query<T>(string what)
    {
        using var duck = new DuckDBConnection("DataSource=:memory:");
        duck.Open();
        using var command = duck.CreateCommand();
        command.CommandText = $"select {what} from read_parquet('{_folder}/sightings/**/*.parquet', hive_partitioning = true)";
        return (T)command.ExecuteScalar()!;
    }
}
