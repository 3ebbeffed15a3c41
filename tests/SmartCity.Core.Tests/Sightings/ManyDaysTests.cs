using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Review;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>Two years of day tables: what ingest and review do touches the days that it is about, so that any number of them run side by side.</summary>
public sealed class ManyDaysTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int Days = 731;
    private const int SideBySide = 16;

    private static readonly DateTimeOffset Noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Batches_corrections_and_reviews_run_side_by_side_over_two_years_of_days()
    {
        // In steps: what makes a table locks it to the end of its transaction.
        for (var day = 0; day < Days; day += 50)
        {
            await postgres.ExecuteAsync(
                $$"""
                do $do$ declare d date; begin
                    for d in select generate_series(date '2024-11-19' + {{day}}, date '2024-11-19' + {{Math.Min(day + 49, Days)}}, interval '1 day')::date loop
                        execute format('create table sightings_%s (like sightings including defaults including constraints)', to_char(d, 'YYYYMMDD'));
                        execute format('alter table sightings attach partition sightings_%s for values from (%L) to (%L)', to_char(d, 'YYYYMMDD'), d || 'T00:00:00Z', (d + 1) || 'T00:00:00Z');
                    end loop;
                end $do$
                """);
        }

        await postgres.ExecuteAsync("insert into functions (name, events) values ('many-days', '{sighting.stored}')");

        // All are under way at once: none can end before the totals are free.
        await using var held = await postgres.DataSource.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var hold = await held.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var totals = new NpgsqlCommand("lock table station_totals in exclusive mode", held, hold))
        {
            await totals.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var running = Task.WhenAll(Enumerable.Range(0, SideBySide).Select(async i =>
        {
            var core = new TestIngest(postgres.DataSource);
            var (plate, station) = ($"MD{i:00}AAA", $"many-days-{i}");
            Sighting[] first = [Sighting(plate, Noon, station), Sighting(plate, Noon.AddSeconds(90), station)];
            await core.ApplyAsync(Records(first));
            await core.ApplyAsync(Records(first)); // again
            await core.ApplyAsync(Records(Sighting(plate, Noon.AddSeconds(45), station))); // joins the two
            await core.ApplyAsync(Records(first[0] with { Revision = 1, Plate = $"MD{i:00}AAB" })); // a later revision
            Assert.NotNull(await core.Reviews.ApplyAsync(first[1].Id, ReviewDecision.Corrected, $"MD{i:00}AAC", null, "test", "a test", TestContext.Current.CancellationToken));
        }));
        await CoreHost.UntilAsync(async () => running.IsFaulted || await WaitingAsync() == SideBySide, "every batch waits for the totals");
        await hold.RollbackAsync(TestContext.Current.CancellationToken);
        await running;

        Assert.Equal(SideBySide * 3L, await postgres.ScalarAsync<long>("select count(*) from passages"));
        Assert.Equal(SideBySide * 3L, await postgres.ScalarAsync<long>("select count(*) from sightings where captured_at >= '2026-11-19'"));
        Assert.Equal((SideBySide * 3L, SideBySide), (await postgres.ScalarAsync<long>("select count(*) from function_events where revision = 0"), await postgres.ScalarAsync<long>("select count(*) from function_events where revision = 1")));
    }

    private Task<long> WaitingAsync() => postgres.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
}
