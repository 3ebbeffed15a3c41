using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Lake.Foreign;
using SmartCity.Lake.Relay;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Tests;

/// <summary>Statements that are meant to do harm are refused or stopped, and the next one is answered.</summary>
[Collection(LakeCityTests.Name)]
public class HostileTests(LakeCity city)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Statements =>
    [
        "copy city.sightings to '/tmp/lake-out'",
        "copy (select * from city.sightings) to program 'id'",
        "attach '/tmp/x.db' as sightings",
        "pragma database_list",
        "select * from read_text('/etc/passwd'), city.sightings",
        "select content from read_text('/etc/passwd') sightings",
        "select * from '/etc/passwd' sightings, city.sightings",
        "select (select content from read_text('/etc/passwd')) from city.sightings",
        "select getenv('HOME') from city.sightings",
        "select current_setting('data_directory'), pg_read_file('/etc/passwd') from city.sightings",
        "select count(*) from city.sightings; drop table public.vehicles",
        "select count(*) from city.sightings; select pg_sleep(1000)",
        "install httpfs; select count(*) from city.sightings",
        "set enable_external_access = true; select count(*) from city.sightings",
        "select pg_terminate_backend(pid) from pg_stat_activity, city.sightings where usename = 'smartcity'",
        "select lo_import('/etc/passwd') from city.sightings",
        "select plate from city.sightings where plate = '' union select usename from pg_shadow",
        "select query_to_xml('select * from pg_shadow', true, true, '') from city.sightings",
        "select duckdb_settings() from city.sightings",
        "with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) from r, city.sightings",
        "select * from glob('/etc/*'), city.sightings",
        "select error('x') from city.sightings",
        "select count(*) from city.sightings where captured_at > 'infinity'::timestamptz + interval '1 day' * 1e300",
    ];

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task A_statement_that_reaches_for_more_is_refused(string sql)
    {
        using var ada = await city.ConnectAsync("ada", Token);
        await ada.QueryAsync("set statement_timeout = '2s'", Token);
        Assert.NotNull((await ada.QueryAsync(sql, Token)).Error);
        await ada.QueryAsync("reset statement_timeout", Token);
        Assert.Equal("3", Assert.Single((await city.Postgres.ColumnAsync<long>("select count(*) from vehicles")).Select(n => $"{n}")));
        Assert.Equal("100", Assert.Single((await ada.QueryAsync("select count(*) from city.sightings", Token)).Rows));
    }

    // What Postgres asks is a statement of somebody's; the part that Postgres does for the lake reads the lake's rows and nothing else.
    [Theory]
    [InlineData("SELECT (SELECT keeper FROM public.vehicles WHERE keeper IS NOT NULL LIMIT 1) FROM city.stations", "42501")]
    [InlineData("SELECT id FROM city.stations WHERE ((name ~ (SELECT plate FROM public.restricted_plates LIMIT 1)))", "42501")]
    [InlineData("SELECT (SELECT rolpassword FROM pg_authid LIMIT 1) FROM city.stations", "42501")]
    [InlineData("SELECT query_to_xml('select keeper from public.vehicles', true, true, '') FROM city.stations", "42501")]
    [InlineData("SELECT pg_read_file('/etc/passwd') FROM city.stations", "42501")]
    [InlineData("SELECT nextval('public.nothing') FROM city.stations", "42P01")]
    [InlineData("SELECT name ~ 'x' FROM city.stations; reset role; select keeper from public.vehicles", null)]
    public async Task What_Postgres_does_for_the_lake_reads_nothing_of_the_core_s(string sql, string? state)
    {
        var statements = city.Host.Services.GetRequiredService<ForeignStatements>();
        var rows = new List<string>();
        if (state is null)
        {
            await Assert.ThrowsAsync<NotForTheLakeException>(() => statements.ReadAsync(sql, [], Token, runs: true));
            return;
        }

        var refused = await Assert.ThrowsAsync<PostgresException>(async () => await statements.RunAsync(await statements.ReadAsync(sql, [], Token, runs: true), m => rows.Add($"{m.Length}"), Token));
        Assert.Equal(state, refused.SqlState);
        Assert.Empty(rows);
        await statements.RunAsync(await statements.ReadAsync("SELECT id FROM city.stations WHERE ((name ~ '^T'))", [], Token, runs: true), m => rows.Add($"{m.Length}"), Token);
        Assert.Single(rows);
    }

    [Fact]
    public async Task Bombs_are_stopped_and_the_lake_goes_on()
    {
        const string Lake = "select count(*) from city.sightings";
        var doubled = string.Concat(Enumerable.Range(1, 30).Select(i => $", c{i} as (select a.plate from c{i - 1} a, c{i - 1} b)"));
        foreach (var sql in (string[])[
            $"with c0 as (select plate from city.sightings){doubled} select count(*) from c30",
            $"{Lake} where {string.Concat(Enumerable.Repeat("not ", 10_000))} true",
            $"{Lake} where 1 = {string.Concat(Enumerable.Repeat("(", 20_000))}1{string.Concat(Enumerable.Repeat(")", 20_000))}",
            $"{Lake} where frames = {string.Concat(Enumerable.Repeat("1+", 15_000))}1",
            $"{Lake} where plate in ({string.Join(',', Enumerable.Repeat("'AB12CDE'", 120_000))})",
            $"{Lake} where plate like '{new string('%', 30_000)}x'"])
        {
            using var ada = await city.ConnectAsync("ada", Token);
            await ada.QueryAsync("set statement_timeout = '5s'", Token);
            await ada.QueryAsync(sql, Token);
            await ada.QueryAsync("reset statement_timeout", Token);
            Assert.Equal("100", Assert.Single((await ada.QueryAsync(Lake, Token)).Rows));
        }
    }

    [Fact]
    public async Task A_file_that_is_missing_or_cut_names_itself()
    {
        var file = Directory.GetFiles(Path.Combine(city.Objects, "lake/city/stations/data"), "*.parquet", SearchOption.AllDirectories).Single();
        var content = await File.ReadAllBytesAsync(file, Token);
        using var ada = await city.ConnectAsync("ada", Token);
        try
        {
            await File.WriteAllBytesAsync(file, content[..^10], Token);
            Assert.Contains(Path.GetFileName(file), (await ada.QueryAsync("select count(*) from city.stations", Token)).Error!.Message, StringComparison.Ordinal);
            await File.WriteAllBytesAsync(file, [.. new byte[400], .. content[400..]], Token);
            Assert.Contains(Path.GetFileName(file), (await ada.QueryAsync("select * from city.stations", Token)).Error!.Message, StringComparison.Ordinal);
            await File.WriteAllBytesAsync(file, [.. content[..4], .. new byte[400], .. content[404..]], Token);
            Assert.Contains(Path.GetFileName(file), (await ada.QueryAsync("select * from city.stations", Token)).Error!.Message, StringComparison.Ordinal);
            File.Delete(file);
            Assert.Contains(Path.GetFileName(file), (await ada.QueryAsync("select count(*) from city.stations", Token)).Error!.Message, StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllBytesAsync(file, content, Token);
        }

        Assert.Equal("2", Assert.Single((await ada.QueryAsync("select count(*) from city.stations", Token)).Rows));
    }

    [Fact]
    public async Task What_is_no_Postgres_client_is_sent_away()
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(city.Address, Token);
        await socket.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), Token);
        Assert.Equal(0, await socket.GetStream().ReadAsync(new byte[1], Token));
        using var host = await city.StartAsync(new() { ["Lake:MostSessions"] = "1" });
        var address = await host.Services.GetRequiredService<RelayServer>().Listening;
        using var first = await Wire.ConnectAsync(address, "ada", city.Database, Token);
        using var second = new Npgsql.NpgsqlConnection(city.ConnectionString("ada").Replace($"Port={city.Address.Port}", $"Port={address.Port}", StringComparison.Ordinal));
        Assert.Equal("53300", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => second.OpenAsync(Token))).SqlState);
        await host.StopAsync(Token);
    }
}
