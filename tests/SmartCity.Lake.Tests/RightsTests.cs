using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Tests.Database;
using SmartCity.Lake.City;
using SmartCity.Lake.Foreign;
using SmartCity.Lake.Relay;

namespace SmartCity.Lake.Tests;

/// <summary>Who may read what, on a database of its own.</summary>
public sealed class RightsTests(PostgresServer server) : IAsyncLifetime
{
    private const string Registry = "select plate, keeper from city.registry";

    private readonly PostgresFixture _postgres = new(server);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        await _postgres.ExecuteAsync("insert into vehicles (plate, class, fuel, euro, since, keeper) values ('AB12CDE', 'car', 'diesel', 6, '2026-06-01', 'Ada Keeper')");
    }

    // The role may make temporary tables here, as somebody may have granted it.
    [Theory]
    [InlineData("create temp table pg_roles (rolname name, oid oid); insert into pg_roles select 'rights_sees', oid from pg_catalog.pg_roles where rolname = session_user")]
    [InlineData("create temp view pg_roles as select 'rights_sees'::name as rolname, oid from pg_catalog.pg_roles where rolname = session_user")]
    [InlineData("create function pg_temp.taken() returns name language plpgsql as $$ begin raise exception 'runs as %', current_user; end $$; create temp view pg_roles as select pg_temp.taken() as rolname, 10::oid as oid")]
    [InlineData("create temp table lake_readers (role name, plates boolean); insert into lake_readers values (session_user, true)")]
    public async Task Nothing_that_a_reader_makes_for_himself_shows_him_plates(string attack)
    {
        await SeeAsync();
        await _postgres.ExecuteAsync($"grant temporary on database {Database} to rights_blind");
        await using var blind = await ConnectAsync("rights_blind");
        await ExecuteAsync(blind, attack);
        foreach (var path in (string[])["pg_temp, pg_catalog, public", "public", "pg_catalog, pg_temp"])
        {
            await ExecuteAsync(blind, $"set search_path = {path}");
            Assert.Equal(("AB***", null), await RowAsync(blind, Registry));
        }
    }

    [Fact]
    public async Task Readers_make_no_temporary_tables_and_the_owner_does()
    {
        await SeeAsync();
        await using var blind = await ConnectAsync("rights_blind");
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(blind, "create temp table pg_roles (rolname name, oid oid)"))).SqlState);
        await _postgres.ExecuteAsync("do $$ begin if not exists (select from pg_roles where rolname = 'rights_owner') then create role rights_owner login; end if; end $$");
        await _postgres.ExecuteAsync($"alter database {Database} owner to rights_owner");
        await using var owner = await ConnectAsync("rights_owner");
        await ExecuteAsync(owner, "create temp table mine (a int)");
    }

    // The core's turns are such locks: whoever has one stops it.
    [Theory]
    [InlineData("select pg_advisory_lock(2, 0)")]
    [InlineData("select pg_try_advisory_xact_lock_shared(2, 1)")]
    [InlineData("do $$ begin execute 'select pg_advis' || 'ory_lock(1)'; end $$")]
    [InlineData("select lo_create(0)")]
    [InlineData("select lo_from_bytea(0, repeat('x', 1000)::bytea)")]
    [InlineData("select pg_logical_emit_message(false, 'x', repeat('x', 1000))")]
    public async Task A_reader_takes_no_locks_and_writes_nothing_and_the_core_does_both(string sql)
    {
        await SeeAsync();
        await using var reader = await ConnectAsync("rights_sees");
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(reader, sql))).SqlState);
    }

    [Fact]
    public async Task Who_owns_the_database_and_who_writes_sightings_keep_what_is_taken_from_readers()
    {
        await SeeAsync();
        await _postgres.ExecuteAsync("grant execute on function pg_advisory_lock(bigint) to public");
        await _postgres.ExecuteAsync("do $$ begin if not exists (select from pg_roles where rolname = 'rights_writer') then create role rights_writer login; end if; end $$; grant insert on sightings to rights_writer");
        await EnsureAsync(new());
        await using var writer = await ConnectAsync("rights_writer");
        await ExecuteAsync(writer, "select pg_advisory_lock(7::bigint)");
        await using var reader = await ConnectAsync("rights_sees");
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(reader, "select pg_advisory_lock(8::bigint)"))).SqlState);
    }

    [Fact]
    public async Task Nobody_as_whom_Postgres_works_for_the_lake_has_no_rights_and_is_the_owner_s_alone()
    {
        await SeeAsync();
        foreach (var role in (string[])[Nobody.Role, "rights_sees"])
        {
            Assert.Equal(0, await _postgres.ScalarAsync<long>(
                "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname not in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'p', 'm', 'f') and has_table_privilege($1, c.oid, 'select')", role));
        }

        Assert.False(await _postgres.ScalarAsync<bool>("select rolcanlogin or rolsuper or rolcreaterole or exists (select from pg_auth_members where member = r.oid) from pg_roles r where rolname = $1", Nobody.Role));
        await using var reader = await ConnectAsync("rights_sees");
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(reader, $"set role {Nobody.Role}"))).SqlState);
    }

    [Fact]
    public async Task A_second_analyst_without_plates_is_admitted_beside_the_first_and_dismissed_when_it_is_named_no_more()
    {
        await EnsureAsync(new() { Analyst = "rights_first", AnalystPassword = "x", AnalystWithoutPlates = "rights_second", AnalystWithoutPlatesPassword = "y" });
        Assert.Equal(["rights_first true", "rights_second false"], await _postgres.ColumnAsync<string>("select role || ' ' || plates from lake_readers order by role"));
        await using (var second = await ConnectAsync("rights_second"))
        {
            Assert.Equal(("AB***", null), await RowAsync(second, Registry));
        }

        await EnsureAsync(new() { Analyst = "rights_first", AnalystPassword = "x" });
        Assert.Equal(["rights_first"], await _postgres.ColumnAsync<string>("select role::text from lake_readers"));
    }

    [Fact]
    public async Task A_schema_of_an_earlier_release_is_mended()
    {
        await SeeAsync();
        await _postgres.ExecuteAsync(
            """
            create or replace function city.sees_plates() returns boolean language sql stable security definer set search_path = pg_catalog as 'select true';
            comment on schema city is 'The city''s SQL, version 1';
            alter table public.lake_readers drop column if exists own
            """);
        await _postgres.ExecuteAsync($"grant temporary on database {Database} to public");
        await EnsureAsync(new());
        await using var blind = await ConnectAsync("rights_blind");
        Assert.Equal(("AB***", null), await RowAsync(blind, Registry));
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(blind, "create temp table x (a int)"))).SqlState);
        Assert.All(await _postgres.ColumnAsync<string>("select coalesce(p.proconfig::text, '') from pg_proc p where p.prosecdef and p.pronamespace = 'city'::regnamespace"), c => Assert.Contains("search_path=pg_catalog, pg_temp", c, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whether_the_analyst_sees_plates_is_as_the_setting_says_at_each_start()
    {
        await EnsureAsync(new() { Analyst = "rights_anna", AnalystPassword = "x" });
        await using (var anna = await ConnectAsync("rights_anna"))
        {
            Assert.Equal(("AB12CDE", "Ada Keeper"), await RowAsync(anna, Registry));
        }

        await EnsureAsync(new() { Analyst = "rights_anna", AnalystPassword = "x", AnalystSeesPlates = false });
        await using (var anna = await ConnectAsync("rights_anna"))
        {
            Assert.Equal(("AB***", null), await RowAsync(anna, Registry));
            Assert.False(await _postgres.ScalarAsync<bool>("select has_column_privilege('rights_anna', 'city.sightings', 'plate', 'select')"));
        }

        // What somebody has said by hand since is left.
        await _postgres.ExecuteAsync("select city.admit('rights_anna', plates => true)");
        await EnsureAsync(new() { Analyst = "rights_anna", AnalystPassword = "x", AnalystSeesPlates = false });
        Assert.True(await _postgres.ScalarAsync<bool>("select plates from lake_readers where role = 'rights_anna'"));
    }

    [Fact]
    public async Task An_analyst_of_another_name_takes_the_place_of_the_old_one()
    {
        await EnsureAsync(new() { Analyst = "rights_old", AnalystPassword = "x" });
        await EnsureAsync(new() { Analyst = "" });
        Assert.Equal(["rights_old"], await _postgres.ColumnAsync<string>("select role::text from lake_readers"));
        var said = await EnsureAsync(new() { Analyst = "rights_new", AnalystPassword = "x" });
        Assert.Equal(["rights_new"], await _postgres.ColumnAsync<string>("select role::text from lake_readers"));
        Assert.Contains(said, l => l.Contains("rights_old", StringComparison.Ordinal) && l.Contains("rights_new", StringComparison.Ordinal));
        await using var old = await ConnectAsync("rights_old");
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => RowAsync(old, Registry))).SqlState);
    }

    // A reader must not take the connections that the core needs, nor hold what the core waits for.
    [Fact]
    public async Task The_analyst_has_few_connections_and_no_transaction_of_his_stays_open()
    {
        await EnsureAsync(new() { Analyst = "rights_few", AnalystPassword = "x", AnalystConnections = 3, AnalystTimeout = TimeSpan.FromMinutes(7), AnalystIdle = TimeSpan.FromMinutes(2) });
        var open = new List<NpgsqlConnection>();
        try
        {
            for (var i = 0; i < 3; i++)
            {
                open.Add(await ConnectAsync("rights_few"));
            }

            Assert.Equal("53300", (await Assert.ThrowsAsync<PostgresException>(() => ConnectAsync("rights_few"))).SqlState);
            Assert.Equal(("7min", "2min"), await RowAsync(open[0], "select current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"));
        }
        finally
        {
            open.ForEach(c => c.Dispose());
        }

        Assert.True(new LakeOptions().MostSessions < 80 - 40 - 3, "run's Postgres has 80 connections, of which the core takes 40 and superusers 3");
    }

    [Fact]
    public async Task What_was_dropped_of_the_schema_is_made_again_and_a_server_of_another_process_is_left()
    {
        var foreign = new LakeOptions { ForeignAddress = "127.0.0.1:1" };
        await EnsureAsync(foreign);
        await _postgres.ExecuteAsync("alter server smartcity_lake options (drop tcp_user_timeout, set port '2')");
        await EnsureAsync(foreign, leads: false);
        Assert.Contains("port=2", await OptionsAsync());
        await EnsureAsync(foreign);
        Assert.Superset(new HashSet<string>(["port=1", "tcp_user_timeout=60000", "keepalives=1"]), (await OptionsAsync()).ToHashSet());

        await _postgres.ExecuteAsync("drop server smartcity_lake cascade");
        await EnsureAsync(foreign);
        Assert.Equal(7L, await _postgres.ScalarAsync<long>("select count(*) from pg_class where oid in ('city.sightings'::regclass, 'city.passages'::regclass, 'city.charges'::regclass, 'city.vehicles'::regclass, 'city.stations'::regclass, 'city.alerts'::regclass, 'city_lake.sightings'::regclass)"));
        await _postgres.ExecuteAsync("drop view city.cameras");
        await EnsureAsync(foreign);
        Assert.Equal(1L, await _postgres.ScalarAsync<long>("select count(*) from pg_class where oid = 'city.cameras'::regclass"));

        // Nobody waits for long behind a reader.
        await using var reader = await _postgres.DataSource.OpenConnectionAsync(Token);
        await ExecuteAsync(reader, "begin; select count(*) from city.registry; ");
        await _postgres.ExecuteAsync("comment on schema city is 'another'");
        Assert.Equal("55P03", (await Assert.ThrowsAsync<PostgresException>(() => EnsureAsync(foreign))).SqlState);
        await ExecuteAsync(reader, "commit");

        async Task<string[]> OptionsAsync() => await _postgres.ScalarAsync<string[]>("select srvoptions from pg_foreign_server where srvname = 'smartcity_lake'");
    }

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();

    private string Database => new NpgsqlConnectionStringBuilder(_postgres.ConnectionString).Database!;

    private async Task SeeAsync()
    {
        await EnsureAsync(new());
        await _postgres.ExecuteAsync("do $$ begin if not exists (select from pg_roles where rolname = 'rights_sees') then create role rights_sees login; create role rights_blind login; end if; end $$");
        await _postgres.ExecuteAsync("select city.admit('rights_sees', true), city.admit('rights_blind', false)");
    }

    private async Task<IReadOnlyList<string>> EnsureAsync(LakeOptions options, bool leads = true)
    {
        options.ForeignAddress ??= "";
        var log = new Said();
        var schema = new CitySchema(_postgres.DataSource, new ForeignServer(new Backend(_postgres.ConnectionString), new ForeignLogin(), Options.Create(options)), Options.Create(options), log);
        Assert.True((await schema.EnsureAsync(new IPEndPoint(IPAddress.Loopback, 1), isStart: true, leads, Token)).IsThere);
        return log.Lines;
    }

    private async Task<NpgsqlConnection> ConnectAsync(string role)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_postgres.ConnectionString) { Username = role, Pooling = false }.ConnectionString);
        await connection.OpenAsync(Token);
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    private static async Task<(string Plate, string? Keeper)> RowAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
        return (reader.GetString(0), await reader.IsDBNullAsync(1, Token) ? null : reader.GetString(1));
    }

    private sealed class Said : ILogger<CitySchema>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Add(formatter(state, exception));
    }
}
