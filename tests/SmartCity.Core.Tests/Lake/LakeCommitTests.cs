using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Core.Archive;
using SmartCity.Core.Database;
using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Sightings;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Lake;

public sealed class LakeCommitTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly PostgresFixture _postgres = new(server);
    private readonly MemoryStore _objects = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_four_writers_at_once_one_wins_and_the_others_repeat_and_nothing_is_lost()
    {
        const int Writers = 4;
        const int Commits = 250;
        await _postgres.ExecuteAsync("create table done (n int primary key)");
        await Lake().PrepareAsync(Token);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(() => CommitAsync(Lake(), w * Commits, Commits), Token)));

        var (state, live) = await LiveAsync();
        Assert.Equal(Writers * Commits, await _postgres.ScalarAsync<long>("select count(*) from done"));
        Assert.Equal(Enumerable.Range(0, Writers * Commits), live.Select(f => (int)f.File.Rows).Order());
        Assert.Equal(Writers * Commits, state.Metadata.LastSequence);
        Assert.Equal(live.Sum(f => f.File.Rows), state.Metadata.CurrentSnapshot!.Figure("total-records"));

        // Nothing is left of attempts that lost. Metadata files that a table has come to name no more are the sweep's.
        Assert.All(await new LakeSweep(_postgres.DataSource, Lake()).FindAsync(-TimeSpan.FromDays(1), Token), o => Assert.EndsWith(".metadata.json", o.Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wherever_a_commit_ends_the_queue_and_the_lake_together_have_each_sighting_once()
    {
        var count = 0;
        for (var point = 0; ; point++)
        {
            var more = Enumerable.Range(0, 5).Select(i => Sighting($"AB{point:00}{i}", Noon.AddDays(i % 2).AddMinutes(count + i))).ToArray();
            await new TestIngest(_postgres.DataSource).ApplyAsync(Records(more));
            count += more.Length;

            // Before it keeps the object, or after.
            var ends = _objects.EndAt(point / 2, keeps: point % 2 == 1);
            try
            {
                await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);
            }
            catch (IOException)
            {
                await SameAsStoredAsync(count);
            }

            if (!ends.HasEnded)
            {
                break;
            }
        }

        _objects.EndAt(int.MaxValue, keeps: true);
        Assert.True(count > 50, $"Only {count / 5} points were tried.");
        await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        await SameAsStoredAsync(count);
        Assert.Equal(0L, await _postgres.ScalarAsync<long>("select count(*) from archive_waiting"));

        // What was left is found by its name, spared while it is young, and goes without hurting what is needed.
        var sweep = new LakeSweep(_postgres.DataSource, Lake());
        Assert.Empty(await sweep.FindAsync(LakeSweep.Youngest, Token));
        var orphans = await sweep.FindAsync(-TimeSpan.FromDays(1), Token);
        Assert.Contains(orphans, o => o.Key.EndsWith(".parquet", StringComparison.Ordinal));
        Assert.Contains(orphans, o => o.Key.EndsWith(".avro", StringComparison.Ordinal));
        await sweep.RemoveAsync(orphans, Token);
        Assert.Empty(await sweep.FindAsync(-TimeSpan.FromDays(1), Token));
        var verdict = await new LakeCheck(_postgres.DataSource, Lake(), sweep).RunAsync(rows: true, Token);
        Assert.Equal((count, true), ((int)verdict.Rows, verdict.IsClean));
    }

    [Fact]
    public async Task A_day_with_a_damaged_page_stays_as_it_was_is_named_and_holds_up_no_other()
    {
        foreach (var minute in (int[])[0, 1])
        {
            await new TestIngest(_postgres.DataSource).ApplyAsync(Records([.. Enumerable.Range(0, 200).SelectMany(i => new[] { Sighting($"AB{i}", Noon.AddDays(-9).AddMinutes(minute).AddMilliseconds(i)), Sighting($"CD{i}", Noon.AddDays(-8).AddMinutes(minute).AddMilliseconds(i)) })]));
            await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        }

        var day = LakeDay.Number(DateOnly.FromDateTime(Noon.AddDays(-9).UtcDateTime));
        var before = (await LiveAsync()).Live;
        Assert.Equal(4, before.Count);
        var damaged = before.First(f => (int)f.File.Partition[0]! == day).File.Location["memory://".Length..];
        _objects.Damage(damaged, from: 200, count: 100);

        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => new LakeCompaction(_postgres.DataSource, Lake()).RunAsync(DateOnly.MaxValue, 1 << 20, Token));
        Assert.Contains($"{damaged} of table sightings cannot be read: it is damaged", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(DateOnly.FromDateTime(Noon.AddDays(-8).UtcDateTime).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
        var after = (await LiveAsync()).Live;
        Assert.Equal(before.Where(f => (int)f.File.Partition[0]! == day).Select(f => f.File.Location).Order(), after.Where(f => (int)f.File.Partition[0]! == day).Select(f => f.File.Location).Order());
        Assert.Single(after, f => (int)f.File.Partition[0]! != day);

        // What would take the rows for good refuses as well.
        var erase = await Assert.ThrowsAsync<InvalidDataException>(() => new LakeErasure(_postgres.DataSource, Lake(), new LakeExpiry(_postgres.DataSource, Lake())).RunAsync("AB7", 1 << 20, null, Token));
        Assert.Contains(damaged, erase.Message, StringComparison.Ordinal);
        Assert.Contains((await new LakeCheck(_postgres.DataSource, Lake(), new LakeSweep(_postgres.DataSource, Lake())).RunAsync(rows: true, Token)).Faults, f => f.Contains(damaged, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_damaged_shows_on_Ops_until_it_is_seen_to_and_the_archive_goes_on()
    {
        foreach (var minute in (int[])[0, 1])
        {
            await new TestIngest(_postgres.DataSource).ApplyAsync(Records([.. Enumerable.Range(0, 200).Select(i => Sighting($"AB{i}", Noon.AddDays(-9).AddMinutes(minute).AddMilliseconds(i)))]));
            await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        }

        var damaged = (await LiveAsync()).Live[0].File.Location["memory://".Length..];
        _objects.Damage(damaged, from: 200, count: 100);
        var (health, lake) = (new WorkerHealth(TimeProvider.System), Lake());
        using var startup = new DatabaseStartup(new PostgresConnection(_postgres.ConnectionString), [], health, NullLogger<DatabaseStartup>.Instance);
        using var worker = new ArchiveWorker(
            new ArchiveWriter(_postgres.DataSource, lake), new LakeFeeds(_postgres.DataSource, lake), new LakeCompaction(_postgres.DataSource, lake), new LakeExpiry(_postgres.DataSource, lake), new LakeSweep(_postgres.DataSource, lake),
            new ArchiveStatistics(_postgres.DataSource, lake), startup, Options.Create(new ArchiveOptions { RollAfter = TimeSpan.FromMilliseconds(100) }), health, TimeProvider.System, NullLogger<ArchiveWorker>.Instance);
        await startup.StartAsync(Token);
        await worker.StartAsync(Token);
        await CoreHost.UntilAsync(() => Task.FromResult(Report() is { State: WorkerState.Degraded, Detail: { } said } && said.Contains(damaged, StringComparison.Ordinal)), "the damage is told");

        // Hours pass until the next look at days that are over.
        await new TestIngest(_postgres.DataSource).ApplyAsync(Records([Sighting("AB500", Noon)]));
        await CoreHost.UntilAsync(async () => await _postgres.ScalarAsync<long>("select count(*) from archive_waiting") == 0, "the new sighting is archived");
        var seen = Report()!.At;
        await CoreHost.UntilAsync(() => Task.FromResult(Report()!.At > seen), "the worker looks again");
        Assert.Equal(WorkerState.Degraded, Report()!.State);
        await worker.StopAsync(Token);
        await startup.StopAsync(Token);

        WorkerReport? Report() => health.Reports.FirstOrDefault(r => r.Name == "archive");
    }

    [Fact]
    public async Task A_file_that_is_lost_or_cut_off_is_named_and_so_is_a_catalogue_that_is_behind()
    {
        await new TestIngest(_postgres.DataSource).ApplyAsync(Records([Sighting("AB01", Noon), Sighting("AB02", Noon.AddDays(1))]));
        await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        var behind = await _postgres.ScalarAsync<string>("select previous_metadata_location from iceberg_tables where table_name = 'sightings'");
        var (_, live) = await LiveAsync();
        var keys = live.ConvertAll(f => f.File.Location["memory://".Length..]);
        _objects.Cut(keys[0], 100);
        _objects.Cut(keys[1], null);

        var check = new LakeCheck(_postgres.DataSource, Lake(), new LakeSweep(_postgres.DataSource, Lake()));
        var verdict = await check.RunAsync(rows: false, Token);
        Assert.Contains(verdict.Faults, f => f.Contains($"{keys[0]} of table sightings has 100 bytes", StringComparison.Ordinal));
        Assert.Contains(verdict.Faults, f => f.Contains($"{keys[1]} of table sightings is not in", StringComparison.Ordinal));

        // As long as it was, and another in its middle.
        await new TestIngest(_postgres.DataSource).ApplyAsync(Records([.. Enumerable.Range(0, 200).Select(i => Sighting($"AB{i}", Noon.AddDays(2).AddSeconds(i)))]));
        await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);
        var damaged = (await LiveAsync()).Live.Single(f => f.File.Rows == 200).File.Location["memory://".Length..];
        _objects.Damage(damaged, from: 100, count: 400);
        Assert.DoesNotContain((await check.RunAsync(rows: false, Token)).Faults, f => f.Contains(damaged, StringComparison.Ordinal));
        Assert.Contains((await check.RunAsync(rows: true, Token)).Faults, f => f.Contains($"{damaged} of table sightings cannot be read", StringComparison.Ordinal));

        await _postgres.ExecuteAsync("update iceberg_tables set metadata_location = $1 where table_name = 'sightings'", behind);
        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => new LakeSweep(_postgres.DataSource, Lake()).FindAsync(-TimeSpan.FromDays(1), Token));
        Assert.Contains("is a later state of the table", refused.Message, StringComparison.Ordinal);
        Assert.Contains("If Postgres was never restored, the file is of a commit that was broken off: delete it", refused.Message, StringComparison.Ordinal);

        foreach (var list in _objects.Keys.Where(k => k.Contains("snap-", StringComparison.Ordinal)))
        {
            _objects.Cut(list, 10);
        }

        var error = await Assert.ThrowsAsync<InvalidDataException>(LiveAsync);
        Assert.Contains("snap-", error.Message, StringComparison.Ordinal);
    }

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();

    private async Task CommitAsync(CityLake lake, int first, int count)
    {
        for (var n = first; n < first + count; n++)
        {
            await using var connection = await _postgres.DataSource.OpenConnectionAsync(Token);
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await using var done = new Npgsql.NpgsqlCommand("insert into done values ($1)", connection, transaction) { Parameters = { new() { Value = n } } };
            await done.ExecuteNonQueryAsync(Token);
            await lake.Sightings.CommitAsync(connection, transaction, LakeChange.Append(new DataFile { Location = $"memory://{n}", Partition = [n % 3], Rows = n, Bytes = 1 }), Token);
            await transaction.CommitAsync(Token);
            if (n % 25 == 24)
            {
                await new LakeExpiry(_postgres.DataSource, lake).RunAsync(DateTimeOffset.MaxValue, Token);
            }
        }
    }

    private async Task SameAsStoredAsync(long count)
    {
        var (_, live) = await LiveAsync();
        var queued = await _postgres.ScalarAsync<long>("select count(*) from archive_waiting");
        Assert.Equal(count, live.Sum(f => f.File.Rows) + queued);
        Assert.Equal(live.Count, live.Select(f => f.File.Location).Distinct().Count());
    }

    private async Task<(LakeState State, List<LiveFile> Live)> LiveAsync()
    {
        var table = Lake().Sightings;
        await using var connection = await _postgres.DataSource.OpenConnectionAsync(Token);
        return await table.LoadAsync(connection, null, Token) is { } state ? (state, await table.LiveAsync(state, DateOnly.MinValue, DateOnly.MaxValue, Token)) : (null!, []);
    }

    // As a core that has just started.
    private CityLake Lake() => new(_postgres.DataSource, _objects, TimeProvider.System);

    /// <summary>Objects in memory; the process that writes them can end at any.</summary>
    private sealed class MemoryStore : IObjectStore
    {
        private readonly ConcurrentDictionary<string, (byte[] Content, DateTimeOffset At)> _objects = new(StringComparer.Ordinal);
        private End _end = new(int.MaxValue, false);

        public string Address => "memory://";

        public ICollection<string> Keys => _objects.Keys;

        public End EndAt(int writes, bool keeps) => _end = new End(writes, keeps);

        public void Cut(string key, int? bytes)
        {
            if (bytes is { } left)
            {
                _objects[key] = (_objects[key].Content[..left], _objects[key].At);
            }
            else
            {
                _objects.TryRemove(key, out _);
            }
        }

        public void Damage(string key, int from, int count)
        {
            var content = _objects[key].Content.ToArray();
            content.AsSpan(from, count).Fill(0xA5);
            _objects[key] = (content, _objects[key].At);
        }

        public Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken)
        {
            var ends = _end.Count();
            if (!ends || _end.Keeps)
            {
                _objects[key] = (content.ToArray(), TimeProvider.System.GetUtcNow());
            }

            return ends ? throw new IOException("The process ends here.") : Task.CompletedTask;
        }

        public async Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken) => await PutAsync(key, await File.ReadAllBytesAsync(path, cancellationToken), contentType, cancellationToken);

        public Task PutOnceAsync(string key, ReadOnlyMemory<byte> content, string contentType, DateTimeOffset keepUntil, CancellationToken cancellationToken) => PutAsync(key, content, contentType, cancellationToken);

        public Task<bool> ExistsAsync(string key, CancellationToken cancellationToken) => Task.FromResult(_objects.ContainsKey(key));

        public Task<Uri?> UploadAddressAsync(string key, TimeSpan validFor) => Task.FromResult<Uri?>(null);

        public Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => Task.FromResult<Stream?>(_objects.TryGetValue(key, out var found) ? new MemoryStream(found.Content, writable: false) : null);

        public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            foreach (var (key, (content, at)) in _objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(o => o.Key, StringComparer.Ordinal))
            {
                yield return new ObjectEntry(key, content.Length, at);
            }
        }

        public Task<IReadOnlyDictionary<string, ObjectUsage>> MeasureAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DeleteAsync(string key, CancellationToken cancellationToken)
        {
            _objects.TryRemove(key, out _);
            return Task.CompletedTask;
        }

        public sealed class End(int writes, bool keeps)
        {
            private int _left = writes;

            public bool Keeps => keeps;

            public bool HasEnded { get; private set; }

            public bool Count() => Interlocked.Decrement(ref _left) == -1 && (HasEnded = true);
        }
    }
}
