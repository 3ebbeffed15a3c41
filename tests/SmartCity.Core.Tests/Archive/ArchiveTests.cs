using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Alerts;
using SmartCity.Core.Archive;
using SmartCity.Core.Charges;
using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;
using SmartCity.Core.Passages;
using SmartCity.Core.Retention;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Lake;
using SmartCity.Core.Tests.Sightings;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Archive;

public sealed class ArchiveTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("archive").FullName;
    private readonly PostgresFixture _postgres = new(server);

    [Fact]
    public async Task Every_stored_sighting_is_in_the_archive_once_whatever_crashes_between()
    {
        var archive = Archive();
        var first = Sightings(30, Noon);
        await StoreAsync(first);
        Assert.Equal(30, (await archive.RollAsync(10, DateTimeOffset.MaxValue, Token)).Rows);

        // A record that comes again is stored no second time, so it is archived no second time.
        await StoreAsync(first[..5]);
        Assert.Equal(0, (await archive.RollAsync(10, DateTimeOffset.MaxValue, Token)).Objects);

        // The process ends when the object is there and its rows are not yet off the queue.
        await StoreAsync(Sightings(10, Noon.AddHours(40)));
        await Assert.ThrowsAsync<IOException>(() => Archive(new EndingStore(new FolderObjectStore(_folder))).RollAsync(1000, DateTimeOffset.MaxValue, Token));
        Assert.Equal(30L, await QueryAsync<long>("count(*)"));
        Assert.Equal(10, (await archive.RollAsync(1000, DateTimeOffset.MaxValue, Token)).Rows);

        await SameAsInPostgresAsync(40);
        Assert.Equal(Noon.UtcDateTime, await QueryAsync<DateTime>("min(captured_at) at time zone 'UTC'"));
        Assert.Equal("AR00", await QueryAsync<string>("min(plate)"));
        Assert.Equal(3L, await QueryAsync<long>("count(distinct (captured_at at time zone 'UTC')::date)"));
        Assert.Equal("london-a1", await QueryAsync<string>("min(station_id)"));
    }

    [Fact]
    public async Task Full_objects_are_written_at_once_and_the_rest_when_it_has_waited()
    {
        var archive = Archive();
        await StoreAsync(Sightings(25, Noon.AddDays(10), TimeSpan.FromMinutes(1)));
        var full = await archive.RollAsync(10, DateTimeOffset.MinValue, Token);
        Assert.Equal((2, 20L), (full.Objects, full.Rows));
        Assert.Equal(5, Assert.Single(await archive.BacklogAsync(Token)).Rows);

        var rest = await archive.RollAsync(10, DateTimeOffset.MaxValue, Token);
        Assert.Equal((1, 5L), (rest.Objects, rest.Rows));
        await SameAsInPostgresAsync(25);
    }

    [Fact]
    public async Task Small_objects_of_a_past_day_become_one_and_a_crash_between_loses_nothing()
    {
        var archive = Archive();
        var store = new FolderObjectStore(_folder);
        for (var i = 0; i < 6; i++)
        {
            await StoreAsync(Sightings(4, Noon.AddDays(-20).AddMinutes(10 * i), TimeSpan.FromMinutes(1)));
            await archive.RollAsync(1000, DateTimeOffset.MaxValue, Token);
        }

        var day = DateOnly.FromDateTime(Noon.AddDays(-20).UtcDateTime);
        var compaction = new LakeCompaction(_postgres.DataSource, Lake(store));
        Assert.Equal(ArchiveRoll.Nothing, await compaction.RunAsync(day, 1 << 20, Token)); // the day is not over
        Assert.Equal(6, await FilesAsync());

        // The object store breaks after the new object was planned.
        var breaking = new LakeCompaction(_postgres.DataSource, Lake(new BreakingStore(store)));
        await Assert.ThrowsAsync<IOException>(() => breaking.RunAsync(day.AddDays(1), 1 << 20, Token));
        await SameAsInPostgresAsync(24);

        var made = await compaction.RunAsync(day.AddDays(1), 1 << 20, Token);
        Assert.Equal((1, 24L), (made.Objects, made.Rows));
        Assert.Equal(1, await FilesAsync());
        await SameAsInPostgresAsync(24);
        Assert.Equal(24L, await QueryAsync<long>("count(*) filter (where plate is not null and len(characters) > 0 and station_id = 'london-a1')"));
        Assert.Equal(ArchiveRoll.Nothing, await compaction.RunAsync(day.AddDays(1), 1 << 20, Token));
    }

    [Fact]
    public async Task What_was_archive_objects_there_was_a_lake_is_taken_over_and_made_one_with_newer_objects()
    {
        var day = DateOnly.FromDateTime(Noon.AddDays(-70).UtcDateTime);
        var key = await ArchiveFiles.AdoptableAsync(_postgres, _folder, "london-a1", Noon.AddDays(-70));
        await _postgres.ExecuteAsync("insert into archive_objects (key, state, station_id, day) values ('sightings/half.parquet', 'writing', 'london-a1', $1)", day);
        await File.WriteAllTextAsync(Path.Combine(_folder, "sightings/half.parquet"), "half", Token);

        await StoreAsync([.. Sightings(3, Noon.AddDays(-70).AddMinutes(10), TimeSpan.FromMinutes(1)).Select(s => s with { ClockSynchronised = true })]);
        await Archive().RollAsync(1000, DateTimeOffset.MaxValue, Token);
        Assert.False(File.Exists(Path.Combine(_folder, "sightings/half.parquet")));
        Assert.Equal(0L, await _postgres.ScalarAsync<long>("select count(*) from archive_objects"));
        Assert.Equal((2, 6L), (await FilesAsync(), (await LiveAsync()).Sum(f => f.File.Rows)));

        Assert.Equal(6, (await new LakeCompaction(_postgres.DataSource, Lake()).RunAsync(day.AddDays(1), 1 << 20, Token)).Rows);

        Assert.Equal(1, await FilesAsync());
        Assert.Equal((6L, 6L), (await QueryAsync<long>("count(*)"), await QueryAsync<long>("count(distinct id)")));
        Assert.Equal((6L, 3L), (await QueryAsync<long>("count(*) filter (where station_id = 'london-a1')"), await QueryAsync<long>("count(*) filter (where clock_synchronised)")));

        // Only when no snapshot has it any more does the old object go.
        Assert.True(File.Exists(Path.Combine(_folder, key)));
        var expired = await new LakeExpiry(_postgres.DataSource, Lake()).RunAsync(DateTimeOffset.MaxValue, Token);
        Assert.Contains(expired.Files, f => f.EndsWith(key, StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(_folder, key)));
        Assert.Equal(6L, await QueryAsync<long>("count(*)"));
    }

    [Fact]
    public async Task A_later_revision_is_a_row_of_its_own()
    {
        var archive = Archive();
        var first = Sightings(2, Noon.AddDays(60), TimeSpan.FromMinutes(1));
        await StoreAsync(first);
        await archive.RollAsync(1000, DateTimeOffset.MaxValue, Token);
        await StoreAsync([first[0] with { Revision = 1, Plate = "AR00B" }]);
        await archive.RollAsync(1000, DateTimeOffset.MaxValue, Token);

        Assert.Equal((3L, 2L), (await QueryAsync<long>("count(*)"), await QueryAsync<long>("count(distinct id)")));
        Assert.Equal("AR00B", await QueryAsync<string>($"arg_max(plate, revision) filter (where id = '{first[0].Id}')"));

        // One that is corrected before it is archived is there once, as it is now.
        await StoreAsync([first[1] with { Revision = 1 }]);
        await StoreAsync([first[1] with { Revision = 2, Plate = "AR01C" }]);
        Assert.Equal(1, (await archive.RollAsync(1000, DateTimeOffset.MaxValue, Token)).Rows);
        Assert.Equal("AR01C", await QueryAsync<string>($"arg_max(plate, revision) filter (where id = '{first[1].Id}')"));
    }

    [Fact]
    public async Task A_later_revision_does_not_wait_for_an_object_that_is_being_written()
    {
        var first = Sightings(3, Noon.AddDays(90), TimeSpan.FromMinutes(1));
        await StoreAsync(first);
        var slow = new WaitingStore(new FolderObjectStore(_folder));
        var rolling = Archive(slow).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        await await Task.WhenAny(slow.Reached, rolling);

        await StoreAsync([first[0] with { Revision = 1, Plate = "AR00B" }]).WaitAsync(TimeSpan.FromMinutes(1), Token);
        slow.GoOn();
        Assert.Equal(3, (await rolling).Rows);

        // One of a sighting's two revisions that wait is written, with an object a row too.
        await StoreAsync([first[1] with { Revision = 1, Plate = "AR01B" }]);
        await StoreAsync([first[1] with { Revision = 2, Plate = "AR01C" }]);
        Assert.Equal(2, (await Archive().RollAsync(1, DateTimeOffset.MaxValue, Token)).Rows);
        Assert.Equal(0, (await Archive().RollAsync(1, DateTimeOffset.MaxValue, Token)).Rows);
        Assert.Equal("AR00,AR00B,AR01,AR01C,AR02", await QueryAsync<string>("string_agg(plate, ',' order by plate)"));

        // When the day is over and compacted, each is there once, as it is now.
        Assert.Equal(3, (await new LakeCompaction(_postgres.DataSource, Lake()).RunAsync(DateOnly.MaxValue, 1 << 20, Token)).Rows);
        Assert.Equal("AR00B,AR01C,AR02", await QueryAsync<string>("string_agg(plate, ',' order by plate)"));
    }

    [Fact]
    public async Task An_object_that_is_lost_holds_up_its_own_day_only()
    {
        var days = new[] { Noon.AddDays(-50), Noon.AddDays(-49) };
        foreach (var day in days)
        {
            for (var i = 0; i < 2; i++)
            {
                await StoreAsync(Sightings(4, day.AddMinutes(10 * i), TimeSpan.FromMinutes(1)));
                await Archive().RollAsync(1000, DateTimeOffset.MaxValue, Token);
            }
        }

        var compaction = new LakeCompaction(_postgres.DataSource, Lake());
        var before = DateOnly.FromDateTime(days[1].AddDays(1).UtcDateTime);
        var lost = Directory.EnumerateFiles(Path.Combine(_folder, "lake/city/sightings/data", $"captured_at_day={days[0]:yyyy-MM-dd}"), "*.parquet", SearchOption.AllDirectories).First();
        File.Move(lost, lost + ".away");

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => compaction.RunAsync(before, 1 << 20, Token));
        Assert.Contains(Path.GetRelativePath(_folder, lost), error.Message, StringComparison.Ordinal);
        Assert.Equal(3, await FilesAsync()); // the one day as it was, and the other compacted

        // Half of it is not it either.
        await File.WriteAllBytesAsync(lost, (await File.ReadAllBytesAsync(lost + ".away", Token))[..1000], Token);
        error = await Assert.ThrowsAsync<InvalidDataException>(() => compaction.RunAsync(before, 1 << 20, Token));
        Assert.Contains($"{Path.GetRelativePath(_folder, lost)} has 1000 bytes", error.Message, StringComparison.Ordinal);

        File.Move(lost + ".away", lost, overwrite: true);
        Assert.Equal(8L, (await compaction.RunAsync(before, 1 << 20, Token)).Rows);
        await SameAsInPostgresAsync(16);
    }

    [Fact]
    public async Task A_plate_that_is_erased_is_gone_from_every_state_and_every_object()
    {
        await StoreAsync(Sightings(3, Noon, TimeSpan.FromMinutes(1)));
        await Archive().RollAsync(1000, DateTimeOffset.MaxValue, Token);
        await StoreAsync(Sightings(2, Noon.AddDays(1), TimeSpan.FromMinutes(1)));
        await Archive().RollAsync(1000, DateTimeOffset.MaxValue, Token);
        var before = (await LiveAsync()).ConvertAll(f => f.File.Location["file://".Length..]);

        var erased = (await EraseAsync("AR02"))!;

        Assert.Equal((1L, 1, 0), (erased.Rows, erased.Files, erased.Left.Count));
        Assert.Equal("AR00,AR00,AR01,AR01", await QueryAsync<string>("string_agg(plate, ',' order by plate)"));
        Assert.Equal([false, true], before.Select(File.Exists).Order());
        Assert.Equal(2, Directory.EnumerateFiles(_folder, "*.parquet", SearchOption.AllDirectories).Count());
        // Nor is it a bound of a file in any manifest.
        Assert.DoesNotContain("AR02", string.Concat(await BoundsAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_sighting_was_before_its_correction_does_not_come_back_when_its_plate_is_erased()
    {
        var sightings = Sightings(2, Noon, TimeSpan.FromMinutes(1));
        await StoreAsync(sightings);
        await Archive().RollAsync(1000, DateTimeOffset.MaxValue, Token);
        await StoreAsync([sightings[0] with { Revision = 1, Plate = "AR00B" }]);
        await Archive().RollAsync(1000, DateTimeOffset.MaxValue, Token);
        Assert.Equal(2, (await LiveAsync()).Count);

        Assert.Equal((1L, 2, 0), await EraseAsync("AR00B") is { } erased ? (erased.Rows, erased.Files, erased.Left.Count) : default);

        Assert.Equal("AR01", await QueryAsync<string>("string_agg(plate, ',')"));
        Assert.Single(Directory.EnumerateFiles(_folder, "*.parquet", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task An_erasure_that_cannot_delete_a_file_is_not_done_until_a_later_one_has()
    {
        await StoreAsync(Sightings(3, Noon, TimeSpan.FromMinutes(1)));
        await Archive().RollAsync(2, DateTimeOffset.MaxValue, Token);
        await new LakeCompaction(_postgres.DataSource, Lake()).RunAsync(DateOnly.MaxValue, 1 << 20, Token);
        Assert.Equal(3, Directory.EnumerateFiles(_folder, "*.parquet", SearchOption.AllDirectories).Count());
        var store = new StubbornStore(new FolderObjectStore(_folder));
        var rows = new List<long>();

        // None of the three goes: the one that was rewritten, and two that only an earlier state has.
        var refused = await Assert.ThrowsAsync<IOException>(() => EraseAsync("AR00", store, rows.Add));
        Assert.Contains(".parquet", refused.Message, StringComparison.Ordinal);
        Assert.Equal([1L], rows);
        Assert.Equal(4, Directory.EnumerateFiles(_folder, "*.parquet", SearchOption.AllDirectories).Count());
        await Assert.ThrowsAsync<IOException>(() => EraseAsync("AR00", store));

        store.IsStubborn = false;
        Assert.Empty((await EraseAsync("AR00", store))!.Left);

        Assert.Single(Directory.EnumerateFiles(_folder, "*.parquet", SearchOption.AllDirectories));
        Assert.Equal("AR01,AR02", await QueryAsync<string>("string_agg(plate, ',' order by plate)"));
        Assert.Equal(0L, await _postgres.ScalarAsync<long>("select count(*) from lake_leaving"));
    }

    [Fact]
    public async Task An_alert_that_is_gone_from_Postgres_is_erased_from_the_lake_and_one_that_stands_is_not()
    {
        await StoreAsync(Sightings(1, Noon));
        await _postgres.ExecuteAsync(
            "insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, requested_by, station_id, camera_id, captured_at, raised_at, state) select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'AR07', 'AR07', 'stolen', 1, 'tests', 'london-a1', 'a1-n1', now(), now(), s from unnest(array['dismissed', 'open']) as s");
        await new LakeFeeds(_postgres.DataSource, Lake()).RunAsync(DateOnly.MaxValue, Token);
        await _postgres.ExecuteAsync("delete from alerts where state = 'dismissed'");

        Assert.Equal((1L, 1), await EraseAsync("AR07") is { } erased ? (erased.Rows, erased.Files) : default);

        var file = Assert.Single(Directory.EnumerateFiles(Path.Combine(_folder, "lake/city/alerts/data"), "*.parquet", SearchOption.AllDirectories));
        using var duck = new DuckDBConnection("data source=:memory:");
        duck.Open();
        using var command = duck.CreateCommand();
        command.CommandText = $"select string_agg(state, ',') from '{file}'";
        Assert.Equal("open", command.ExecuteScalar());
    }

    [Fact]
    public async Task Two_cores_that_roll_at_once_archive_each_sighting_once()
    {
        await StoreAsync(Sightings(200, Noon.AddDays(30), TimeSpan.FromSeconds(1)));
        var cores = Enumerable.Range(0, 4).Select(_ => Archive());
        await Task.WhenAll(cores.Select(c => c.RollAsync(20, DateTimeOffset.MaxValue, Token)));
        await Archive().RollAsync(20, DateTimeOffset.MaxValue, Token);
        await SameAsInPostgresAsync(200);
    }

    [Fact]
    public async Task What_a_core_of_the_release_before_left_waiting_is_archived_among_the_batches()
    {
        await StoreAsync(Sightings(20, Noon.AddDays(150), TimeSpan.FromMinutes(2)));
        await QueueAsync();
        await StoreAsync(Sightings(20, Noon.AddDays(150).AddMinutes(1), TimeSpan.FromMinutes(2)));
        var full = await Archive().RollAsync(9, DateTimeOffset.MinValue, Token); // each ends between two rows of the one table and the other
        Assert.Equal((4, 36L), (full.Objects, full.Rows));
        Assert.Equal((2L, 2L), (await _postgres.ScalarAsync<long>("select count(*) from archive_queue"), await _postgres.ScalarAsync<long>("select sum(rows)::bigint from archive_batches")));

        Assert.Equal(4, (await Archive().RollAsync(9, DateTimeOffset.MaxValue, Token)).Rows);
        await SameAsInPostgresAsync(40);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // as a core of the release before left it
    public async Task What_waits_for_the_archive_outlives_its_retention(bool isQueued)
    {
        await StoreAsync(Sightings(50, Noon.AddDays(-40), TimeSpan.FromMinutes(1))); // a batch of several slices
        await _postgres.ExecuteAsync("delete from review_cases");
        if (isQueued)
        {
            await QueueAsync();
        }

        var retention = new SightingRetention(_postgres.DataSource, new SightingPartitions(_postgres.DataSource));
        await retention.RunAsync(Noon, 1, Token);
        Assert.Equal(50L, await _postgres.ScalarAsync<long>("select count(*) from sightings"));

        Assert.Equal(50, (await Archive().RollAsync(1000, DateTimeOffset.MaxValue, Token)).Rows);
        await retention.RunAsync(Noon, 1, Token);
        Assert.Equal(0L, await _postgres.ScalarAsync<long>("select count(*) from sightings"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // as a core of the release before left it
    public async Task A_backlog_of_tables_without_statistics_is_not_compared_row_by_row(bool isQueued)
    {
        const int Rows = 4_000;
        var day = Noon.AddDays(120).UtcDateTime.Date;
        await StoreAsync(Sightings(1, new DateTimeOffset(day, TimeSpan.Zero)));
        await _postgres.ExecuteAsync($"alter table sightings_{day:yyyyMMdd} set (autovacuum_enabled = off); alter table archive_queue set (autovacuum_enabled = off); alter table archive_batches set (autovacuum_enabled = off)");
        await StoreAsync(Sightings(Rows, day.AddMinutes(1), TimeSpan.FromSeconds(5)));
        if (isQueued)
        {
            await QueueAsync();
        }

        await using var connection = await _postgres.DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var command = new NpgsqlCommand($"explain (analyze, format json) {ArchiveWriter.Take}", connection, transaction);
        foreach (var value in (object[])[day, day.AddDays(1), (long)Rows])
        {
            command.Parameters.Add(new() { Value = value });
        }

        var plan = JsonNode.Parse((string)(await command.ExecuteScalarAsync(Token))!)![0]!["Plan"]!;
        Assert.Equal(Rows, (int)plan["Actual Rows"]!.GetValue<double>());
        Assert.InRange(Touched(plan), Rows, 20 * Rows);

        // Rows that a node gave and threw away, as often as it was asked.
        static double Touched(JsonNode node) =>
            (Number(node, "Actual Rows") + Number(node, "Rows Removed by Filter") + Number(node, "Rows Removed by Join Filter")) * Number(node, "Actual Loops") + (node["Plans"]?.AsArray().Sum(n => Touched(n!)) ?? 0);

        static double Number(JsonNode node, string name) => node[name]?.GetValue<double>() ?? 0;
    }

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Sighting[] Sightings(int count, DateTimeOffset from, TimeSpan? apart = null) =>
        [.. Enumerable.Range(0, count).Select(i => Sighting($"AR{i:00}", from + (i * (apart ?? TimeSpan.FromHours(1)))))];

    private ArchiveWriter Archive(IObjectStore? store = null) => new(_postgres.DataSource, Lake(store));

    private Task<LakeErased?> EraseAsync(string plate, IObjectStore? store = null, Action<long>? rewritten = null) =>
        new LakeErasure(_postgres.DataSource, Lake(store), new LakeExpiry(_postgres.DataSource, Lake(store))).RunAsync(
            plate,
            1 << 20,
            (rows, _) =>
            {
                rewritten?.Invoke(rows);
                return Task.CompletedTask;
            },
            Token);

    private CityLake Lake(IObjectStore? store = null) => new(_postgres.DataSource, store ?? new FolderObjectStore(_folder), TimeProvider.System);

    private async Task StoreAsync(Sighting[] sightings)
    {
        await new TestIngest(_postgres.DataSource).ApplyAsync(Records(sightings));
    }

    // As release 0.1.0 queues what it stores.
    private Task QueueAsync() => _postgres.ExecuteAsync(
        """
        with gone as (delete from archive_batches returning captured_at, sighting_ids)
        insert into archive_queue (sighting_id, captured_at, station_id, revision)
        select s.id, s.captured_at, s.station_id, s.revision
        from gone cross join lateral unnest(gone.captured_at, gone.sighting_ids) as w (captured_at, id) join sightings s on s.captured_at = w.captured_at and s.id = w.id
        """);

    private async Task SameAsInPostgresAsync(long rows)
    {
        Assert.Equal((rows, rows), (await QueryAsync<long>("count(*)"), await QueryAsync<long>("count(distinct id)")));
        Assert.Equal(rows, await _postgres.ScalarAsync<long>("select count(*) from sightings"));
        Assert.Equal(rows, (await LiveAsync()).Sum(f => f.File.Rows));
    }

    private async Task<IEnumerable<string>> BoundsAsync()
    {
        var table = Lake().Sightings;
        await using var connection = await _postgres.DataSource.OpenConnectionAsync(Token);
        var state = (await table.LoadAsync(connection, null, Token))!;
        var entries = new List<ManifestEntry>();
        foreach (var manifest in state.Manifests)
        {
            entries.AddRange(await table.EntriesAsync(state.Metadata, manifest, Token));
        }

        Assert.Contains(entries, e => e.Status == EntryStatus.Deleted);
        return entries.SelectMany(e => e.File.Lower.Values.Concat(e.File.Upper.Values)).Select(System.Text.Encoding.Latin1.GetString);
    }

    private async Task<int> FilesAsync() => (await LiveAsync()).Count;

    private async Task<List<LiveFile>> LiveAsync()
    {
        var table = Lake().Sightings;
        await using var connection = await _postgres.DataSource.OpenConnectionAsync(Token);
        return await table.LiveAsync((await table.LoadAsync(connection, null, Token))!, DateOnly.MinValue, DateOnly.MaxValue, Token);
    }

    // What the current snapshot names, and nothing else.
    private async Task<T> QueryAsync<T>(string what)
    {
        var files = string.Join(", ", (await LiveAsync()).Select(f => $"'{f.File.Location["file://".Length..]}'"));
        using var duck = new DuckDBConnection("DataSource=:memory:");
        duck.Open();
        using var command = duck.CreateCommand();
        command.CommandText = $"select {what} from read_parquet([{files}], union_by_name = true)";
        return (T)command.ExecuteScalar()!;
    }

    /// <summary>Accepts no object.</summary>
    private sealed class BreakingStore(IObjectStore inner) : Store(inner)
    {
        public override Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken) => throw new IOException("The store is full.");
    }

    /// <summary>Takes its time.</summary>
    private sealed class WaitingStore(IObjectStore inner) : Store(inner)
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public void GoOn() => _goOn.SetResult();

        public override async Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken)
        {
            _reached.TrySetResult();
            await _goOn.Task.WaitAsync(cancellationToken);
            await Inner.PutFileAsync(key, path, contentType, cancellationToken);
        }
    }

    /// <summary>Keeps an object and does not live to say so.</summary>
    private sealed class EndingStore(IObjectStore inner) : Store(inner)
    {
        public override async Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken)
        {
            await Inner.PutFileAsync(key, path, contentType, cancellationToken);
            throw new IOException("The connection was lost.");
        }
    }

    /// <summary>Deletes nothing for a while.</summary>
    private sealed class StubbornStore(IObjectStore inner) : Store(inner)
    {
        public bool IsStubborn { get; set; } = true;

        public override Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken) => Inner.PutFileAsync(key, path, contentType, cancellationToken);

        public override Task DeleteAsync(string key, CancellationToken cancellationToken) => IsStubborn ? throw new IOException("The store is read-only.") : Inner.DeleteAsync(key, cancellationToken);
    }

    private abstract class Store(IObjectStore inner) : IObjectStore
    {
        public string Address => inner.Address;

        protected IObjectStore Inner => inner;

        public Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken) => inner.PutAsync(key, content, contentType, cancellationToken);

        public abstract Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken);

        public Task<bool> ExistsAsync(string key, CancellationToken cancellationToken) => inner.ExistsAsync(key, cancellationToken);

        public Task PutOnceAsync(string key, ReadOnlyMemory<byte> content, string contentType, DateTimeOffset keepUntil, CancellationToken cancellationToken) => inner.PutOnceAsync(key, content, contentType, keepUntil, cancellationToken);

        public Task<Uri?> UploadAddressAsync(string key, TimeSpan validFor) => inner.UploadAddressAsync(key, validFor);

        public Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => inner.OpenAsync(key, cancellationToken);

        public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

        public Task<IReadOnlyDictionary<string, ObjectUsage>> MeasureAsync(CancellationToken cancellationToken) => inner.MeasureAsync(cancellationToken);

        public virtual Task DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);
    }
}
