using DuckDB.NET.Data;
using ParquetSharp;
using SmartCity.Contracts;
using SmartCity.Core.Alerts;
using SmartCity.Core.Archive;
using SmartCity.Core.Charges;
using SmartCity.Core.Passages;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Sightings;
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
        Assert.Equal(40L, Query<long>("count(*)"));
        Assert.Equal(10, (await archive.RollAsync(1000, DateTimeOffset.MaxValue, Token)).Rows);

        await SameAsInPostgresAsync(40);
        Assert.Equal(Noon.UtcDateTime, Query<DateTime>("min(captured_at) at time zone 'UTC'"));
        Assert.Equal("AR00", Query<string>("min(plate)"));
        Assert.Equal(3L, Query<long>("count(distinct date)"));
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
        var compaction = new ArchiveCompaction(postgres.DataSource, store, TimeProvider.System);
        Assert.Equal(ArchiveRoll.Nothing, await compaction.RunAsync(day, 1 << 20, Token)); // the day is not over
        Assert.Equal(6, Files());

        // The object store breaks after the new object was planned.
        var breaking = new ArchiveCompaction(postgres.DataSource, new BreakingStore(store), TimeProvider.System);
        await Assert.ThrowsAsync<IOException>(() => breaking.RunAsync(day.AddDays(1), 1 << 20, Token));
        await SameAsInPostgresAsync(24);

        var made = await compaction.RunAsync(day.AddDays(1), 1 << 20, Token);
        Assert.Equal((1, 24L), (made.Objects, made.Rows));
        Assert.Equal(1, Files());
        await SameAsInPostgresAsync(24);
        Assert.Equal(24L, Query<long>("count(*) filter (where plate is not null and len(characters) > 0 and station = 'london-a1')"));
        Assert.Equal(ArchiveRoll.Nothing, await compaction.RunAsync(day.AddDays(1), 1 << 20, Token));
    }

    [Fact]
    public async Task Objects_from_before_a_column_was_there_are_read_and_made_one_with_newer_ones()
    {
        var archive = Archive();
        for (var i = 0; i < 2; i++)
        {
            await StoreAsync([.. Sightings(3, Noon.AddDays(-70).AddMinutes(10 * i), TimeSpan.FromMinutes(1)).Select(s => s with { ClockSynchronised = true })]);
            await archive.RollAsync(1000, DateTimeOffset.MaxValue, Token);
        }

        WriteFirstVersion(Directory.EnumerateFiles(_folder, "*.parquet", SearchOption.AllDirectories).First(), 3);
        var day = DateOnly.FromDateTime(Noon.AddDays(-70).UtcDateTime);
        Assert.Equal(6, (await new ArchiveCompaction(postgres.DataSource, new FolderObjectStore(_folder), TimeProvider.System).RunAsync(day.AddDays(1), 1 << 20, Token)).Rows);

        await SameAsInPostgresAsync(6);
        Assert.Equal((3L, 3L), (Query<long>("count(*) filter (where clock_synchronised)"), Query<long>("count(*) filter (where clock_synchronised is null)")));
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

        Assert.Equal((3L, 2L), (Query<long>("count(*)"), Query<long>("count(distinct id)")));
        Assert.Equal("AR00B", Query<string>($"arg_max(plate, revision) filter (where id = '{first[0].Id}')"));

        // One that is corrected before it is archived is there once, as it is now.
        await StoreAsync([first[1] with { Revision = 1 }]);
        await StoreAsync([first[1] with { Revision = 2, Plate = "AR01C" }]);
        Assert.Equal(1, (await archive.RollAsync(1000, DateTimeOffset.MaxValue, Token)).Rows);
        Assert.Equal("AR01C", Query<string>($"arg_max(plate, revision) filter (where id = '{first[1].Id}')"));
    }

    [Fact]
    public async Task A_later_revision_does_not_wait_for_an_object_that_is_being_written()
    {
        var first = Sightings(3, Noon.AddDays(90), TimeSpan.FromMinutes(1));
        await StoreAsync(first);
        var slow = new WaitingStore(new FolderObjectStore(_folder));
        var rolling = Archive(slow).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        await slow.Reached.WaitAsync(Token);

        await StoreAsync([first[0] with { Revision = 1, Plate = "AR00B" }]).WaitAsync(TimeSpan.FromMinutes(1), Token);
        slow.GoOn();
        Assert.Equal(3, (await rolling).Rows);

        // One of a sighting's two revisions that wait is written, with an object a row too.
        await StoreAsync([first[1] with { Revision = 1, Plate = "AR01B" }]);
        await StoreAsync([first[1] with { Revision = 2, Plate = "AR01C" }]);
        Assert.Equal(2, (await Archive().RollAsync(1, DateTimeOffset.MaxValue, Token)).Rows);
        Assert.Equal(0, (await Archive().RollAsync(1, DateTimeOffset.MaxValue, Token)).Rows);
        Assert.Equal("AR00,AR00B,AR01,AR01C,AR02", Query<string>("string_agg(plate, ',' order by plate)"));
        Assert.Equal(0L, await postgres.ScalarAsync<long>("select count(*) from archive_objects where state = 'writing'"));
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

        var compaction = new ArchiveCompaction(postgres.DataSource, new FolderObjectStore(_folder), TimeProvider.System);
        var before = DateOnly.FromDateTime(days[1].AddDays(1).UtcDateTime);
        var lost = Directory.EnumerateFiles(Path.Combine(_folder, "sightings", $"date={days[0]:yyyy-MM-dd}"), "*.parquet", SearchOption.AllDirectories).First();
        File.Move(lost, lost + ".away");

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => compaction.RunAsync(before, 1 << 20, Token));
        Assert.Contains(Path.GetRelativePath(_folder, lost), error.Message, StringComparison.Ordinal);
        Assert.Equal(2, Files()); // what is left of the one day, and the other compacted

        File.Move(lost + ".away", lost);
        Assert.Equal(8L, (await compaction.RunAsync(before, 1 << 20, Token)).Rows);
        await SameAsInPostgresAsync(16);
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

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Sighting[] Sightings(int count, DateTimeOffset from, TimeSpan? apart = null) =>
        [.. Enumerable.Range(0, count).Select(i => Sighting($"AR{i:00}", from + (i * (apart ?? TimeSpan.FromHours(1)))))];

    private ArchiveWriter Archive(IObjectStore? store = null) => new(postgres.DataSource, store ?? new FolderObjectStore(_folder), TimeProvider.System);

    private async Task StoreAsync(Sighting[] sightings)
    {
        await new TestIngest(postgres.DataSource).ApplyAsync(Records(sightings));
    }

    // Other tests' objects lie in other folders: what this folder holds is what was stored since.
    private async Task SameAsInPostgresAsync(long rows)
    {
        Assert.Equal((rows, rows), (Query<long>("count(*)"), Query<long>("count(distinct id)")));
        await using var command = postgres.DataSource.CreateCommand("select coalesce(sum(rows), 0)::bigint from archive_objects where key = any($1) and state = 'written'");
        command.Parameters.Add(new() { Value = Directory.EnumerateFiles(_folder, "*.parquet", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_folder, f)).ToArray() });
        Assert.Equal(rows, (long)(await command.ExecuteScalarAsync(Token))!);
    }

    private int Files() => Directory.EnumerateFiles(_folder, "*.parquet", SearchOption.AllDirectories).Count();

    // An object with the columns that the first version had.
    private static void WriteFirstVersion(string path, int rows)
    {
        Column[] columns =
        [
            new Column<Guid>("id"), new Column<DateTime>("captured_at", LogicalType.Timestamp(true, TimeUnit.Micros)), new Column<string>("camera_id"), new Column<int?>("lane"), new Column<string?>("direction"),
            new Column<string?>("plate"), new Column<string?>("country"), new Column<string?>("format"), new Column<double>("confidence"), new Column<float[]>("characters"), new Column<int>("frames"),
            new Column<int?>("box_x"), new Column<int?>("box_y"), new Column<int?>("box_width"), new Column<int?>("box_height"), new Column<string?>("evidence"), new Column<string?>("detector_version"),
            new Column<string?>("reader_version"), new Column<double?>("speed_kmh"), new Column<string?>("trace_id"), new Column<DateTime>("stored_at", LogicalType.Timestamp(true, TimeUnit.Micros)),
        ];
        using var file = new ParquetFileWriter(path, columns);
        using var group = file.AppendRowGroup();
        foreach (var column in columns)
        {
            using var writer = group.NextColumn();
            switch (column.LogicalSystemType)
            {
                case var type when type == typeof(Guid): Write(Guid.NewGuid); break;
                case var type when type == typeof(DateTime): Write(() => Noon.UtcDateTime); break;
                case var type when type == typeof(string): Write(() => column.Name); break;
                case var type when type == typeof(double): Write(() => 0.97); break;
                case var type when type == typeof(double?): Write<double?>(() => null); break;
                case var type when type == typeof(int): Write(() => 1); break;
                case var type when type == typeof(int?): Write<int?>(() => 1); break;
                default: Write<float[]>(() => [0.99f]); break;
            }

            void Write<T>(Func<T> value)
            {
                using var values = writer.LogicalWriter<T>();
                values.WriteBatch(Enumerable.Range(0, rows).Select(_ => value()).ToArray());
            }
        }

        file.Close();
    }

    private T Query<T>(string what)
    {
        using var duck = new DuckDBConnection("DataSource=:memory:");
        duck.Open();
        using var command = duck.CreateCommand();
        command.CommandText = $"select {what} from read_parquet('{_folder}/sightings/**/*.parquet', hive_partitioning = true)";
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

    private abstract class Store(IObjectStore inner) : IObjectStore
    {
        protected IObjectStore Inner => inner;

        public Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken) => inner.PutAsync(key, content, contentType, cancellationToken);

        public abstract Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken);

        public Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => inner.OpenAsync(key, cancellationToken);

        public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

        public Task<IReadOnlyDictionary<string, ObjectUsage>> MeasureAsync(CancellationToken cancellationToken) => inner.MeasureAsync(cancellationToken);

        public Task DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);
    }
}
