using System.Net;
using Npgsql;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Sightings;

public class DatabaseCrashTests
{
    [Fact]
    public async Task A_database_that_crashes_under_load_and_comes_back_has_every_sighting_once()
    {
        const int before = 500, during = 500;
        var server = new PostgresServer();
        await server.InitializeAsync();
        var core = new CoreHost(server);
        await core.InitializeAsync();
        try
        {
            var now = TimeProvider.System.GetUtcNow();
            var sightings = Enumerable.Range(0, before + during).Select(i => Sighting($"CRASH{i}", now.AddMilliseconds(i), "london-a1")).ToArray();
            await Task.WhenAll(sightings[..before].Select(s => core.SendAsync(s)));
            await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from sightings") > 0, "first batch");

            await server.CrashAsync();
            await CoreHost.UntilAsync(async () => await ReadyAsync(core) == (HttpStatusCode.ServiceUnavailable, true), "the core says that Postgres is missing", 120);
            await Task.WhenAll(sightings[before..].Select(s => core.SendAsync(s)));
            await server.StartAsync();

            await CoreHost.UntilAsync(async () => await StoredAsync(core.Postgres) == sightings.Length, "every sighting", 120);
            await CoreHost.UntilAsync(async () => await ReadyAsync(core) == (HttpStatusCode.OK, false), "the core is ready again", 120);
            Assert.Equal((long)sightings.Length, await core.Postgres.ScalarAsync<long>("select count(distinct id) from sightings"));
            Assert.Equal((long)sightings.Length, await core.Postgres.ScalarAsync<long>("select sum(sightings)::bigint from passages"));
            Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from dead_letters"));
        }
        finally
        {
            await core.DisposeAsync();
            await server.DisposeAsync();
        }
    }

    private static async Task<(HttpStatusCode Status, bool PostgresIsMissing)> ReadyAsync(CoreHost core)
    {
        using var answer = await core.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (answer.StatusCode, body.Split('\n').Any(l => l.StartsWith("PostgreSql: Unhealthy: Postgres does not answer: ", StringComparison.Ordinal)));
    }

    private static async Task<long> StoredAsync(PostgresFixture postgres)
    {
        try
        {
            return await postgres.ScalarAsync<long>("select count(*) from sightings");
        }
        catch (NpgsqlException)
        {
            return -1; // this test's own connections broke as well
        }
    }
}
