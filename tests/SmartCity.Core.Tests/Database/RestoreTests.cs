using System.Diagnostics;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Tests.Database;

/// <summary>The restore drill of docs/operations.md: a backup of the running city, a new database, and Kafka.</summary>
public class RestoreTests(PostgresServer server)
{
    private const int Before = 1_500;
    private const int After = 1_500;

    // What people would count.
    private const string Sums =
        """
        select 'sightings', count(*)::text, sum(revision)::text from sightings
        union all select 'passages', count(*)::text, sum(sightings)::text from passages
        union all select 'charges ' || scheme, count(*)::text, sum(amount)::text from charge_entries group by scheme
        union all select 'vehicles charged', count(distinct plate)::text, count(distinct (plate, scheme, day))::text from charge_entries
        union all select 'alerts', count(*)::text, count(distinct (entry_id, plate))::text from alerts
        union all select 'cases ' || kind, count(*)::text, count(distinct sighting_id)::text from review_cases group by kind
        union all select 'stored by station', sum(stored)::text, sum(duplicates)::text from station_totals
        union all select 'flow', sum(sightings)::text, count(*)::text from station_flow
        order by 1
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_that_is_restored_and_catches_up_from_Kafka_gives_the_sums_of_the_undisturbed_city()
    {
        var core = new CoreHost(server);
        await core.InitializeAsync();
        var name = new NpgsqlConnectionStringBuilder(core.Postgres.ConnectionString).Database!;
        var dump = Path.Combine(Path.GetTempPath(), $"{name}-{Guid.NewGuid():N}.dump");
        try
        {
            await core.Services.GetRequiredService<VehicleRegistry>().ApplyAsync([.. Enumerable.Range(0, DemoRegistry.Count).Where(i => i % 10 == 0).Select(DemoRegistry.Vehicle).Select(VehicleChange.Whole)], Token);
            var sightings = DemoTraffic.Sightings(City.Load(null), 7, new DateTimeOffset(2026, 11, 19, 8, 0, 0, TimeSpan.Zero), 2).Take(Before + After).ToArray();
            foreach (var plate in sightings.Where(s => s.Plate is not null).Where((_, i) => i % 100 == 50).Select(s => s.Plate!).Distinct())
            {
                using var added = await core.Http.PostAsJsonAsync("/api/hotlist", new HotlistEntryView { Pattern = plate, Reason = "a test", Priority = 1, ValidFrom = DateTimeOffset.UnixEpoch }, Token);
                Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync(Token));
            }

            await Task.WhenAll(sightings[..Before].Select(s => core.SendAsync(s)));
            await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from sightings") > Before / 3, "some are stored");
            var sending = Task.WhenAll(sightings[Before..].Select(s => core.SendAsync(s)));
            var started = Stopwatch.GetTimestamp();
            await server.DumpAsync(name, dump); // while sightings are being stored
            var dumped = Stopwatch.GetElapsedTime(started);
            await sending;
            await StoredAsync(core.Postgres.DataSource);
            var undisturbed = await SumsAsync(core.Postgres.DataSource);
            await core.Services.GetRequiredService<IHost>().StopAsync(Token);

            started = Stopwatch.GetTimestamp();
            var restored = await server.RestoreAsync(dump);
            var took = Stopwatch.GetElapsedTime(started);
            await using var data = NpgsqlDataSource.Create(server.ConnectionString(restored));
            var inDump = (await SumsAsync(data)).Single(s => s.StartsWith("sightings", StringComparison.Ordinal));
            await using var second = core.Build(server.ConnectionString(restored));
            started = Stopwatch.GetTimestamp();
            await second.StartAsync(Token);
            await StoredAsync(data);

            Assert.Equal(undisturbed, await SumsAsync(data));
            Assert.Contains(undisturbed, s => s.StartsWith("charges ulez", StringComparison.Ordinal));
            Assert.Contains(undisturbed, s => s.StartsWith("alerts", StringComparison.Ordinal) && !s.StartsWith("alerts 0 ", StringComparison.Ordinal));
            TestContext.Current.TestOutputHelper?.WriteLine($"pg_dump {dumped.TotalSeconds:0.0} s with {inDump}, pg_restore {took.TotalSeconds:0.0} s, catching up {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s:\n{string.Join('\n', undisturbed)}");
        }
        finally
        {
            await core.DisposeAsync();
            File.Delete(dump);
        }
    }

    private static Task StoredAsync(NpgsqlDataSource data) => CoreHost.UntilAsync(
        async () => (await SumsAsync(data)).Any(s => s.StartsWith($"sightings {Before + After} ", StringComparison.Ordinal)) && await InDoubtAsync(data) == 0, "all sightings are stored, and the days in doubt are worked out", 120);

    private static async Task<long> InDoubtAsync(NpgsqlDataSource data)
    {
        await using var command = data.CreateCommand("select count(*) from charge_days_in_doubt");
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }

    private static async Task<List<string>> SumsAsync(NpgsqlDataSource data)
    {
        await using var command = data.CreateCommand(Sums);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var sums = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            sums.Add($"{reader.GetString(0)} {reader.GetValue(1)} {reader.GetValue(2)}");
        }

        return sums;
    }
}
