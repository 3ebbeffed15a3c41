using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Database;
using SmartCity.Core.Retention;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Database;

/// <summary>A core that works as another role than the one that owns the tables.</summary>
public sealed class RuntimeRoleTests(PostgresServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_core_does_its_work_as_a_role_that_can_change_no_line_of_the_audit_and_the_ledger()
    {
        var database = await server.CreateEmptyDatabaseAsync("city_owner", "city_core");
        var (owner, runtime) = (As("city_owner", database), As("city_core", database));
        await using var core = new CoreHost(server) { Settings = new() { ["ConnectionStrings:postgres"] = runtime, ["ConnectionStrings:postgres-owner"] = owner } };
        await core.InitializeAsync();
        await using var superuser = NpgsqlDataSource.Create(server.ConnectionString(database));

        using var registry = new StringContent("plate,class,fuel,euro,first_registered\nROLE01A,car,diesel,4,2009-05-01\n");
        using var imported = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), registry, Token);
        using var listed = await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = "ROLE01A", reason = "Stolen", priority = 1 }, Token);
        Assert.True(imported.IsSuccessStatusCode && listed.IsSuccessStatusCode);
        var now = Charged(TimeProvider.System.GetUtcNow());
        await core.SendAsync(Sighting("ROLE01A", now, "london-a4"));
        await core.SendAsync(Sighting("ROLE02A", now.AddDays(-800), "london-a4"));
        await CoreHost.UntilAsync(async () => (await GetAsync<Page<ChargeView>>(core, "/api/charges?plate=ROLE01A")).Items.Count > 0, "a charge");
        await CoreHost.UntilAsync(async () => (await GetAsync<Page<AlertView>>(core, "/api/alerts?plate=ROLE01A")).Items.Count > 0, "an alert");
        await CoreHost.UntilAsync(async () => await ScalarAsync<long>(superuser, "select count(*) from sightings") == 2, "both sightings");
        Assert.NotEmpty((await GetAsync<Page<AuditLine>>(core, "/api/audit")).Items);

        // Retention drops a day and forgets the beginning of the audit.
        await ExecuteAsync(superuser, "delete from archive_queue; delete from archive_batches; delete from review_cases; alter table audit disable trigger all; update audit set at = at - interval '800 days' where number = 1; alter table audit enable trigger all");
        var days = (await ScalarAsync<long>(superuser, "select count(*) from pg_inherits where inhparent = 'sightings'::regclass")) - 1;
        await core.Services.GetRequiredService<SightingRetention>().RunAsync(now.AddDays(-730), 100, Token);
        Assert.Equal((days, 1L), (await ScalarAsync<long>(superuser, "select count(*) from pg_inherits where inhparent = 'sightings'::regclass"), await ScalarAsync<long>(superuser, "select count(*) from sightings")));
        Assert.Equal(1, await core.Services.GetRequiredService<AuditRetention>().RunAsync(now.AddDays(-730), Token));
        Assert.Null((await GetAsync<AuditVerdict>(core, "/api/audit/check")).Fault);

        // A core without the owner's password finds nothing to migrate.
        await Migrations.RunAsync(runtime + ";Pooling=false", Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, Token);

        await using var intruder = NpgsqlDataSource.Create(runtime);
        foreach (var sql in (string[])
        [
            "update audit set actor = 'nobody'", "delete from audit", "truncate audit", "update audit_start set number = 9", "alter table audit disable trigger all", "drop table audit",
            "update charge_entries set amount = 0.01", "delete from charge_entries", "truncate charge_entries", "drop trigger charge_entries_append_only on charge_entries",
            "create or replace function audit_is_append_only() returns trigger language plpgsql as 'begin return null; end'", "create table mine ()", "drop table passages", "delete from schemaversions",
        ])
        {
            Assert.Equal((sql, PostgresErrorCodes.InsufficientPrivilege), (sql, (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(intruder, sql))).SqlState));
        }

        foreach (var sql in (string[])["select audit_forgets(2, (select hash from audit where number = 2))", "select drop_sightings_day('passages')", "select drop_sightings_day('sightings_' || to_char((select max(captured_at) from sightings) at time zone 'UTC', 'YYYYMMDD'))"])
        {
            Assert.Equal((sql, "P0001"), (sql, (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(intruder, sql))).SqlState));
        }
    }

    [Fact]
    public async Task A_role_that_may_do_more_is_refused_with_what_to_do()
    {
        var database = await server.CreateEmptyDatabaseAsync("city_owner", "city_core");
        await Migrations.RunAsync(As("city_owner", database) + ";Pooling=false", Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, Token);

        foreach (var role in (string[])["city_owner", "smartcity"])
        {
            var e = await Assert.ThrowsAsync<InvalidOperationException>(() => RuntimeRole.GrantAsync(As("city_owner", database), As(role, database), Token));
            Assert.Contains($"the role {role}, which may do more than the core should", e.Message, StringComparison.Ordinal);
        }
    }

    private string As(string role, string database) => new NpgsqlConnectionStringBuilder(server.ConnectionString(database)) { Username = role }.ConnectionString;

    private static async Task<T> GetAsync<T>(CoreHost core, string path) => (await core.Http.GetFromJsonAsync<T>(path, JsonSerializerOptions.Web, Token))!;

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource data, string sql)
    {
        await using var command = data.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Token))!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource data, string sql)
    {
        await using var command = data.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}
