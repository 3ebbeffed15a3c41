using System.Data;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Sightings;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Database;

/// <summary>Who waits for whom while something is corrected.</summary>
public sealed class CorrectionGateTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly TestIngest _core = new(postgres.DataSource);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_correction_that_takes_long_stops_no_vehicle_but_its_own()
    {
        await using var correction = await HoldAsync("GA11AAA", "GA11AAB");

        await _core.ApplyAsync(Record(Sighting("GA11AAC", Noon))).WaitAsync(Soon, Token);
        var own = _core.ApplyAsync(Records(Sighting("GA11AAD", Noon), Sighting("GA11AAB", Noon)));
        await WaitingAsync(7, 1);
        await _core.ApplyAsync(Record(Sighting("GA11AAE", Noon))).WaitAsync(Soon, Token);
        Assert.False(own.IsCompleted);

        await correction.EndAsync();
        Assert.Equal(2, (await own.WaitAsync(Soon, Token)).Stored.Count);
    }

    [Fact]
    public async Task A_correction_waits_for_the_batches_that_run_and_none_that_comes_waits_for_it()
    {
        await SettleInAsync();
        await using var connection = await postgres.DataSource.OpenConnectionAsync(Token);
        var batch = await CorrectionGate.BeginBatchAsync(connection, ["GA12AAA"], Token);
        var first = _core.Corrections.RederiveAsync(new VehicleDay("GA12AAA", new DateOnly(2026, 11, 18)), "A test.", "one", Token);
        var second = _core.Corrections.RederiveAsync(new VehicleDay("GA12AAB", new DateOnly(2026, 11, 18)), "A test.", "one", Token);
        await WaitingAsync(2, 2);

        await _core.ApplyAsync(Record(Sighting("GA12AAC", Noon))).WaitAsync(Soon, Token);
        await _core.ApplyAsync(Record(Sighting("GA12AAD", Noon))).WaitAsync(Soon, Token);
        Assert.False(first.IsCompleted || second.IsCompleted);

        await batch.CommitAsync(Token);
        await Task.WhenAll(first, second).WaitAsync(Soon, Token);
    }

    [Fact]
    public async Task Corrections_that_cross_end()
    {
        var (one, two) = (Sighting("GA13AAA", Noon), Sighting("GA13BBB", Noon.AddHours(1)));
        await _core.ApplyAsync(Records(one, two));
        for (var round = 0; round < 10; round++)
        {
            var (a, b) = round % 2 == 0 ? ("GA13BBB", "GA13AAA") : ("GA13AAA", "GA13BBB");
            await Task.WhenAll(
                _core.Reviews.ApplyAsync(one.Id, ReviewDecision.Corrected, a, null, "one", "A test.", Token),
                _core.Reviews.ApplyAsync(two.Id, ReviewDecision.Corrected, b, null, "two", "A test.", Token)).WaitAsync(Soon, Token);
        }

        Assert.Equal(["GA13AAA", "GA13BBB"], await postgres.ColumnAsync<string>("select plate from passages where plate like 'GA13%' order by first_at"));
    }

    [Fact]
    public async Task Of_two_who_name_an_unread_vehicle_at_once_one_is_told_that_the_other_was_first()
    {
        for (var round = 0; round < 10; round++)
        {
            var unread = Sighting(null, Noon.AddMinutes(round));
            await _core.ApplyAsync(Record(unread));
            string[] plates = [$"GA14AA{round}", $"GA14BB{round}"];

            var decisions = plates.Select(p => _core.Reviews.ApplyAsync(unread.Id, ReviewDecision.Corrected, p, "", p, "A test.", Token)).ToArray();
            await Task.WhenAll(decisions).WaitAsync(Soon, Token).ContinueWith(_ => { }, Token, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

            Assert.IsType<DBConcurrencyException>(Assert.Single(decisions, d => d.IsFaulted).Exception!.InnerException);
            var won = (await Assert.Single(decisions, d => d.IsCompletedSuccessfully))!.Plate;
            Assert.Equal([won!], await postgres.ColumnAsync<string>("select plate from passages where plate = any($1)", (object)plates));
        }
    }

    [Fact]
    public async Task While_a_core_of_the_former_release_runs_its_batches_and_these_corrections_wait_for_one_another()
    {
        await SettleInAsync();
        var settings = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { ApplicationName = CorrectionGate.FormerCore, Pooling = false };
        await using var former = new NpgsqlConnection(settings.ConnectionString);
        await former.OpenAsync(Token);

        // Its batch runs: a correction waits.
        await using (var batch = await former.BeginTransactionAsync(Token))
        {
            await ExecuteAsync(former, "select pg_advisory_xact_lock_shared(2, 0)");
            var waits = HoldAsync("GA15AAA");
            await WaitingAsync(2, 1);
            await batch.CommitAsync(Token);
            await using var correction = await waits.WaitAsync(Soon, Token);

            // A correction runs: its next batch waits.
            await using var next = await former.BeginTransactionAsync(Token);
            var locked = ExecuteAsync(former, "select pg_advisory_xact_lock_shared(2, 0)");
            await WaitingAsync(2, 1);
            await correction.EndAsync();
            await locked.WaitAsync(Soon, Token);
        }

        // Its correction runs: a batch waits, and so does a correction, also when it is the last that the core does.
        await using var theirs = await former.BeginTransactionAsync(Token);
        await ExecuteAsync(former, "select pg_advisory_xact_lock(2, 0)");
        var ingest = _core.ApplyAsync(Record(Sighting("GA15AAB", Noon)));
        var rederive = _core.Corrections.RederiveAsync(new VehicleDay("GA15AAC", new DateOnly(2026, 11, 18)), "A test.", "one", Token);
        await WaitingAsync(2, 2);
        await theirs.CommitAsync(Token);
        await Task.WhenAll(ingest, rederive).WaitAsync(Soon, Token);

        // The other tests have none, and Postgres takes its time to end a session.
        await former.CloseAsync();
        await CoreHost.UntilAsync(() => postgres.ScalarAsync<bool>("select not exists (select from pg_stat_activity where datname = current_database() and application_name = $1)", CorrectionGate.FormerCore), "its session has ended");
    }

    [Fact]
    public async Task Batches_and_corrections_side_by_side_leave_the_charges_that_the_readings_call_for()
    {
        await postgres.ExecuteAsync("insert into stations (id, name, latitude, longitude) select 'gate-' || n, 'Gate ' || n, 51.5, -0.1 from generate_series(0, 2) n");
        await postgres.ExecuteAsync("insert into station_zones (station_id, zone) select 'gate-' || n, 'ulez' from generate_series(0, 2) n");
        await postgres.ExecuteAsync("insert into vehicles (plate, class, fuel, euro) select 'GA16AA' || chr(65 + n), 'car', 'diesel', 4 from generate_series(0, 25) n");
        var random = new Random(7);
        string Plate() => "GA16AA" + (char)('A' + random.Next(26));
        var rounds = Enumerable.Range(0, 60).Select(round => Enumerable.Range(0, 5).Select(n => Sighting(Plate(), Noon.AddDays(round % 4).AddSeconds((round * 120) + n), $"gate-{round % 3}")).ToArray()).ToArray();
        var corrected = rounds.Select(r => (r[0].Id, Plate: Plate())).ToArray();
        var stored = rounds.Select(_ => new TaskCompletionSource()).ToArray();

        async Task IngestAsync(int lane)
        {
            var own = new TestIngest(postgres.DataSource);
            for (var i = lane; i < rounds.Length; i += 3)
            {
                await own.ApplyAsync(Records(rounds[i]));
                stored[i].SetResult();
            }
        }

        async Task CorrectAsync()
        {
            for (var i = 0; i < rounds.Length; i++)
            {
                await stored[i].Task;
                await _core.Reviews.ApplyAsync(corrected[i].Id, ReviewDecision.Corrected, corrected[i].Plate, null, "one", "A test.", Token);
            }
        }

        await Task.WhenAll(IngestAsync(0), IngestAsync(1), IngestAsync(2), CorrectAsync()).WaitAsync(TimeSpan.FromMinutes(2), Token);
        await _core.Ingest.WorkOffAsync(Token);

        Assert.True(await postgres.ScalarAsync<long>("select count(*) from charge_entries where plate like 'GA16%' and kind = 'reversal'") > 0);
        for (var n = 0; n < 26 * 4; n++)
        {
            var (lines, _) = await _core.Corrections.RederiveAsync(new VehicleDay("GA16AA" + (char)('A' + (n / 4)), new DateOnly(2026, 11, 18).AddDays(n % 4)), "A test.", "one", Token);
            Assert.Empty(lines);
        }

        Assert.Equal(300L, await postgres.ScalarAsync<long>("select sum(sightings) from passages where plate like 'GA16%'"));
        Assert.Equal(0L, await postgres.ScalarAsync<long>("select count(*) from sightings s where plate like 'GA16%' and not exists (select from passages p where p.id = s.passage_id and p.plate = s.plate and s.captured_at between p.first_at and p.last_at)"));
    }

    [Fact]
    public async Task Two_corrections_whose_readings_speak_against_one_another_do_not_both_charge()
    {
        await SettleInAsync();
        await postgres.ExecuteAsync("insert into stations (id, name, latitude, longitude) values ('gate-two', 'Gate two', 51.5, -0.1); insert into station_zones (station_id, zone) values ('gate-two', 'ulez')");
        await postgres.ExecuteAsync("insert into vehicles (plate, class, fuel, euro) values ('DV18ABC', 'car', 'diesel', 4), ('DY18ABC', 'car', 'diesel', 4)");
        var front = Sighting("DV18ABC", Noon, "gate-two", 0.8);
        var rear = Sighting("DY18ABC", Noon.AddSeconds(3), "gate-two", 0.8) with { CameraId = "gate-two-n2" };
        await _core.ApplyAsync(Records(front, rear));

        // The first has found nothing against its reading, and is held where it charges the vehicle.
        await postgres.ExecuteAsync(
            """
            create function hold_charge() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(99, 1); return new; end $$;
            create trigger hold_charge before insert on charge_entries for each row when (new.plate = 'DV18ABC') execute function hold_charge()
            """);
        await using var connection = await postgres.DataSource.OpenConnectionAsync(Token);
        await using var hold = await connection.BeginTransactionAsync(Token);
        await ExecuteAsync(connection, "select pg_advisory_xact_lock(99, 1)");
        var review = _core.Reviews.ApplyAsync(front.Id, ReviewDecision.Confirmed, null, null, "one", "A test.", Token);
        await WaitingAsync(99, 1);
        var revision = _core.ApplyAsync(Record(rear with { Revision = 1, Confidence = 0.98 }));
        await CoreHost.UntilAsync(async () => revision.IsCompleted || await IsWaitingAsync(2), "the revision is applied or waits");
        await hold.CommitAsync(Token);
        await Task.WhenAll(review, revision).WaitAsync(Soon, Token);

        Assert.Equal(["DV18ABC"], await postgres.ColumnAsync<string>("select plate from charge_entries where plate in ('DV18ABC', 'DY18ABC') group by plate having sum(amount) > 0"));
        Assert.Equal([rear.Id], await postgres.ColumnAsync<Guid>("select sighting_id from review_cases where kind = 'two-readings' and state = 'open' and station_id = 'gate-two'"));
    }

    [Fact]
    public async Task Corrections_run_alone_for_a_minute_after_a_core_of_the_former_release_was_seen()
    {
        await SettleInAsync();
        var time = new FakeTimeProvider();
        FormerCores.Of(postgres.DataSource).Seen(time);
        await using (var alone = await HoldAsync("GA17AAA"))
        {
            var other = _core.ApplyAsync(Record(Sighting("GA17AAB", Noon, "gate-aside")));
            await WaitingAsync(2, 1);
            await alone.EndAsync();
            await other.WaitAsync(Soon, Token);
        }

        time.Advance(TimeSpan.FromSeconds(61));
        await using var beside = await HoldAsync("GA17AAA");
        await _core.ApplyAsync(Record(Sighting("GA17XYZ", Noon, "gate-aside"))).WaitAsync(Soon, Token);
    }

    [Fact]
    public async Task Whoever_waits_until_nothing_else_runs_lets_batches_run_meanwhile()
    {
        await using var connection = await postgres.DataSource.OpenConnectionAsync(Token);
        await using var batch = await CorrectionGate.BeginBatchAsync(connection, ["GA19AAA"], Token);
        var alone = HoldAsync([.. Enumerable.Range(0, CorrectionGate.MostPlates + 1).Select(n => $"GA19B{n}")]);
        await WaitingAsync(2, 1);

        await _core.ApplyAsync(Record(Sighting("GA19CCC", Noon, "gate-alone"))).WaitAsync(Soon, Token);
        Assert.False(alone.IsCompleted);

        await batch.CommitAsync(Token);
        await using var held = await alone.WaitAsync(Soon, Token);
    }

    private async Task<HeldCorrection> HoldAsync(params string[] plates)
    {
        await SettleInAsync();
        var held = new HeldCorrection();
        held.Run(CorrectionGate.CorrectAsync(
            postgres.DataSource,
            plates,
            async correction =>
            {
                held.Entered.SetResult();
                await held.Release.Task;
                await correction.Transaction.CommitAsync(Token);
                return true;
            },
            Token));
        await held.Entered.Task.WaitAsync(Soon, Token);
        return held;
    }

    // Soon after a start of Postgres corrections run alone.
    private Task SettleInAsync() =>
        CoreHost.UntilAsync(() => postgres.ScalarAsync<bool>("select pg_postmaster_start_time() < clock_timestamp() - interval '6 seconds'"), "Postgres has been there for some seconds");

    private Task<bool> IsWaitingAsync(int lockClass) => postgres.ScalarAsync<bool>(
        "select exists (select from pg_locks where locktype = 'advisory' and not granted and classid::int = $1 and database = (select oid from pg_database where datname = current_database()))", lockClass);

    private Task WaitingAsync(int lockClass, long count) => CoreHost.UntilAsync(
        async () => await postgres.ScalarAsync<long>(
            "select count(*) from pg_locks where locktype = 'advisory' and not granted and classid::int = $1 and database = (select oid from pg_database where datname = current_database())", lockClass) >= count,
        "they wait");

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    private sealed class HeldCorrection : IAsyncDisposable
    {
        private Task _run = Task.CompletedTask;

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Run(Task run) => _run = run;

        public async Task EndAsync()
        {
            Release.TrySetResult();
            await _run.WaitAsync(Soon);
        }

        public async ValueTask DisposeAsync() => await EndAsync();
    }
}
