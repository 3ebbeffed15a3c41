using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Core.Access;
using SmartCity.Core.Database;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Database;

/// <summary>A Postgres that restarts while a core is starting: the core waits for it and goes on.</summary>
public sealed class StartupFaultTests(PostgresServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_that_ends_below_Entity_Framework_is_begun_anew()
    {
        await using var core = new CoreHost(server);
        await core.InitializeAsync();
        var seed = default(EndsItsSession);
        await using var another = core.Build(core.Postgres.ConnectionString, configure: services => services.AddSingleton<IDatabaseSeed>(provider => seed = new EndsItsSession(provider.GetRequiredService<IServiceScopeFactory>())));

        await another.StartAsync(Token);
        await another.Services.GetRequiredService<DatabaseStartup>().Ready.WaitAsync(TimeSpan.FromSeconds(30), Token);

        Assert.Equal(2, seed!.Attempts);
        await another.StopAsync(Token);
    }

    [Fact]
    public async Task A_session_that_ends_while_it_waits_for_another_core_s_migrations_is_begun_anew()
    {
        await using var core = new CoreHost(server);
        await core.InitializeAsync();
        await using var data = NpgsqlDataSource.Create(core.Postgres.ConnectionString);
        await using var holder = await data.OpenConnectionAsync(Token);
        await LockAsync(holder, "select pg_advisory_lock($1)");
        await using var another = core.Build(core.Postgres.ConnectionString);
        await another.StartAsync(Token);
        var ended = 0L;
        await CoreHost.UntilAsync(
            async () =>
            {
                await using var end = data.CreateCommand("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and query like 'select pg_advisory_lock%' and wait_event_type = 'Lock'");
                ended += (long)(await end.ExecuteScalarAsync(Token))!;
                return ended > 0;
            },
            "it waits for the lock, and its session is ended");
        await LockAsync(holder, "select pg_advisory_unlock($1)");
        await another.Services.GetRequiredService<DatabaseStartup>().Ready.WaitAsync(TimeSpan.FromSeconds(30), Token);
        await another.StopAsync(Token);
    }

    private static async Task LockAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = Migrations.AdvisoryLock } } };
        await command.ExecuteNonQueryAsync(Token);
    }

    /// <summary>As when Postgres restarts in the middle of a seed.</summary>
    private sealed class EndsItsSession(IServiceScopeFactory scopes) : IDatabaseSeed
    {
        public int Attempts { get; private set; }

        public async Task SeedAsync(CancellationToken cancellationToken)
        {
            await using var scope = scopes.CreateAsyncScope();
            var users = scope.ServiceProvider.GetRequiredService<AccessContext>();
            if (++Attempts == 1)
            {
                await users.Database.SqlQueryRaw<bool>("select pg_terminate_backend(pg_backend_pid()) as \"Value\"").ToListAsync(cancellationToken);
            }
        }
    }
}
