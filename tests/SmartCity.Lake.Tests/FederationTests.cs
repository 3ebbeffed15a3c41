using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Tests.Database;
using SmartCity.Lake.Foreign;
using SmartCity.Lake.Relay;

namespace SmartCity.Lake.Tests;

/// <summary>Statements that join the lake with live tables run in Postgres, which asks the lake for its part.</summary>
[Collection(LakeCityTests.Name)]
public class FederationTests(LakeCity city, PostgresServer server)
{
    private const string Toll =
        """
        select c.day, r.fuel, r.euro, sum(c.amount) filter (where c.scheme = 'congestion') as toll, sum(c.amount) filter (where c.scheme in ('ulez', 'lez')) as pollution
        from city.charges c join city.registry r on r.plate = c.plate
        where c.day >= date '2026-04-01' group by 1, 2, 3 order by 1, 2, 3
        """;

    // What never ends, is another each time, or is not done with a view.
    private static readonly string[] Undecided = ["with recursive", "distinct on", "tablesample"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>All statements that the lake runs whole, and those that it does not.</summary>
    public static TheoryData<string> Statements =>
    [
        .. typeof(SameAnswerTests).GetMethods().Where(m => m.Name is nameof(SameAnswerTests.The_lake_and_Postgres_give_the_same_text) or nameof(SameAnswerTests.What_may_mean_something_else_does_not_run_in_the_lake_and_says_why))
            .SelectMany(m => m.GetCustomAttributes<InlineDataAttribute>()).Select(a => (string)a.Data[0]!)
            .Where(s => !Undecided.Any(word => s.Contains(word, StringComparison.Ordinal))),
    ];

    [Theory]
    [InlineData(Toll)]
    [InlineData("select r.plate, count(*) from S join city.registry r on r.plate = S.plate group by 1 order by 1")]
    [InlineData("select r.fuel, count(distinct S.plate), min(S.captured_at) from S left join city.registry r on r.plate = S.plate where S.captured_at > '2026-01-01' group by 1 order by 1")]
    [InlineData("select S.id from S where exists (select from city.registry r where r.plate = S.plate and r.keeper is not null) order by 1")]
    [InlineData("select S.id from S where plate in ('AB12CDE', 'É''x', 'back\\slash', 'a,b\"') and exists (select from city.registry) order by 1")]
    [InlineData("select S.id from S where plate not in ('AB12CDE', 'ZZ') and lane in (0, 1, 3) and exists (select from city.registry) order by 1")]
    [InlineData("select S.id, S.captured_at from S, city.live_stations l where l.id = S.station_id and S.captured_at > (select now() - interval '100 years') and S.day >= (select current_date - 9999) order by 1")]
    [InlineData("select l.name, s.plate, c.amount from city.live_stations l join S s on s.station_id = l.id join city.charges c on c.plate = s.plate join city.vehicles v on v.plate = c.plate and v.to_day is null order by 1, 2, 3, s.id, c.id limit 50")]
    [InlineData("select r.plate, (select count(*) from S s where s.plate = r.plate) from city.registry r order by 1")]
    [InlineData("select a.frames, S.box_x, S.characters, S.confidence, S.speed_kmh, S.clock_synchronised from S, (select 7 as frames from city.registry limit 1) a order by S.id")]
    [InlineData("with recent as (select plate, day from S where frames % 2 = 0) select r.day, v.fuel, count(*) from recent r join city.registry v using (plate) group by rollup (1, 2) order by 1, 2")]
    public async Task A_join_gives_what_Postgres_alone_would(string sql)
    {
        foreach (var zone in (string[])["Europe/London", "America/New_York"])
        {
            using var lake = await city.ConnectAsync("ada", Token);
            using var postgres = await Wire.ConnectAsync(city.Direct, "smartcity", city.Database, Token);
            await lake.QueryAsync($"set timezone = '{zone}'", Token);
            await postgres.QueryAsync($"set timezone = '{zone}'", Token);
            var actual = await lake.QueryAsync(SameAnswerTests.Lake(sql), Token);
            Assert.Null(actual.Error);
            Assert.Equal((await postgres.QueryAsync(Expected(sql), Token)).Rows, actual.Rows);
            Assert.NotEmpty(actual.Rows);
        }
    }

    // What Postgres sends on is its own choice: whatever it is, the answer is right, or it is refused with what to do.
    [Theory]
    [MemberData(nameof(Statements))]
    public async Task Whatever_Postgres_sends_on_is_answered_right_or_refused(string sql)
    {
        using var postgres = await Wire.ConnectAsync(city.Direct, "smartcity", city.Database, Token);
        await postgres.QueryAsync("set timezone = 'Europe/London'", Token);
        var actual = await postgres.QueryAsync(SameAnswerTests.Lake(sql), Token);
        var expected = await postgres.QueryAsync(SameAnswerTests.Reference(sql), Token);
        if (actual.Error is { State: "0A000" } refused)
        {
            TestContext.Current.SendDiagnosticMessage("{0}: {1}", refused.Message, sql);
            Assert.True(expected.Error is not null || refused.Hint!.Contains("OFFSET 0", StringComparison.Ordinal), refused.Message);
        }
        else
        {
            Assert.Equal(expected.Error?.State, actual.Error?.State);
            Assert.Equal(expected.Rows.Order(StringComparer.Ordinal), actual.Rows.Order(StringComparer.Ordinal));
        }
    }

    // Postgres sends on every condition that it thinks the same everywhere.
    [Theory]
    [InlineData("plate ~ '^A'")]
    [InlineData("plate ~* '^a' and captured_at >= '2026-10-24' and lane > 0")]
    [InlineData("plate !~ '[0-9]' or plate is null")]
    [InlineData("plate similar to 'A%'")]
    [InlineData("initcap(plate) = 'Ab12cde'")]
    [InlineData("mod(frames, 2) = 0")]
    [InlineData("frames & 1 = 1")]
    [InlineData("seen_local::time > '12:00'")]
    [InlineData("lane / 2.0 > 1")]
    [InlineData("trim(plate) = 'ZZ'")]
    [InlineData("power(frames, 2) > 100")]
    [InlineData("md5(plate) > '8'")]
    [InlineData("substr(plate, -1, 3) = 'A'")]
    [InlineData("characters[1] > 0")]
    [InlineData("plate = any('{}')")]
    [InlineData("plate <> all('{}')")]
    [InlineData("day > '-infinity'")]
    [InlineData("captured_at < 'infinity' and plate ~ E'\\\\\\\\'")]
    [InlineData("plate::varchar(2) = 'AB'")]
    [InlineData("plate::\"char\" = 'A'")]
    [InlineData("frames * frames::numeric * 1e30 * 1e30 > 1")]
    [InlineData("plate || E'\\t' || E'\\n' ~ '^(A|B).*\\s$'")]
    [InlineData("station_id = 'london-a1' and plate ~ 'A' and frames in (4, 8, 16, 24)")]
    public async Task A_condition_that_the_lake_cannot_do_is_done_by_Postgres(string condition)
    {
        foreach (var shape in (string[])["select id, plate, captured_at, characters, confidence from S where {0} order by id", "select count(*), max(plate), sum(frames) from S where {0}", "select station_id, count(*) from S where {0} group by 1 order by 1", "select S.id, r.fuel from S left join city.registry r on r.plate = S.plate where {0} order by S.id limit 5 offset 1"])
        {
            var sql = shape.Replace("{0}", condition.Contains("S.", StringComparison.Ordinal) || !shape.Contains("join", StringComparison.Ordinal) ? condition : condition.Replace("plate", "S.plate", StringComparison.Ordinal), StringComparison.Ordinal);
            using var lake = await city.ConnectAsync("ada", Token);
            using var postgres = await Wire.ConnectAsync(city.Direct, "smartcity", city.Database, Token);
            var (expected, actual) = (await postgres.QueryAsync(Expected(sql), Token), await lake.QueryAsync(SameAnswerTests.Lake(sql), Token));
            Assert.True(expected.Error is null, expected.Error?.ToString());
            Assert.True(actual.Error is null, actual.Error?.ToString());
            Assert.Equal(expected.Rows, actual.Rows);
        }
    }

    [Theory]
    [InlineData("select to_char(captured_at, 'YYYY-MM') from S limit 2")]
    [InlineData("select to_char(captured_at, 'YYYY-MM') from S limit 2 offset 5")]
    [InlineData("select initcap(plate) from S order by captured_at, id offset 95")]
    public async Task A_limit_is_sent_on(string sql)
    {
        using var ada = await city.ConnectAsync("ada", Token);
        var answer = await ada.QueryAsync(SameAnswerTests.Lake(sql), Token);
        Assert.True(answer.Error is null, answer.Error?.ToString());
        Assert.Equal(sql.Contains("95", StringComparison.Ordinal) ? 5 : 2, answer.Rows.Count);
    }

    [Fact]
    public async Task The_plan_shows_what_runs_in_the_lake()
    {
        var plan = await PlanAsync(Toll);
        Assert.Contains("Foreign Scan on city_lake.charges", plan, StringComparison.Ordinal);
        Shows(@"Remote SQL: SELECT .*FROM city\.charges WHERE \(\(day >= '2026-04-01'(::date)?\)\)", plan);
        Shows(@"Remote SQL: SELECT .*WHERE \(\(captured_at > \$1::timestamp with time zone\)\)", await PlanAsync("select count(*) from city.sightings s join city.registry r on r.plate = s.plate where s.captured_at > (select now() - interval '7 days')"));

        // Two tables of the lake are joined and grouped there, though the statement also reads a live one.
        Shows(
            @"Remote SQL: SELECT .*sum\(.*city\.charges .*INNER JOIN city\.vehicles .*GROUP BY",
            await PlanAsync("select * from city.live_stations, (select v.fuel, sum(c.amount) from city.charges c join city.vehicles v on v.plate = c.plate group by 1) x"));
    }

    [Fact]
    public async Task What_would_fetch_a_table_whole_is_refused_with_the_form_that_is_sent_on()
    {
        await city.Postgres.ExecuteAsync("drop server if exists limited cascade");
        using var host = await city.StartAsync(new() { ["Lake:MostForeignRows"] = "10" });
        var address = await host.Services.GetRequiredService<RelayServer>().Listening;
        await city.Postgres.ExecuteAsync(
            $"""
            create server limited foreign data wrapper postgres_fdw options (host '127.0.0.1', port '{address.Port}', use_remote_estimate 'true');
            create user mapping for public server limited options (user '{ForeignLogin.User}', password '{host.Services.GetRequiredService<ForeignLogin>().Secret ?? city.Host.Services.GetRequiredService<ForeignLogin>().Secret}');
            create foreign table public.limited (id text, plate text, captured_at timestamptz, day date) server limited options (schema_name 'city', table_name 'sightings')
            """);
        host.Services.GetRequiredService<ForeignLogin>().Secret = city.Host.Services.GetRequiredService<ForeignLogin>().Secret;
        using var postgres = await Wire.ConnectAsync(city.Direct, "smartcity", city.Database, Token);
        var refused = (await postgres.QueryAsync("select count(*) from limited l join vehicles v on v.plate = l.plate where captured_at > now() - interval '7 days'", Token)).Error!;
        Assert.Equal("54000", refused.State);
        Assert.Contains("city.sightings whole, which is 1", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("where captured_at >= (select now() - interval '30 days')", refused.Hint, StringComparison.Ordinal);
        Assert.Null((await postgres.QueryAsync("select count(*) from limited l join vehicles v on v.plate = l.plate where captured_at > (select timestamptz '2026-10-01')", Token)).Error);
        Assert.Equal("54000", (await postgres.QueryAsync("select count(*) from limited l join vehicles v on v.plate = l.plate where captured_at > (select now() - interval '100 years')", Token)).Error!.State);
        Assert.Null((await postgres.QueryAsync("select count(*) from limited l join vehicles v on v.plate = l.plate where day > '2026-10-01'", Token)).Error);
        Assert.Null((await postgres.QueryAsync("select count(*) from (select day, count(*) from limited group by 1) l, vehicles v", Token)).Error);
        postgres.Dispose();
        await city.Postgres.ExecuteAsync("drop server limited cascade");
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task A_join_that_is_cancelled_ends_in_the_lake_too_and_an_error_leaves_the_session_as_it_should()
    {
        const string Long = "select count(*) from city.live_stations, (select count(*) from city.sightings a, city.sightings b, city.sightings c, city.sightings d, city.sightings e where a.frames + b.frames + c.frames + d.frames + e.frames = -1 offset 0) x";
        using var ada = await city.ConnectAsync("ada", Token);
        for (var i = 0; i < 3; i++)
        {
            await ada.QueryAsync("set statement_timeout = '700ms'", Token);
            Assert.Equal("57014", (await ada.QueryAsync(Long, Token)).Error!.State);
            await ada.QueryAsync("reset statement_timeout", Token);
            Assert.Equal("100", Assert.Single((await ada.QueryAsync("select count(*) from city.sightings", Token)).Rows));
        }

        await ada.QueryAsync("begin", Token);
        Assert.Null((await ada.QueryAsync(Toll, Token)).Error);
        await ada.QueryAsync("savepoint s", Token);
        Assert.Equal("22012", (await ada.QueryAsync("select count(*) from city.sightings s join city.registry r on r.plate = s.plate where 1 / (s.frames - s.frames) = 1", Token)).Error!.State);
        await ada.QueryAsync("rollback to s", Token);
        Assert.Null((await ada.QueryAsync(Toll, Token)).Error);
        Assert.Equal('I', (await ada.QueryAsync("commit", Token)).Status);
        Assert.NotEmpty((await ada.QueryAsync("select count(*) from (select * from city.sightings offset 0) s join city.registry r on r.plate = s.plate where s.plate ~ 'A'", Token)).Rows);
    }

    // More rows than are kept in memory, in many parts, with cursors open beside one another and more of them than may run at a time.
    [Fact]
    public async Task Large_answers_come_in_parts_and_cursors_do_not_wait_for_one_another()
    {
        using var postgres = await Wire.ConnectAsync(city.Direct, "smartcity", city.Database, Token);
        await postgres.QueryAsync("set enable_hashjoin = off; set enable_mergejoin = off; set enable_material = off", Token);
        const string Sql = "select count(*), sum(length(a.id) + a.frames), count(b.id) from (select * from {0}.sightings order by id) a join lateral (select * from {0}.charges c where c.amount > a.frames offset 0) b on true join lateral (select * from {0}.vehicles v where v.plate = b.plate offset 0) v on true join lateral (select * from {0}.stations s where s.id = a.station_id offset 0) s on true where a.frames < 30";
        await SameAsync(Sql);
        await postgres.QueryAsync("alter foreign table city_lake.sightings options (add fetch_size '7')", Token);
        const string Wide = "select a.id, b.evidence, b.box_x, a.captured_at from {0}.sightings a join {0}.sightings b on a.lane is not distinct from b.lane order by a.id, b.id";
        await SameAsync(Wide);
        await postgres.QueryAsync("alter foreign table city_lake.sightings options (drop fetch_size)", Token);

        async Task SameAsync(string sql)
        {
            var (expected, actual) = (await postgres.QueryAsync(sql.Replace("{0}", "ref", StringComparison.Ordinal), Token), await postgres.QueryAsync(sql.Replace("{0}", "city", StringComparison.Ordinal), Token));
            Assert.True(actual.Error is null, actual.Error?.ToString());
            Assert.Equal(expected.Rows, actual.Rows);
        }
    }

    [Fact]
    public async Task Nobody_comes_by_the_door_that_is_for_Postgres()
    {
        var wrong = new NpgsqlConnectionStringBuilder(city.ConnectionString(ForeignLogin.User)) { Password = "a guess" };
        await using (var connection = new NpgsqlConnection(wrong.ConnectionString))
        {
            Assert.Equal("28P01", (await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(Token))).SqlState);
        }

        foreach (var user in (string[])["ada", "bob"])
        {
            using var analyst = await city.ConnectAsync(user, Token);
            Assert.Empty((await analyst.QueryAsync("select umoptions from pg_user_mappings where umoptions is not null", Token)).Rows);
            foreach (var sql in (string[])["select * from city_lake.stations", "create foreign table pg_temp.x (a text) server smartcity_lake", "create user mapping for current_user server smartcity_lake", "alter server smartcity_lake options (set host 'x')"])
            {
                Assert.Equal("42501", (await analyst.QueryAsync(sql, Token)).Error!.State);
            }
        }

        using var bob = await city.ConnectAsync("bob", Token);
        Assert.Equal("42501", (await bob.QueryAsync(Toll, Token)).Error!.State);
        Assert.Null((await bob.QueryAsync("select l.name, count(*) from city.sightings s join city.live_stations l on l.id = s.station_id group by 1", Token)).Error);
    }

    [Fact]
    public async Task Where_the_extension_may_not_be_made_its_name_is_said()
    {
        await using var other = new PostgresFixture(server);
        await other.InitializeAsync();
        await other.ExecuteAsync("do $$ begin if not exists (select from pg_roles where rolname = 'plain') then create role plain login; end if; end $$");
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(other.ConnectionString) { Username = "plain", Pooling = false }.ConnectionString);
        await connection.OpenAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        foreach (var (settings, said) in new[] { (other.ConnectionString, "create extension if not exists postgres_fdw schema pg_catalog; grant usage on foreign data wrapper postgres_fdw"), ("Host=db", "Set Lake:ForeignAddress") })
        {
            var foreign = new ForeignServer(new Backend(settings), new ForeignLogin(), Options.Create(new LakeOptions()));
            Assert.Contains(said, await foreign.EnsureAsync(connection, transaction, city.Address, leads: true, Token), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Tools_of_others_join_the_lake_with_what_is_live()
    {
        var url = $"postgresql://ada@{city.Address.Address}:{city.Address.Port}/{city.Database}";
        var expected = (await RunAsync("psql", "-XAtqc", Toll, url)).Trim().Split('\n');
        using (var postgres = await Wire.ConnectAsync(city.Direct, "smartcity", city.Database, Token))
        {
            Assert.Equal((await postgres.QueryAsync(Expected(Toll), Token)).Rows, expected.Select(r => r.Replace("||", "|NULL|", StringComparison.Ordinal) is var row && row.EndsWith('|') ? row + "NULL" : row));
        }

        Assert.SkipUnless(File.Exists("/usr/lib/python3/dist-packages/sqlalchemy/__init__.py") && Directory.Exists("/usr/lib/python3/dist-packages/psycopg2"), "python3-psycopg2 or python3-sqlalchemy is not installed.");
        const string Python =
            """
            import sys, psycopg2
            from sqlalchemy import create_engine, text
            with psycopg2.connect(sys.argv[1]) as c, c.cursor() as k:
                k.execute(sys.argv[2])
                print(len(k.fetchall()))
            with create_engine(sys.argv[1]).connect() as c:
                print(len(c.execute(text(sys.argv[2])).all()))
            """;
        Assert.Equal($"{expected.Length}\n{expected.Length}", (await RunAsync("/usr/bin/python3", "-c", Python, url, Toll)).Trim());

        const string Driver = "/usr/share/java/postgresql.jar";
        Assert.SkipUnless(File.Exists(Driver) && File.Exists("/usr/bin/javac"), "libpostgresql-jdbc-java or a Java development kit is not installed.");
        const string Java =
            """
            import java.sql.*;
            class Ask {
                public static void main(String[] a) throws Exception {
                    try (var c = DriverManager.getConnection(a[0]); var s = c.prepareStatement(a[1])) {
                        for (int run = 0; run < 7; run++) {
                            var rows = s.executeQuery();
                            int n = 0;
                            while (rows.next()) { rows.getDate(1); rows.getBigDecimal(4); n++; }
                            if (run == 6) System.out.println(n);
                        }
                        var t = c.getMetaData().getTables(null, "city", "charges", null);
                        t.next();
                        System.out.println(t.getString("TABLE_TYPE"));
                    }
                }
            }
            """;
        var folder = Directory.CreateTempSubdirectory("lake-jdbc").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "Ask.java"), Java, Token);
        var asked = await RunAsync("java", "-cp", Driver, Path.Combine(folder, "Ask.java"), $"jdbc:postgresql://{city.Address.Address}:{city.Address.Port}/{city.Database}?user=ada", Toll);
        Directory.Delete(folder, recursive: true);
        Assert.Equal($"{expected.Length}\nVIEW", asked.Trim());
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(Token);
        var output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, await errors);
        return output;
    }

    private async Task<string> PlanAsync(string sql)
    {
        using var ada = await city.ConnectAsync("ada", Token);
        var plan = await ada.QueryAsync($"explain verbose {sql}", Token);
        Assert.Null(plan.Error);
        return string.Join('\n', plan.Rows.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r}")));
    }

    private static void Shows(string pattern, string plan) => Assert.True(System.Text.RegularExpressions.Regex.IsMatch(plan, pattern), plan);

    private static string Expected(string sql) => System.Text.RegularExpressions.Regex.Replace(SameAnswerTests.Lake(sql), @"\bcity\.(sightings|charges|vehicles|stations)\b", "ref.$1");
}
