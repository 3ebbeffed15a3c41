using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DuckDB.NET.Data;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Reports;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Sql;

/// <summary>What people at the console ask by SQL: on a real Postgres and a real lake, bounded, as a reader, and written down.</summary>
public sealed class SqlTests(SqlHost host) : IClassFixture<SqlHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private CoreHost Core => host.Core;

    [Theory]
    [InlineData("select day, sum(amount) as pounds from city.charges group by day order by day", "lake", "numeric")]
    [InlineData("select day, sum(amount) as pounds from city.live_charges group by day order by day", "postgres", "numeric")]
    [InlineData("select day, sum(amount) as pounds from city.live_charges charges where exists (select id as passages from city.live_passages) group by day order by day", "postgres", "numeric")]
    [InlineData("select c.day, sum(c.amount) as pounds from city.charges c where exists (select from city.live_charges l where l.day = c.day) group by c.day order by c.day", "both", "numeric")]
    public async Task A_statement_says_its_rows_their_types_and_where_it_ran(string sql, string where, string type)
    {
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        var result = await RunAsync(analyst, sql);
        Assert.Equal([("day", "date"), ("pounds", type)], result.Columns.Select(c => (c.Name, c.Type)));
        Assert.Equal([["2026-10-24", "91.50"], ["2026-10-25", "61.00"], ["2026-10-26", "91.50"]], result.Rows.Select(r => r.ToArray()));
        Assert.Equal((where, null, where == "both", false), (result.Where, result.Cut, result.Why is { Length: > 20 }, result.SawPlates));
        Assert.True(result.Milliseconds > 0);
    }

    [Theory]
    [InlineData("-- toll\nselect day, sum(amount) from city.charges group by day", "lake", "Lake", "city.charges:")]
    [InlineData("select count(*) from city.live_charges", "postgres", "Aggregate", "Scan")]
    [InlineData("select c.day from city.charges c join city.live_charges l on l.day = c.day where c.day >= (select date '2026-10-25')", "both", "", "Remote SQL: SELECT day FROM city.charges")]
    public async Task A_plan_says_what_the_lake_does_and_what_Postgres_does(string sql, string where, string first, string holds)
    {
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        var plan = await RunAsync(analyst, $"explain verbose {sql}");
        Assert.Equal(("QUERY PLAN", "text"), (plan.Columns.Single().Name, plan.Columns.Single().Type));
        Assert.StartsWith(first, plan.Rows[0][0], StringComparison.Ordinal);
        Assert.Contains(holds, string.Join('\n', plan.Rows.Select(r => r[0])), StringComparison.Ordinal);
        Assert.Equal((where, where == "both"), (plan.Where, plan.Why is not null));
    }

    [Fact]
    public async Task One_row_with_the_plates_of_many_counts_by_its_characters()
    {
        var options = Core.Services.GetRequiredService<IOptions<AccessOptions>>().Value;
        var before = options.SqlCharactersAnHour;
        options.SqlCharactersAnHour = 60;
        try
        {
            foreach (var (sql, where) in new[] { ("select string_agg(plate, ',' order by plate) from city.charges", "lake"), ("select string_agg(plate, ',' order by plate) from city.live_charges", "postgres") })
            {
                using var administrator = await Caller.OfRoleAsync(Core, Role.Administrator);
                administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "case 9");
                var all = await RunAsync(administrator, sql);
                Assert.Equal(where, where == "lake" && all.Why is not null ? "lake" : all.Where);
                Assert.True(Assert.Single(all.Rows)[0]!.Length > 60);
                var refused = await FailAsync(administrator, sql);
                Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
                Assert.Contains("60 characters of SQL answers with plates this hour, which is the limit (Core:Access:SqlCharactersAnHour)", refused.Detail, StringComparison.Ordinal);
                administrator.Http.DefaultRequestHeaders.Remove("Audit-Reason");
                await RunAsync(administrator, "select count(*) from city.live_charges");
            }
        }
        finally
        {
            options.SqlCharactersAnHour = before;
        }
    }

    [Fact]
    public async Task Tables_are_listed_with_their_types_and_what_takes_plates()
    {
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        var view = await Caller.ReadAsync<SqlView>(await analyst.Http.GetAsync("/api/sql", Token));
        Assert.Equal((null, false), (view.Missing, view.MaySeePlates));
        var charges = view.Tables.Single(t => t.Name == "city.charges");
        Assert.True(charges.IsInLake);
        Assert.Contains(new SqlColumn("plate", "text", NeedsPlates: true), charges.Columns);
        Assert.Contains(new SqlColumn("amount", "numeric(10,2)"), charges.Columns);
        Assert.False(view.Tables.Single(t => t.Name == "city.live_passages").IsInLake);
        using var administrator = await Caller.OfRoleAsync(Core, Role.Administrator);
        Assert.True((await Caller.ReadAsync<SqlView>(await administrator.Http.GetAsync("/api/sql", Token))).MaySeePlates);
    }

    [Fact]
    public async Task Every_example_runs_and_the_first_tells_toll_and_pollution_by_fuel_and_Euro_standard()
    {
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        var examples = (await Caller.ReadAsync<SqlView>(await analyst.Http.GetAsync("/api/sql", Token))).Examples;
        Assert.True(examples.Count >= 3);
        foreach (var example in examples)
        {
            await RunAsync(analyst, example.Sql);
        }

        var rows = (await RunAsync(analyst, examples[0].Sql.Replace("current_date - 30", "date '2026-10-26'", StringComparison.Ordinal))).Rows;
        Assert.Equal([["2026-10-26", "diesel", "4", "18.00", "12.50"], ["2026-10-26", "electric", null, "18.00", "12.50"], ["2026-10-26", "petrol", "3", "18.00", "12.50"]], rows.Select(r => r.ToArray()));
    }

    [Fact]
    public async Task Plates_and_keepers_are_for_who_may_see_them_and_says_why()
    {
        const string Registry = "select plate, keeper from city.registry where make = 'Ford'";
        const string InLake = "select distinct plate from city.charges order by plate";
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        using var administrator = await Caller.OfRoleAsync(Core, Role.Administrator);
        analyst.Http.DefaultRequestHeaders.Add("Audit-Reason", "curiosity");
        foreach (var blind in (Caller[])[analyst, administrator])
        {
            Assert.Equal(["SQ***", null], Assert.Single((await RunAsync(blind, Registry)).Rows));
            var refused = await FailAsync(blind, InLake);
            Assert.Equal((HttpStatusCode.BadRequest, "42501"), (refused.Status, refused.State));
        }

        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "case 7");
        var seen = await RunAsync(administrator, Registry);
        Assert.Equal(["SQ01AAA", "Ada Keeper"], Assert.Single(seen.Rows));
        Assert.True(seen.SawPlates);
        Assert.Equal(("lake", 3), ((await RunAsync(administrator, InLake)).Where, (await RunAsync(administrator, InLake)).Rows.Count));
        Assert.Contains(await AuditAsync("sql.run"), l => l.Subject == Registry && l.Reason == "case 7" && l.Details!.Contains("\"sawPlates\":true", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rows_of_a_restricted_plate_are_in_no_answer()
    {
        string[] ofOne =
        [
            "select count(*) from city.live_charges where make = 'Tesla'",
            "select count(*) from city.live_passages where make = 'Tesla' and station_id = 'london-a1'",
            "select count(*) - 6 from city.charges where day between date '2026-10-24' and date '2026-10-26' and amount > 0 and scheme = 'ulez'",
            "select count(*) - 3 from city.passages",
        ];
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        using var administrator = await Caller.OfRoleAsync(Core, Role.Administrator);
        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "case 8");
        async Task<string?[]> CountsAsync(Caller caller)
        {
            var counts = new List<string?>();
            foreach (var sql in ofOne)
            {
                counts.Add((await RunAsync(caller, sql)).Rows[0][0]);
            }

            return [.. counts];
        }

        foreach (var caller in (Caller[])[analyst, administrator])
        {
            Assert.Equal(["6", "1", "3", "1"], await CountsAsync(caller));
            await Core.Postgres.ExecuteAsync("insert into plate_restrictions (id, plate, reason, from_day, restricted_by, restricted_at) values (gen_random_uuid(), 'SQ02BBB', 'r', '2026-01-01', 'o', now())");
            try
            {
                Assert.Equal(["0", "0", "0", "0"], await CountsAsync(caller));
            }
            finally
            {
                await Core.Postgres.ExecuteAsync("update plate_restrictions set lifted_at = now(), lifted_by = 'o', lift_reason = 'r' where lifted_at is null");
            }
        }
    }

    [Fact]
    public async Task A_fault_is_told_with_its_place_and_the_server_s_hint()
    {
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        var fault = await FailAsync(analyst, "select day, pund from city.live_charges");
        Assert.Equal((HttpStatusCode.BadRequest, "42703", 13), (fault.Status, fault.State, fault.Position));
        Assert.Contains("pund", fault.Detail, StringComparison.Ordinal);
        Assert.Contains(await AuditAsync("sql.run"), l => l.Subject == "select day, pund from city.live_charges" && l.Details!.Contains("failed: 42703", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("select 1; select 2", "42601")]
    [InlineData("delete from public.charge_entries", "25006")]
    [InlineData("create table city.mine (a int)", "25006")]
    [InlineData("select pg_read_file('/etc/passwd')", "42501")]
    [InlineData("copy city.live_stations to program 'id'", "42501")]
    [InlineData("select * from public.users", null)]
    public async Task Nobody_changes_anything_or_reads_what_is_not_of_the_city(string sql, string? state)
    {
        using var administrator = await Caller.OfRoleAsync(Core, Role.Administrator);
        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "to try it");
        var fault = await FailAsync(administrator, sql);
        Assert.Equal(HttpStatusCode.BadRequest, fault.Status);
        Assert.True(state is null || fault.State == state, fault.ToString());
    }

    [Fact]
    public async Task A_statement_is_written_down_before_it_runs_and_cancelled_for_good()
    {
        const string Sleep = "select pg_sleep(120) as cancelled_by_hand";
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        var running = analyst.Http.PostAsJsonAsync("/api/sql/run", new SqlStatement(Sleep), Token);
        await CoreHost.UntilAsync(async () => await RunningAsync(Sleep) == 1, "the statement runs");
        Assert.Equal(1L, await Core.Postgres.ScalarAsync<long>("select count(*) from audit_intents where action = 'sql.run' and subject = $1", Sleep));

        // Another of the same user waits for nobody; one of somebody else runs.
        var second = await FailAsync(analyst, "select 1");
        Assert.Equal(HttpStatusCode.Conflict, second.Status);
        using var other = await Caller.OfRoleAsync(Core, Role.Analyst);
        Assert.Equal("1", (await RunAsync(other, "select 1")).Rows[0][0]);
        Assert.Equal(HttpStatusCode.NotFound, (await other.Http.DeleteAsync("/api/sql/run", Token)).StatusCode);

        var began = Stopwatch.StartNew();
        Assert.Equal(HttpStatusCode.NoContent, (await analyst.Http.DeleteAsync("/api/sql/run", Token)).StatusCode);
        var answer = await FaultAsync(await running);
        Assert.Equal((HttpStatusCode.Conflict, "57014"), (answer.Status, answer.State));
        Assert.True(began.Elapsed < TimeSpan.FromSeconds(60));
        await CoreHost.UntilAsync(async () => await RunningAsync(Sleep) == 0, "Postgres does not run it any more");
        var line = Assert.Single(await AuditAsync("sql.run"), l => l.Subject == Sleep);
        Assert.Contains("\"outcome\":\"cancelled\"", line.Details, StringComparison.Ordinal);
        Assert.Equal(0L, await Core.Postgres.ScalarAsync<long>("select count(*) from audit_intents where subject = $1", Sleep));
        Assert.Equal("1", (await RunAsync(analyst, "select 1")).Rows[0][0]);
    }

    [Fact]
    public async Task A_statement_that_runs_in_the_lake_is_cancelled_there()
    {
        // All lines of the ledger with one another, nine times over.
        var endless = $"select count(*) from {string.Join(", ", "abcdefghi".Select(t => $"city.charges {t}"))} where {string.Join(" + ", "abcdefghi".Select(t => $"{t}.amount"))} = 1";
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        var running = analyst.Http.PostAsJsonAsync("/api/sql/run", new SqlStatement(endless), Token);
        await CoreHost.UntilAsync(async () => await Core.Postgres.ScalarAsync<long>("select count(*) from audit_intents where action = 'sql.run' and subject = $1", endless) == 1, "the statement is written down");
        Assert.Equal(0L, await RunningAsync(endless));
        await CoreHost.UntilAsync(async () =>
        {
            using var cancelled = await analyst.Http.DeleteAsync("/api/sql/run", Token);
            return running.IsCompleted || (await Task.WhenAny(running, Task.Delay(200, Token))) == running;
        }, "the lake has stopped");
        var answer = await FaultAsync(await running);
        Assert.Equal((HttpStatusCode.Conflict, "57014"), (answer.Status, answer.State));
        Assert.Equal("1", (await RunAsync(analyst, "select 1")).Rows[0][0]);
    }

    [Fact]
    public async Task A_statement_whose_caller_goes_away_ends_and_is_written_down()
    {
        const string Sleep = "select pg_sleep(120) as nobody_waits";
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        using var away = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = analyst.Http.PostAsJsonAsync("/api/sql/run", new SqlStatement(Sleep), away.Token);
        await CoreHost.UntilAsync(async () => await RunningAsync(Sleep) == 1, "the statement runs");
        await away.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await CoreHost.UntilAsync(async () => await RunningAsync(Sleep) == 0, "Postgres does not run it any more");
        await CoreHost.UntilAsync(async () => (await AuditAsync("sql.run")).Any(l => l.Subject == Sleep && l.Details!.Contains("\"outcome\":\"cancelled\"", StringComparison.Ordinal)), "the audit says that it was cancelled");
    }

    [Fact]
    public async Task A_endlessanswer_is_cut_and_says_so_and_the_rest_is_not_waited_for()
    {
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        var began = Stopwatch.StartNew();
        var result = await RunAsync(analyst, "select generate_series(1, 2000000000) as n, repeat('x', 30000) as long");
        Assert.Equal(100, result.Rows.Count);
        Assert.Contains("first 100 rows", result.Cut, StringComparison.Ordinal);
        Assert.Equal((10_001, '…'), (result.Rows[0][1]!.Length, result.Rows[0][1]![^1]));
        Assert.True(began.Elapsed < TimeSpan.FromSeconds(100), began.Elapsed.ToString());
        await CoreHost.UntilAsync(async () => await Core.Postgres.ScalarAsync<long>("select count(*) from pg_stat_activity where state = 'active' and query like 'select generate_series(1, 20000%' and pid <> pg_backend_pid()") == 0, "Postgres does not run it any more");
        Assert.Null((await RunAsync(analyst, "select n from generate_series(1, 100) n")).Cut);
        Assert.Empty((await RunAsync(analyst, "set work_mem = '5MB'")).Columns);
    }

    [Fact]
    public async Task No_trace_holds_what_a_person_asks()
    {
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        var told = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a => told.Add(a.Source.Name + " " + string.Join(' ', a.TagObjects.Select(t => $"{t.Key}={t.Value}").Append(a.DisplayName))),
        };
        ActivitySource.AddActivityListener(listener);
        await RunAsync(analyst, "select 'SQ99ZZZ' as asked");
        await FailAsync(analyst, "select 'SQ99ZZZ' as asked from city.nothing");
        Assert.Contains(told, t => t.StartsWith("Npgsql", StringComparison.Ordinal));
        Assert.DoesNotContain(told, t => t.Contains("SQ99ZZZ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_has_every_row_and_no_formula()
    {
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        using var answer = await analyst.Http.PostAsJsonAsync("/api/sql/export", new SqlStatement("select n, -1.50 as minus, '=1+1' as text, null as nothing from generate_series(1, 5000) n"), Token);
        Assert.Equal(("text/csv", HttpStatusCode.OK), (answer.Content.Headers.ContentType?.MediaType, answer.StatusCode));
        var lines = (await answer.Content.ReadAsStringAsync(Token)).TrimEnd().Split("\r\n");
        Assert.Equal((5001, "n,minus,text,nothing"), (lines.Length, lines[0]));
        Assert.StartsWith("1,-1.50,", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain(",=1+1", lines[1], StringComparison.Ordinal);
        Assert.Contains(await AuditAsync("sql.export"), l => l.Details!.Contains("\"rows\":5000", StringComparison.Ordinal));
        Assert.Equal("42P01", (await FaultAsync(await analyst.Http.PostAsJsonAsync("/api/sql/export", new SqlStatement("select * from city.nothing"), Token))).State);
    }

    [Fact]
    public async Task A_Parquet_file_has_every_row_with_its_types_and_says_which_value_it_cannot_hold()
    {
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        using var answer = await analyst.Http.PostAsJsonAsync(
            "/api/sql/export?format=parquet",
            new SqlStatement(
                """
                select n, n * 0.01 as money, n / 2.0::float8 as half, date '2026-11-23' + n % 7 as day, timestamptz '2026-11-23 12:00:00.123456+02' as seen, timestamp '2026-11-23 12:00' as clock,
                       n % 2 = 0 as even, case when n > 1 then 'Zoë ' || n end as text, 1 as twice, 2 as twice
                from generate_series(1, 120000) n
                """),
            Token);
        Assert.Equal(("application/vnd.apache.parquet", HttpStatusCode.OK), (answer.Content.Headers.ContentType?.MediaType, answer.StatusCode));
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, await answer.Content.ReadAsByteArrayAsync(Token), Token);
            using var duck = new DuckDBConnection("DataSource=:memory:");
            duck.Open();
            using var command = duck.CreateCommand();
            command.CommandText = $"set timezone = 'UTC'; select concat_ws(' ', count(*), sum(n), sum(money), max(half), max(day), min(seen), min(clock), count(*) filter (where even), count(text), max(text), sum(twice_2), typeof(min(n)), typeof(min(seen)), typeof(min(money))) from read_parquet('{path}')";
            Assert.Equal("120000 7200060000 72000600.0000000000 60000.0 2026-11-29 2026-11-23 10:00:00.123456+00 2026-11-23 12:00:00 60000 119999 Zoë 99999 240000 BIGINT TIMESTAMP WITH TIME ZONE DECIMAL(29,10)", command.ExecuteScalar());
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Contains("Column far has the value infinity", (await FaultAsync(await analyst.Http.PostAsJsonAsync("/api/sql/export?format=parquet", new SqlStatement("select timestamptz 'infinity' as far"), Token))).Detail, StringComparison.Ordinal);
        using var wrong = await analyst.Http.PostAsJsonAsync("/api/sql/export?format=xlsx", new SqlStatement("select 1"), Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Saved_statements_are_ones_own_until_they_are_shared()
    {
        using var ada = await Caller.OfRoleAsync(Core, Role.Analyst);
        using var bob = await Caller.OfRoleAsync(Core, Role.Analyst);
        using var administrator = await Caller.OfRoleAsync(Core, Role.Administrator);
        var own = await Caller.ReadAsync<SqlQueryView>(await ada.Http.PostAsJsonAsync("/api/sql/queries", new SqlQueryChange("Mine", "select 1", false), Token));
        Assert.Equal(HttpStatusCode.Conflict, (await ada.Http.PostAsJsonAsync("/api/sql/queries", new SqlQueryChange(" Mine ", "select 2", false), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await ada.Http.PostAsJsonAsync("/api/sql/queries", new SqlQueryChange(" ", "select 2", false), Token)).StatusCode);
        Assert.DoesNotContain(await ListAsync(bob), q => q.Id == own.Id);

        var shared = await Caller.ReadAsync<SqlQueryView>(await ada.Http.PutAsJsonAsync($"/api/sql/queries/{own.Id}", new SqlQueryChange("Ours", "select 3", true), Token));
        Assert.Equal(("Ours", "select 3", own.Owner), (shared.Name, shared.Sql, shared.Owner));
        Assert.Contains(await ListAsync(bob), q => q.Id == own.Id);
        Assert.Equal(HttpStatusCode.NotFound, (await bob.Http.PutAsJsonAsync($"/api/sql/queries/{own.Id}", new SqlQueryChange("Mine now", "select 4", true), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await bob.Http.DeleteAsync($"/api/sql/queries/{own.Id}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await administrator.Http.DeleteAsync($"/api/sql/queries/{own.Id}", Token)).StatusCode);
        Assert.DoesNotContain(await ListAsync(ada), q => q.Id == own.Id);
        Assert.Contains(await AuditAsync("sql.delete"), l => l.Subject!.Contains("Ours", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_report_as_SQL_gives_the_report_s_numbers()
    {
        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        const string Days = "?from=2026-10-24&to=2026-10-26";
        var charges = await Caller.ReadAsync<Report<ChargesRow>>(await analyst.Http.GetAsync("/api/reports/charges" + Days, Token));
        Assert.NotEmpty(charges.Rows);
        Assert.Equal(
            charges.Rows.Select(r => $"{r.Day:yyyy-MM-dd} {r.Scheme} {r.Purpose} {r.Vehicles} {r.Amount} {(r.Reversed == 0 ? 0 : r.Reversed)}"),
            (await AsSqlAsync(analyst, "charges" + Days)).Select(r => string.Join(' ', r)));
        var hours = await Caller.ReadAsync<Report<HourRow>>(await analyst.Http.GetAsync("/api/reports/hours" + Days, Token));
        Assert.NotEmpty(hours.Rows);
        Assert.Equal(hours.Rows.Select(r => $"{r.Hour} {r.StationId} {r.Station} {r.Passages}"), (await AsSqlAsync(analyst, "hours" + Days)).Select(r => string.Join(' ', r)));
        Assert.Equal(HttpStatusCode.NotFound, (await analyst.Http.GetAsync("/api/sql/reports/nothing", Token)).StatusCode);
    }

    [Fact]
    public async Task Each_report_of_counted_days_as_SQL_gives_its_numbers_without_plates()
    {
        const string Days = "?from=2026-10-24&to=2026-10-26";
        await Core.Postgres.ExecuteAsync(
            """
            delete from report_days;
            insert into stations (id, name, latitude, longitude) values ('sql-a', 'Alpha', 51.5, -0.1), ('sql-b', 'Beta', 51.52, -0.08);
            insert into station_zones (station_id, zone) values ('sql-a', 'ulez'), ('sql-b', 'ulez');
            insert into passages (id, plate, station_id, camera_id, first_at, last_at, sightings, best_sighting_id, best_at, best_confidence)
            select gen_random_uuid(), (array['SQ01AAA', 'SQ02BBB', 'SQ03CCC', 'NOBODY'])[n % 4 + 1], (array['sql-a', 'sql-b'])[n / 4 % 2 + 1], 'c', at, at + interval '3 seconds', 1, gen_random_uuid(), at, 0.9
            from generate_series(0, 39) n, lateral (select timestamptz '2026-10-24 06:00Z' + n % 4 * interval '1 hour' + n / 4 * (interval '7 minutes' + n % 4 * interval '100 seconds') + n / 16 * interval '1 day' as at) a
            """);
        var counting = Core.Services.GetRequiredService<ReportDays>();
        await CoreHost.UntilAsync(async () => await counting.CountNextAsync(Token) is (null, false), "all days are counted");

        using var analyst = await Caller.OfRoleAsync(Core, Role.Analyst);
        await SameAsync<ComplianceRow>("compliance", r => [r.Class, r.Fuel, r.Euro, r.Vehicles, r.Compliant]);
        await SameAsync<StationRow>("stations", r => [r.StationId, r.Station, r.Passages, r.Vehicles, r.BusiestHour]);
        await SameAsync<TravelRow>("travel", r => [r.FromStationId, r.From, r.ToStationId, r.To, r.Vehicles, r.Median.TotalSeconds, r.P90.TotalSeconds, r.Kilometres, r.KilometresAnHour]);
        await SameAsync<DwellRow>("dwell", r => [r.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), r.Vehicles, CongestionReports.Minutes(r.Median), CongestionReports.Minutes(r.P90)]);
        await SameAsync<EmissionsRow>("emissions", r => [r.Zone, r.Class, r.Fuel, r.Euro, r.Passages, r.Kilometres, r.NoxGrams, r.PmGrams, r.Co2Kilograms]);
        await SameAsync<ReadsRow>("reads", r => [r.StationId, r.CameraId, r.Sightings, r.Read, r.MeanConfidence, r.Reviewed, r.Corrected], mayBeEmpty: true);
        await SameAsync<VersionsRow>("versions", r => [r.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), r.Version, r.StationId, r.Sightings, r.Read, r.Reviewed, r.Corrected], mayBeEmpty: true);

        async Task SameAsync<T>(string name, Func<T, object?[]> values, bool mayBeEmpty = false)
        {
            var report = await Caller.ReadAsync<Report<T>>(await analyst.Http.GetAsync($"/api/reports/{name}{Days}", Token));
            Assert.True(mayBeEmpty || report.Rows.Count > 0, $"{name} has no rows.");
            Assert.Equal(
                report.Rows.Select(r => string.Join(' ', values(r).Select(v => Plain(Convert.ToString(v, CultureInfo.InvariantCulture))))).Order(StringComparer.Ordinal),
                (await AsSqlAsync(analyst, name + Days)).Select(r => string.Join(' ', r.Select(Plain))).Order(StringComparer.Ordinal));
        }

        // 0.50 and 0.5 are one number.
        static string Plain(string? value) => decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number.ToString("0.######", CultureInfo.InvariantCulture) : value ?? "";
    }

    [Theory]
    [InlineData(null, null, "Start SmartCity.Lake")]
    [InlineData("127.0.0.1:1", "nobody", "does not answer at 127.0.0.1:1")]
    [InlineData("postgres", "owner", "owns the database")]
    [InlineData("lake", SqlHost.Sees, "sees plates")]
    [InlineData("lake", "sql_tests_nobody", "does not let in the role sql_tests_nobody")]
    public async Task Without_a_reader_s_way_to_the_lake_nothing_runs_and_it_says_what_to_do(string? address, string? role, string said)
    {
        var postgres = new NpgsqlConnectionStringBuilder(Core.Postgres.ConnectionString);
        await using var app = Core.Build(Core.Postgres.ConnectionString, new()
        {
            ["Core:Sql:Address"] = address switch { "postgres" => $"{postgres.Host}:{(postgres.Port == 0 ? 5432 : postgres.Port)}", "lake" => Core.Settings!["Core:Sql:Address"], _ => address },
            ["Core:Sql:Role"] = role == "owner" ? postgres.Username ?? Environment.UserName : role,
            ["Core:Sql:Password"] = "x",
        });
        await app.StartAsync(Token);
        using var http = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
        http.DefaultRequestHeaders.Authorization = Core.Http.DefaultRequestHeaders.Authorization;
        var missing = (await http.GetFromJsonAsync<SqlView>("/api/sql", Token))!.Missing;
        Assert.Contains(said, missing, StringComparison.Ordinal);
        var refused = await FaultAsync(await http.PostAsJsonAsync("/api/sql/run", new SqlStatement("select 1"), Token));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, missing), (refused.Status, refused.Detail));
        await app.StopAsync(Token);
    }

    private async Task<IReadOnlyList<AuditLine>> AuditAsync(string action) => (await Core.Http.GetFromJsonAsync<Page<AuditLine>>($"/api/audit?action={action}&limit=500", Token))!.Items;

    private Task<long> RunningAsync(string sql) => Core.Postgres.ScalarAsync<long>("select count(*) from pg_stat_activity where state = 'active' and query = $1", sql);

    private static async Task<IReadOnlyList<IReadOnlyList<string?>>> AsSqlAsync(Caller caller, string report) =>
        (await RunAsync(caller, (await Caller.ReadAsync<SqlStatement>(await caller.Http.GetAsync($"/api/sql/reports/{report}", Token))).Sql!)).Rows;

    private static async Task<IReadOnlyList<SqlQueryView>> ListAsync(Caller caller) => (await caller.Http.GetFromJsonAsync<List<SqlQueryView>>("/api/sql/queries", Token))!;

    private static async Task<SqlResult> RunAsync(Caller caller, string sql) => await Caller.ReadAsync<SqlResult>(await caller.Http.PostAsJsonAsync("/api/sql/run", new SqlStatement(sql), Token));

    private static async Task<Fault> FailAsync(Caller caller, string sql) => await FaultAsync(await caller.Http.PostAsJsonAsync("/api/sql/run", new SqlStatement(sql), Token));

    private static async Task<Fault> FaultAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
            string? Text(string name) => problem.RootElement.TryGetProperty(name, out var value) ? value.ToString() : null;
            return new Fault(answer.StatusCode, Text("detail") ?? "", Text("state"), Text("position") is { } at ? int.Parse(at, System.Globalization.CultureInfo.InvariantCulture) : null);
        }
    }

    private sealed record Fault(HttpStatusCode Status, string Detail, string? State, int? Position);
}
