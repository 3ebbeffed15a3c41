using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Ops;
using SmartCity.Core.Passages;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Sightings;

public class SightingIngestTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private SightingIngest Ingest() => new TestIngest(postgres.DataSource).Ingest;

    [Fact]
    public async Task A_sighting_delivered_again_is_stored_once()
    {
        var ingest = Ingest();
        var sighting = Sighting("DUP1", Noon);

        var first = await ingest.ApplyAsync(Records(sighting, sighting), [], TestContext.Current.CancellationToken);
        var second = await ingest.ApplyAsync(Records(sighting), [], TestContext.Current.CancellationToken);

        Assert.Equal((1, 1), (first.Stored.Count, first.Duplicates));
        Assert.Equal((0, 1), (second.Stored.Count, second.Duplicates));
        Assert.Equal(1L, await postgres.ScalarAsync<long>("select count(*) from sightings where plate = 'DUP1'"));
        Assert.Equal(1, await postgres.ScalarAsync<int>("select sightings from passages where plate = 'DUP1'"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // an id that does not say when it was made
    public async Task An_id_with_another_time_of_capture_is_no_second_sighting_whatever_came_first(bool isRandom)
    {
        var id = isRandom ? Guid.NewGuid() : Guid.CreateVersion7(Noon);
        Contracts.Sighting[] times = [.. ((int[])[0, 1, 2]).Select(day => Sighting("TIMES1", Noon.AddDays(-day), "london-t9", id: id))];
        foreach (var first in times)
        {
            await Ingest().ApplyAsync(Records(first), [], TestContext.Current.CancellationToken);
            await postgres.ExecuteAsync("delete from archive_queue; delete from archive_batches"); // the archive has run

            foreach (var other in times.Where(t => t != first))
            {
                var e = await Assert.ThrowsAsync<ContradictorySightingException>(() => Ingest().ApplyAsync(Records(other), [], TestContext.Current.CancellationToken));
                Assert.Contains("The time of capture is the same in every revision", e.Message, StringComparison.Ordinal);
            }

            Assert.Equal(1, (await Ingest().ApplyAsync(Records(first), [], TestContext.Current.CancellationToken)).Duplicates);
            Assert.Equal(1L, await postgres.ScalarAsync<long>("select count(*) from sightings where id = $1", id));
            await postgres.ExecuteAsync("delete from sightings where id = $1", id);
            await postgres.ExecuteAsync("delete from sighting_times where id = $1", id);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // the batch whose id says another time than that of capture
    public async Task Of_two_batches_side_by_side_that_give_one_id_two_times_the_second_sees_the_first(bool oddIsFirst)
    {
        var at = Noon.AddHours(oddIsFirst ? 1 : 2);
        var id = Guid.CreateVersion7(at);
        var (usual, odd) = (Records(Sighting("BESIDE1", at, "london-t7", id: id)), Records(Sighting("BESIDE2", at.AddDays(-1), "london-t8", id: id)));
        await Ingest().ApplyAsync(Records(Sighting("BESIDE3", at), Sighting("BESIDE4", at.AddDays(-1))), [], TestContext.Current.CancellationToken); // the tables of the days are there

        // The first has stored its sightings and cannot end before the totals are free.
        await using var held = await postgres.DataSource.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var hold = await held.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var totals = new NpgsqlCommand("lock table station_totals in exclusive mode", held, hold))
        {
            await totals.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var first = Ingest().ApplyAsync(oddIsFirst ? odd : usual, [], TestContext.Current.CancellationToken);
        await CoreHost.UntilAsync(() => WaitsAsync("l.relation = 'station_totals'::regclass"), "the first batch waits for the totals");
        var second = Ingest().ApplyAsync(oddIsFirst ? usual : odd, [], TestContext.Current.CancellationToken);
        await CoreHost.UntilAsync(() => WaitsAsync("l.locktype = 'advisory' and l.classid = 8"), "the second batch waits for the first");
        await hold.RollbackAsync(TestContext.Current.CancellationToken);

        Assert.Single((await first).Stored);
        await Assert.ThrowsAsync<ContradictorySightingException>(() => second);
    }

    [Fact]
    public async Task Functions_are_told_the_revision_of_each_sighting_of_a_batch()
    {
        await postgres.ExecuteAsync("insert into functions (name, events) values ('revisions', '{sighting.stored}')");
        Contracts.Sighting[] batch = [Sighting("REVA", Noon.AddSeconds(2)), Sighting("REVB", Noon.AddSeconds(1)) with { Revision = 2 }, Sighting("REVC", Noon)];
        await Ingest().ApplyAsync(Records(batch), [], TestContext.Current.CancellationToken);

        foreach (var sighting in batch)
        {
            Assert.Equal(sighting.Revision, await postgres.ScalarAsync<int>("select revision from function_events where function = 'revisions' and subject = $1::text", sighting.Id.ToString()));
        }

        await postgres.ExecuteAsync("delete from function_events; delete from functions");
    }

    private Task<bool> WaitsAsync(string what) => postgres.ScalarAsync<bool>($"select exists (select from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database() where not l.granted and {what})");

    [Fact]
    public async Task A_batch_that_is_tried_again_after_its_sightings_were_committed_counts_nothing_twice()
    {
        var (known, revised) = (Sighting("RETRY1", Noon, "london-t1"), Sighting("RETRY2", Noon, "london-t1"));
        await Ingest().ApplyAsync(Records(known, revised), [], TestContext.Current.CancellationToken);
        await postgres.ExecuteAsync(
            """
            create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now' using errcode = '40001'; end $$;
            create trigger refuse before update of plate on sightings_20261123 for each row when (new.plate = 'RETRY3') execute function refuse()
            """);
        var moved = known with { Revision = 1, Direction = "outbound" };
        var batch = Records(Sighting("RETRY4", Noon, "london-t1"), moved, moved, known, revised with { Revision = 1, Plate = "RETRY3" });

        // Its sightings are committed, its corrections are not.
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => Ingest().ApplyAsync(batch, [], TestContext.Current.CancellationToken));
        await postgres.ExecuteAsync("drop trigger refuse on sightings_20261123");
        var result = await Ingest().ApplyAsync(batch, [], TestContext.Current.CancellationToken);
        var third = await Ingest().ApplyAsync(batch, [], TestContext.Current.CancellationToken);

        Assert.Equal((0, 0), (result.Duplicates, third.Duplicates));
        Assert.Equal(["RETRY4"], result.Repeated.Select(r => r.Sighting.Plate).Except(["RETRY1"]));
        Assert.Equal("3 2", await postgres.ScalarAsync<string>("select stored || ' ' || duplicates from station_totals where station_id = 'london-t1'"));
    }

    [Fact]
    public async Task What_a_batch_had_stored_when_it_was_tried_before_is_counted_as_stored_in_the_end()
    {
        var batch = Records(Sighting("RETRY5", Noon, "london-t2"));
        await Ingest().ApplyAsync(batch, [], TestContext.Current.CancellationToken);
        var result = await Ingest().ApplyAsync(batch, [], TestContext.Current.CancellationToken);
        var (statistics, others) = (new IngestStatistics(TimeProvider.System), new IngestStatistics(TimeProvider.System));

        statistics.Add(result, 0, again: true);
        others.Add(result, 0);

        Assert.Equal((1, 0), (statistics.LastMinuteOf("london-t2"), others.LastMinuteOf("london-t2")));
    }

    [Fact]
    public async Task Sightings_of_a_week_ago_come_into_a_table_of_their_day()
    {
        await Ingest().ApplyAsync(Records(Sighting("LATE1", Noon), Sighting("LATE1", Noon.AddDays(-7))), [], TestContext.Current.CancellationToken);

        Assert.Equal(1L, await postgres.ScalarAsync<long>("select count(*) from sightings_20261116 where plate = 'LATE1'"));
        Assert.Equal(2L, await postgres.ScalarAsync<long>("select count(*) from passages where plate = 'LATE1'"));
    }

    [Fact]
    public async Task A_late_sighting_that_closes_the_gap_joins_two_passages_under_the_earlier_id()
    {
        var ingest = Ingest();
        var early = await ingest.ApplyAsync(Records(Sighting("JOIN1", Noon)), [], TestContext.Current.CancellationToken);
        await ingest.ApplyAsync(Records(Sighting("JOIN1", Noon.AddSeconds(100), confidence: 0.99)), [], TestContext.Current.CancellationToken);
        Assert.Equal(2L, await postgres.ScalarAsync<long>("select count(*) from passages where plate = 'JOIN1'"));

        var joined = await ingest.ApplyAsync(Records(Sighting("JOIN1", Noon.AddSeconds(50))), [], TestContext.Current.CancellationToken);

        var change = Assert.Single(joined.Passages.Changes);
        Assert.Equal(early.Passages.Changes[0].PassageId, change.PassageId);
        Assert.False(change.IsNew);
        Assert.Equal(0.99, change.Confidence);
        Assert.Single(change.Absorbed);
        Assert.Equal([change.PassageId], await postgres.ColumnAsync<Guid>("select id from passages where plate = 'JOIN1'"));
        Assert.Equal([change.PassageId], await postgres.ColumnAsync<Guid>("select distinct passage_id from sightings where plate = 'JOIN1'"));
    }

    [Fact]
    public async Task Unread_and_doubtful_sightings_go_to_review_once()
    {
        var ingest = Ingest();
        var unread = Sighting(null, Noon, "london-r1");
        var doubtful = Sighting("MAYBE1", Noon, "london-r1", confidence: 0.6);
        for (var replay = 0; replay < 2; replay++)
        {
            await ingest.ApplyAsync(Records(unread, doubtful), [], TestContext.Current.CancellationToken);
        }

        Assert.Equal(["doubtful", "unread"], await postgres.ColumnAsync<string>("select kind from review_cases where station_id = 'london-r1' order by kind"));
        Assert.Equal(0L, await postgres.ScalarAsync<long>("select count(*) from sightings where station_id = 'london-r1' and plate is null and passage_id is not null"));
    }

    [Fact]
    public async Task A_vehicle_that_two_schemes_cannot_classify_is_one_case_with_both_reasons()
    {
        await postgres.ExecuteAsync("insert into vehicles (plate, class, fuel) values ('VAN1', 'van', 'diesel')");
        await postgres.ExecuteAsync("insert into stations (id, name, latitude, longitude) values ('london-v1', 'V', 51.5, 0)");
        await postgres.ExecuteAsync("insert into station_zones (station_id, zone) values ('london-v1', 'ulez'), ('london-v1', 'lez')");

        await Ingest().ApplyAsync(Records(Sighting("VAN1", Noon, "london-v1")), [], TestContext.Current.CancellationToken);

        var why = Assert.Single(await postgres.ColumnAsync<string>("select why from review_cases where plate = 'VAN1' and kind = 'unclassified'"));
        Assert.Contains("ULEZ: ", why, StringComparison.Ordinal);
        Assert.Contains(" LEZ: ", " " + why, StringComparison.Ordinal);
    }
}
