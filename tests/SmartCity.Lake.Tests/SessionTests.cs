using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Lake.Relay;

namespace SmartCity.Lake.Tests;

/// <summary>What clients do beside asking one thing: rights, prepared statements, transactions, COPY, cancel, passwords, limits.</summary>
[Collection(LakeCityTests.Name)]
public class SessionTests(LakeCity city)
{
    private const string Count = "select count(*) from city.sightings";
    private const string Long = "select count(*) from city.sightings a, city.sightings b, city.sightings c, city.sightings d, city.sightings e where a.frames + b.frames + c.frames + d.frames + e.frames = -1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_may_not_see_plates_sees_none_and_changes_nothing()
    {
        using var bob = await city.ConnectAsync("bob", Token);
        Assert.Equal("100", Assert.Single((await bob.QueryAsync(Count, Token)).Rows));
        foreach (var sql in (string[])["select plate from city.sightings", "select * from city.sightings", "select count(*) from city.sightings where plate = 'ZZ'", "select count(*) from city.charges c join city.vehicles v on v.plate = c.plate", "select keeper from public.vehicles"])
        {
            Assert.Equal("42501", (await bob.QueryAsync(sql, Token)).Error!.State);
        }

        Assert.Contains("AB***|NULL", (await bob.QueryAsync("select plate, keeper from city.registry", Token)).Rows);
        using var ada = await city.ConnectAsync("ada", Token);
        Assert.Contains("AB12CDE|Ada Keeper", (await ada.QueryAsync("select plate, keeper from city.registry", Token)).Rows);
        foreach (var sql in (string[])["delete from public.sightings", "insert into city.registry (plate) values ('X')", "update public.vehicles set keeper = null", "create table city.x (a int)", "create table public.x (a int)", "drop schema city cascade", "select city.admit('ada', true)", "truncate public.vehicles", "insert into public.lake_readers values ('bob', true)"])
        {
            Assert.NotNull((await ada.QueryAsync(sql, Token)).Error);
        }
    }

    [Fact]
    public async Task Local_tables_catalogue_questions_and_joins_of_local_tables_are_Postgres_own()
    {
        await using var connection = new NpgsqlConnection(city.ConnectionString("ada"));
        await connection.OpenAsync(Token);
        await using (var columns = new NpgsqlCommand("select count(*) from information_schema.columns where table_schema = 'city' and table_name = 'sightings'", connection))
        {
            Assert.Equal(34L, await columns.ExecuteScalarAsync(Token));
        }

        await using var command = new NpgsqlCommand("select r.fuel, count(*) from city.registry r join city.live_charges c on c.plate = r.plate group by 1 order by 1", connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
    }

    [Fact]
    public async Task Parameters_prepared_statements_and_binary_results_are_right()
    {
        await using var connection = new NpgsqlConnection(city.ConnectionString("ada"));
        await connection.OpenAsync(Token);
        for (var prepared = 0; prepared < 2; prepared++)
        {
            await using var command = new NpgsqlCommand("select id, captured_at, seen_local, day, frames, confidence, clock_synchronised, lane from city.sightings where station_id = $1 and captured_at >= $2 and frames > $3 and day = $4 order by captured_at limit $5", connection)
            {
                Parameters = { new() { Value = "london-a1" }, new() { Value = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc) }, new() { Value = 10 }, new() { Value = new DateOnly(2026, 10, 25) }, new() { Value = 2L } },
            };
            if (prepared == 1)
            {
                await command.PrepareAsync(Token);
            }

            for (var run = 0; run < 2; run++)
            {
                await using var reader = await command.ExecuteReaderAsync(Token);
                Assert.True(await reader.ReadAsync(Token));
                var frames = reader.GetInt32(4);
                Assert.Equal(0, frames % 4);
                Assert.Equal(new DateOnly(2026, 10, 25), reader.GetFieldValue<DateOnly>(3));
                Assert.Equal($"00000000-0000-7000-8000-{frames:x12}", reader.GetString(0));
                Assert.Equal(reader.GetDateTime(1), reader.GetDateTime(2).AddHours(reader.GetDateTime(1) < new DateTime(2026, 10, 25, 1, 0, 0, DateTimeKind.Utc) ? -1 : 0), TimeSpan.Zero);
            }
        }

        foreach (var sql in (string[])["select sum(amount), sum(amount) * -1, min(amount), max(amount) * 100000, sum(amount) - sum(amount) from {0}.charges", "select round(max(confidence)::numeric, 4), sum(frames::bigint) * 99999999 from {0}.sightings where confidence < 1000000"])
        {
            Assert.Equal(await NumbersAsync(city.Postgres.ConnectionString, sql.Replace("{0}", "ref", StringComparison.Ordinal)), await NumbersAsync(city.ConnectionString("ada"), sql.Replace("{0}", "city", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task An_error_in_a_transaction_is_one_until_it_is_rolled_back()
    {
        using var ada = await city.ConnectAsync("ada", Token);
        await ada.QueryAsync("begin", Token);
        Assert.Equal('T', (await ada.QueryAsync(Count, Token)).Status);
        var failed = await ada.QueryAsync("select frames / (frames - 7) from city.sightings", Token);
        Assert.Equal(("22012", 'E'), (failed.Error!.State, failed.Status));
        Assert.Equal("25P02", (await ada.QueryAsync(Count, Token)).Error!.State);
        Assert.Equal('I', (await ada.QueryAsync("rollback", Token)).Status);
        Assert.Equal("100", Assert.Single((await ada.QueryAsync(Count, Token)).Rows));
    }

    [Fact]
    public async Task Copy_several_statements_in_one_and_large_rows_pass_through()
    {
        await using var connection = new NpgsqlConnection(city.ConnectionString("ada"));
        await connection.OpenAsync(Token);
        using (var copy = await connection.BeginTextExportAsync("copy (select plate from city.registry order by 1) to stdout", Token))
        {
            Assert.Equal("AA", await copy.ReadLineAsync(Token));
        }

        await city.Postgres.ExecuteAsync("create table public.mine (a text); grant all on public.mine to ada");
        await using (var several = new NpgsqlCommand("insert into public.mine values ('z'); insert into public.mine values ('x')", connection))
        {
            await several.ExecuteNonQueryAsync(Token);
        }

        await using (var import = await connection.BeginTextImportAsync("copy public.mine from stdin", Token))
        {
            await import.WriteAsync("y\n");
        }

        await using var large = new NpgsqlCommand("select repeat('x', 5000000), (select count(*) from public.mine)", connection);
        await using var reader = await large.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
        Assert.Equal((5_000_000, 3L), (reader.GetString(0).Length, reader.GetInt64(1)));
    }

    [Fact]
    public async Task A_long_statement_is_cancelled_and_ends_with_its_time_out()
    {
        await using var connection = new NpgsqlConnection(city.ConnectionString("ada") + ";Cancellation Timeout=30000");
        await connection.OpenAsync(Token);
        await using (var command = new NpgsqlCommand(Long, connection))
        {
            var running = command.ExecuteScalarAsync(Token);
            await Task.Yield();
            while (!running.IsCompleted)
            {
                command.Cancel();
                await Task.WhenAny(running, Task.Delay(100, Token));
            }

            Assert.Equal("57014", Assert.IsType<PostgresException>((await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running)).InnerException).SqlState);
        }

        using var ada = await city.ConnectAsync("ada", Token);
        await ada.QueryAsync("set statement_timeout = '300ms'", Token);
        Assert.Equal("57014", (await ada.QueryAsync(Long, Token)).Error!.State);
        await ada.QueryAsync("set statement_timeout = '60s'", Token);
        Assert.Equal("100", Assert.Single((await ada.QueryAsync(Count, Token)).Rows));
    }

    [Fact]
    public async Task A_statement_is_cancelled_while_Postgres_is_asked_about_it()
    {
        await using var holder = new NpgsqlConnection(city.Postgres.ConnectionString + ";Pooling=false");
        await holder.OpenAsync(Token);
        await using var transaction = await holder.BeginTransactionAsync(Token);
        await using (var hold = new NpgsqlCommand("lock table city.stations in access exclusive mode", holder, transaction))
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        await using var connection = new NpgsqlConnection(city.ConnectionString("ada") + ";Cancellation Timeout=30000");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand("select count(*) from city.stations", connection);
        var running = command.ExecuteScalarAsync(Token);
        while (!running.IsCompleted)
        {
            command.Cancel();
            await Task.WhenAny(running, Task.Delay(100, Token));
        }

        Assert.Equal("57014", Assert.IsType<PostgresException>((await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running)).InnerException).SqlState);
        await transaction.RollbackAsync(Token);
        Assert.Equal(2L, await command.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task What_is_not_the_protocol_or_not_UTF_8_has_the_error_that_Postgres_gives()
    {
        var parse = ('P', "\0select id from city.stations where name = $1\0\0\0"u8.ToArray());
        byte[] Bind(params byte[] value) => [0, 0, 0, 0, 0, 1, 0, 0, 0, (byte)value.Length, .. value, 0, 0];
        var execute = ('E', new byte[5]);
        var sync = ('S', Array.Empty<byte>());
        foreach (var (state, messages) in new (string, (char, byte[])[])[]
        {
            ("22021", [parse, ('B', Bind(0xff, 0xfe)), execute, sync]),
            ("22021", [parse, ('B', Bind((byte)'a', 0)), execute, sync]),
            ("08P01", [parse, ('B', Bind((byte)'a')[..9]), execute, sync]),
            ("08P01", [parse, ('B', [0]), execute, sync]),
            ("22021", [('Q', [.. "select id from city.stations where name = '"u8, 0xff, .. "'\0"u8])]),
        })
        {
            using var lake = await city.ConnectAsync("ada", Token);
            using var postgres = await Wire.ConnectAsync(city.Direct, "smartcity", city.Database, Token);
            await lake.SendAsync(Token, messages);
            await postgres.SendAsync(Token, messages);
            Assert.Equal(state, (await postgres.AnswerAsync(Token)).Error?.State);
            Assert.Equal(state, (await lake.AnswerAsync(Token)).Error?.State);
            Assert.Equal("100", Assert.Single((await lake.QueryAsync(Count, Token)).Rows));
        }
    }

    [Fact]
    public async Task Clients_that_do_not_read_stop_nobody_else()
    {
        const string Wide = "select a.*, b.*, c.id from city.sightings a cross join city.sightings b cross join city.charges c where a.frames < 10";
        var (settings, idle) = (city.Host.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<LakeOptions>>().Value, new List<Wire>());
        for (var i = 0; i < settings.MostQueries; i++)
        {
            var wire = await city.ConnectAsync("ada", Token);
            await wire.SendAsync(Token, ('Q', System.Text.Encoding.UTF8.GetBytes(Wide + "\0")));
            idle.Add(wire);
        }

        using var other = await city.ConnectAsync("ada", Token);
        await other.QueryAsync("set statement_timeout = '50s'", Token);
        Assert.Equal("100", Assert.Single((await other.QueryAsync(Count, Token)).Rows));
        Assert.Equal(10 * 100 * 30, (await idle[0].AnswerAsync(Token)).Rows.Count);
        idle.ForEach(w => w.Dispose());
    }

    [Fact]
    public async Task Explain_says_what_would_be_read_in_the_lake()
    {
        using var ada = await city.ConnectAsync("ada", Token);
        var plan = await ada.QueryAsync("explain select station_id, count(*) from city.sightings where captured_at >= '2026-10-25 12:00Z' and captured_at < '2026-10-27' and station_id in ('london-A3', 'x') group by 1", Token);
        Assert.Null(plan.Error);
        Assert.Empty(plan.Notices);
        Assert.Equal("Lake", plan.Rows[0]);
        Assert.Matches(@"city\.sightings: \d+ of \d+ files, \d+ of \d+ rows, \d+ bytes", plan.Rows[1]);
        Assert.Contains("Days: 1, from 2026-10-26 to 2026-10-26", plan.Rows[2], StringComparison.Ordinal);
        Assert.Contains(plan.Rows, r => r.Contains("Bound: captured_at >= 2026-10-25 12:00:00", StringComparison.Ordinal));
        Assert.Contains(plan.Rows, r => r.Contains("Bound: station_id in ('london-A3', 'x')", StringComparison.Ordinal));
        Assert.Equal("Lake", (await ada.QueryAsync("EXPLAIN VERBOSE select * from city.stations", Token)).Rows[0]);
        Assert.Contains("Foreign Scan", string.Join('\n', (await ada.QueryAsync("explain select s.plate from city.sightings s join city.registry r using (plate)", Token)).Rows), StringComparison.Ordinal);
        Assert.StartsWith("[", (await ada.QueryAsync("explain (format json) select * from city.stations", Token)).Rows[0], StringComparison.Ordinal);
        Assert.Equal("42703", (await ada.QueryAsync("explain select nothing from city.stations", Token)).Error!.State);
        using var bob = await city.ConnectAsync("bob", Token);
        Assert.Equal("42501", (await bob.QueryAsync("explain select plate from city.sightings", Token)).Error!.State);
    }

    // As Npgsql asks, and with it the console: without a name, with one, and with values of its own.
    [Fact]
    public async Task Explain_says_the_same_by_the_extended_protocol()
    {
        const string Statement = "select station_id, count(*) from city.sightings where captured_at >= $1 and captured_at < '2026-10-27' and station_id = $2 group by 1";
        await using var connection = new NpgsqlConnection(city.ConnectionString("ada"));
        await connection.OpenAsync(Token);
        var notices = new List<string>();
        connection.Notice += (_, e) => notices.Add(e.Notice.MessageText);
        for (var prepared = 0; prepared < 2; prepared++)
        {
            await using var command = new NpgsqlCommand($"-- What is read?\nExplain Verbose {Statement}", connection)
            {
                Parameters = { new() { Value = new DateTime(2026, 10, 25, 12, 0, 0, DateTimeKind.Utc) }, new() { Value = "london-A3" } },
            };
            if (prepared == 1)
            {
                await command.PrepareAsync(Token);
            }

            for (var run = 0; run < 2; run++)
            {
                var plan = await LinesAsync(command);
                Assert.Equal("Lake", plan[0]);
                Assert.Contains(plan, l => l.Contains("Days: 1, from 2026-10-26 to 2026-10-26", StringComparison.Ordinal));
                Assert.Contains(plan, l => l.Contains("Bound: captured_at >= 2026-10-25 12:00:00", StringComparison.Ordinal));
                Assert.Contains(plan, l => l.Contains("Bound: station_id = 'london-A3'", StringComparison.Ordinal));
            }
        }

        Assert.Empty(notices);
        Assert.Equal("Lake", (await LinesAsync(new NpgsqlCommand("explain select * from city.stations", connection) { AllResultTypesAreUnknown = true }))[0]);

        // What the lake cannot do is Postgres' own plan, and the reason is told.
        Assert.Contains("Foreign Scan", string.Join('\n', await LinesAsync(new NpgsqlCommand("explain select s.plate from city.sightings s join city.registry r using (plate)", connection))), StringComparison.Ordinal);
        Assert.StartsWith("This statement does not run whole in the lake", Assert.Single(notices), StringComparison.Ordinal);
        Assert.StartsWith("[", (await LinesAsync(new NpgsqlCommand("explain (format json) select * from city.stations", connection)))[0], StringComparison.Ordinal);
        const string Wrong = "explain select nothing from city.stations";
        var refused = await Assert.ThrowsAsync<PostgresException>(() => LinesAsync(new NpgsqlCommand(Wrong, connection)));
        Assert.Equal(("42703", Wrong.IndexOf("nothing", StringComparison.Ordinal) + 1), (refused.SqlState, refused.Position));
        using (var ada = await city.ConnectAsync("ada", Token))
        {
            Assert.Equal(("42703", refused.Position), ((await ada.QueryAsync(Wrong, Token)).Error!.State, (await ada.QueryAsync(Wrong, Token)).Error!.Position));
        }

        // The session goes on, in a transaction too.
        await using (await connection.BeginTransactionAsync(Token))
        {
            Assert.Equal("Lake", (await LinesAsync(new NpgsqlCommand($"explain {Count}", connection)))[0]);
            Assert.Equal(["100"], await LinesAsync(new NpgsqlCommand(Count, connection)));
        }

        await using var blind = new NpgsqlConnection(city.ConnectionString("bob"));
        await blind.OpenAsync(Token);
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => LinesAsync(new NpgsqlCommand("explain select plate from city.sightings", blind)))).SqlState);

        async Task<List<string>> LinesAsync(NpgsqlCommand command)
        {
            var lines = new List<string>();
            await using var reader = await command.ExecuteReaderAsync(Token);
            while (await reader.ReadAsync(Token))
            {
                lines.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
            }

            return lines;
        }
    }

    [Fact]
    public async Task A_time_zone_that_is_not_in_all_three_lists_keeps_statements_from_the_lake()
    {
        const string Posix = "posix/Europe/London";
        Assert.SkipUnless(File.Exists($"/usr/share/zoneinfo/{Posix}"), "This machine has no time zones of the folder posix.");
        using var ada = await city.ConnectAsync("ada", Token);
        await ada.QueryAsync($"set timezone = '{Posix}'", Token);
        Assert.Single((await ada.QueryAsync("select min(captured_at) from city.sightings", Token)).Notices);
        await ada.QueryAsync("set timezone = 'Europe/London'", Token);
        Assert.Single((await ada.QueryAsync($"select max(captured_at at time zone '{Posix}') from city.sightings", Token)).Notices);
        Assert.Empty((await ada.QueryAsync("select max(captured_at at time zone 'Asia/Tokyo') from city.sightings", Token)).Notices);
    }

    [Fact]
    public async Task Ctrl_C_in_psql_stops_what_runs_in_the_lake()
    {
        const string Name = "psql that is stopped";
        var url = string.Create(CultureInfo.InvariantCulture, $"postgresql://ada@{city.Address.Address}:{city.Address.Port}/{city.Database}?application_name={Uri.EscapeDataString(Name)}");
        using var psql = Process.Start(new ProcessStartInfo("psql", ["-Xc", Long, url]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = psql.StandardError.ReadToEndAsync(Token);
        while (!psql.HasExited)
        {
            if (await city.Postgres.ScalarAsync<long>("select count(*) from pg_stat_activity where application_name = $1 and backend_type = 'client backend'", Name) == 1)
            {
                using var stop = Process.Start("kill", ["-INT", psql.Id.ToString(CultureInfo.InvariantCulture)]);
                await stop.WaitForExitAsync(Token);
            }

            await Task.WhenAny(psql.WaitForExitAsync(Token), Task.Delay(200, Token));
        }

        Assert.Contains("canceling statement due to user request", await said, StringComparison.Ordinal);
        Assert.Equal(1, psql.ExitCode);
    }

    // As where several replicas share an address and the client's own is not kept.
    [Fact]
    public async Task A_cancel_that_comes_to_another_process_stops_the_statement()
    {
        using var first = await city.StartAsync([]);
        using var second = await city.StartAsync([]);
        await using var proxy = new FirstThenOthers(await first.Services.GetRequiredService<RelayServer>().Listening, await second.Services.GetRequiredService<RelayServer>().Listening);
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(city.ConnectionString("ada")) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(Long, connection);
        var running = command.ExecuteScalarAsync(Token);
        while (!running.IsCompleted)
        {
            // It may not have begun yet.
            command.Cancel();
            await Task.WhenAny(running, Task.Delay(500, Token));
            Assert.True(proxy.Connections < 100, "Nobody hears the request to cancel.");
        }

        var stopped = Assert.IsType<PostgresException>((await Assert.ThrowsAsync<OperationCanceledException>(() => running)).InnerException);
        Assert.Equal(("57014", "canceling statement due to user request"), (stopped.SqlState, stopped.MessageText));
        await first.StopAsync(Token);
        await second.StopAsync(Token);
    }

    [Fact]
    public async Task Rows_days_and_memory_are_limited_by_a_sentence_that_says_what_to_do()
    {
        using var host = await city.StartAsync(new() { ["Lake:MostRows"] = "10", ["Lake:MostDays"] = "2", ["Lake:MostBytes"] = "1024" });
        var address = await host.Services.GetRequiredService<RelayServer>().Listening;
        using var ada = await Wire.ConnectAsync(address, "ada", city.Database, Token);
        var days = (await ada.QueryAsync(Count, Token)).Error!;
        Assert.Equal(("54000", "Say from when on: where captured_at >= now() - interval '30 days'"), (days.State, days.Hint));

        // A bound that leaves no day out is none.
        foreach (var bound in (string[])["captured_at > '2020-01-01'", "day > '1900-01-01'", "captured_at < now() + interval '100 years'", "day between '1900-01-01' and current_date + 10000"])
        {
            Assert.Equal("54000", (await ada.QueryAsync($"{Count} where {bound}", Token)).Error?.State);
        }

        Assert.Null((await ada.QueryAsync($"{Count} where day >= '2026-10-27'", Token)).Error);
        Assert.Null((await ada.QueryAsync($"{Count} where captured_at < '2026-03-28 12:00Z'", Token)).Error);
        Assert.Contains("more than 10 rows", (await ada.QueryAsync("select id from city.sightings where captured_at >= '2026-10-26'", Token)).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("more than 1024 bytes", (await ada.QueryAsync("select replace(id, '0', '00000000000000000000') from city.sightings where captured_at >= '2026-10-26' limit 9", Token)).Error!.Message, StringComparison.Ordinal);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task The_former_name_of_the_limit_on_days_still_holds()
    {
        using var host = await city.StartAsync(new() { ["Lake:MostDaysUnbounded"] = "2" });
        using var ada = await Wire.ConnectAsync(await host.Services.GetRequiredService<RelayServer>().Listening, "ada", city.Database, Token);
        Assert.Contains("one statement may read 2 (Lake:MostDays)", (await ada.QueryAsync(Count, Token)).Error!.Message, StringComparison.Ordinal);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task A_password_goes_to_Postgres_through_an_encrypted_relay()
    {
        var folder = Directory.CreateTempSubdirectory("lake-tls").FullName;
        using var key = System.Security.Cryptography.RSA.Create(2048);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=localhost", key, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        await File.WriteAllTextAsync(Path.Combine(folder, "c.pem"), certificate.ExportCertificatePem(), Token);
        await File.WriteAllTextAsync(Path.Combine(folder, "k.pem"), key.ExportPkcs8PrivateKeyPem(), Token);
        await city.Postgres.ExecuteAsync("do $$ begin if not exists (select from pg_roles where rolname = 'carol') then create role carol login; end if; end $$");
        await city.Postgres.ExecuteAsync("alter role carol password 'a secret'");
        await city.Postgres.ExecuteAsync("select city.admit('carol', false)");
        var rules = await city.Postgres.ScalarAsync<string>("select current_setting('hba_file')");
        var before = await File.ReadAllTextAsync(rules, Token);
        await File.WriteAllTextAsync(rules, "local all carol scram-sha-256\n" + before, Token);
        using var host = await city.StartAsync(new() { ["Lake:CertificateFile"] = Path.Combine(folder, "c.pem"), ["Lake:CertificateKeyFile"] = Path.Combine(folder, "k.pem") });
        try
        {
            await city.Postgres.ScalarAsync<bool>("select pg_reload_conf()");
            var address = await host.Services.GetRequiredService<RelayServer>().Listening;
            var settings = new NpgsqlConnectionStringBuilder(city.ConnectionString("carol")) { Port = address.Port, Password = "a secret", SslMode = SslMode.Require };
            await using (var connection = new NpgsqlConnection(settings.ConnectionString))
            {
                await connection.OpenAsync(Token);
                await using var command = new NpgsqlCommand(Count, connection);
                Assert.Equal(100L, await command.ExecuteScalarAsync(Token));
            }

            settings.Password = "another";
            await using var wrong = new NpgsqlConnection(settings.ConnectionString);
            Assert.Equal("28P01", (await Assert.ThrowsAsync<PostgresException>(() => wrong.OpenAsync(Token))).SqlState);
        }
        finally
        {
            await File.WriteAllTextAsync(rules, before, Token);
            await city.Postgres.ScalarAsync<bool>("select pg_reload_conf()");
            await host.StopAsync(Token);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Tools_of_others_find_the_tables_and_read_them()
    {
        var url = string.Create(CultureInfo.InvariantCulture, $"postgresql://ada@{city.Address.Address}:{city.Address.Port}/{city.Database}");
        Assert.Equal("100", (await RunAsync("psql", "-XAtqc", Count, url)).Trim());
        var table = await RunAsync("psql", "-Xc", "\\d city.charges", url);
        Assert.Contains("amount", table, StringComparison.Ordinal);
        const string Script =
            """
            import sys, psycopg2
            from sqlalchemy import create_engine, inspect, text
            url = sys.argv[1]
            with psycopg2.connect(url) as c, c.cursor() as k:
                k.execute("select fuel, sum(amount) from city.charges c join city.vehicles v on v.plate = c.plate and v.to_day is null where c.day >= %s group by 1 order by 1", ("2026-01-01",))
                print(k.fetchall())
            engine = create_engine(url)
            print(sorted(inspect(engine).get_view_names(schema="city"))[0], [c["name"] for c in inspect(engine).get_columns("stations", schema="city")][:2])
            with engine.connect() as c:
                print(c.execute(text("select count(*) from city.sightings where station_id = :s"), {"s": "london-a1"}).scalar())
            """;
        Assert.SkipUnless(File.Exists("/usr/lib/python3/dist-packages/sqlalchemy/__init__.py") && Directory.Exists("/usr/lib/python3/dist-packages/psycopg2"), "python3-psycopg2 or python3-sqlalchemy is not installed.");
        var python = (await RunAsync("/usr/bin/python3", "-c", Script, url)).Split('\n');
        Assert.StartsWith("[('diesel', Decimal('", python[0], StringComparison.Ordinal);
        Assert.Equal("alerts ['id', 'name']", python[1]);
        Assert.Equal("25", python[2]);
    }

    private static async Task<string> NumbersAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
        return string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetDecimal(i).ToString(CultureInfo.InvariantCulture)));
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
}
