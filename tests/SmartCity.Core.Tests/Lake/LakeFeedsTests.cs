using DuckDB.NET.Data;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Sightings;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Lake;

public sealed class LakeFeedsTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(-10).AddHours(12);

    private readonly string _folder = Directory.CreateTempSubdirectory("lake").FullName;
    private readonly PostgresFixture _postgres = new(server);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DateOnly Tomorrow => DateOnly.FromDateTime(Noon.UtcDateTime).AddDays(1);

    [Fact]
    public async Task Passages_of_a_day_that_is_over_are_there_once_and_again_as_they_are_when_a_late_sighting_comes()
    {
        await StoreAsync("AB01", Noon);
        await StoreAsync("AB02", Noon.AddMinutes(1));
        await FeedAsync(Tomorrow.AddDays(-1));
        Assert.Equal(0L, await QueryAsync<long>("passages", "count(*)"));

        await FeedAsync(Tomorrow);
        Assert.Equal("AB01,AB02", await QueryAsync<string>("passages", "string_agg(plate, ',' order by first_at)"));

        await StoreAsync("AB03", Noon.AddMinutes(2));
        await FeedAsync(Tomorrow);
        Assert.Equal("AB01,AB02,AB03", await QueryAsync<string>("passages", "string_agg(plate, ',' order by first_at)"));
        Assert.Equal(0L, await _postgres.ScalarAsync<long>("select count(*) from lake_days where day < $1", Tomorrow));

        // What Postgres has let go stays in the lake.
        await _postgres.ExecuteAsync("delete from passages; update retention set days = 5 where kind = 'sightings'");
        await StoreAsync("AB04", Noon.AddMinutes(3));
        await FeedAsync(Tomorrow);
        Assert.Equal(3L, await QueryAsync<long>("passages", "count(*)"));
    }

    [Fact]
    public async Task Every_line_of_the_ledger_is_there_once_to_the_penny()
    {
        await ChargeAsync("AB01", 12.5m, 1);
        await ChargeAsync("AB02", 300m, 2);
        await FeedAsync(Tomorrow);
        await ChargeAsync("AB03", 0.05m, 1);
        await FeedAsync(Tomorrow);
        await FeedAsync(Tomorrow);

        Assert.Equal((3L, 312.55m), (await QueryAsync<long>("charges", "count(*)"), await QueryAsync<decimal>("charges", "sum(amount)")));
        Assert.Equal("AB01 AB03", await QueryAsync<string>("charges", "string_agg(plate, ' ' order by plate) filter (where day = current_date - 1)"));

        // Days of the ledger are compacted as others are.
        await new LakeCompaction(_postgres.DataSource, Lake()).RunAsync(DateOnly.MaxValue, 1 << 20, Token);
        Assert.Equal((3L, 312.55m), (await QueryAsync<long>("charges", "count(*)"), await QueryAsync<decimal>("charges", "sum(amount)")));
    }

    [Fact]
    public async Task Vehicles_stations_and_alerts_are_there_as_they_are_once_a_day_without_their_keepers()
    {
        await _postgres.ExecuteAsync("insert into vehicles (plate, class, fuel, euro, since, keeper) values ('AB01', 'car', 'diesel', 6, '2026-01-01', 'Ada'); insert into vehicle_history (plate, from_day, to_day, class, fuel, euro, recorded_at) values ('AB01', '-infinity', '2026-01-01', 'car', 'diesel', 4, now())");
        await _postgres.ExecuteAsync("insert into stations (id, name, latitude, longitude) values ('london-z9', 'Zoo', 51.5, -0.1); insert into station_zones (station_id, zone) values ('london-z9', 'ulez'), ('london-z9', 'lez')");
        await FeedAsync(Tomorrow);
        await _postgres.ExecuteAsync("insert into vehicles (plate, class, fuel) values ('AB02', 'car', 'petrol')");
        await FeedAsync(Tomorrow);

        Assert.Equal("4,6", await QueryAsync<string>("vehicles", "string_agg(euro::text, ',' order by from_day nulls first)"));
        Assert.Equal("lez,ulez", await QueryAsync<string>("stations", "any_value(array_to_string(zones, ',')) filter (where id = 'london-z9')"));
        Assert.DoesNotContain(LakeTables.Vehicles.Columns, c => c.Name == "keeper");

        // On another day they are written anew, in place of those before.
        await new LakeFeeds(_postgres.DataSource, Lake(new LaterTime())).RunAsync(Tomorrow, Token);
        Assert.Equal(3L, await QueryAsync<long>("vehicles", "count(*)"));
    }

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StoreAsync(string plate, DateTimeOffset at)
    {
        await new TestIngest(_postgres.DataSource).ApplyAsync(Records([Sighting(plate, at)]));
        await new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);
    }

    private Task ChargeAsync(string plate, decimal amount, int daysAgo) => _postgres.ExecuteAsync(
        """
        insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at)
        values (gen_random_uuid(), 'charge', $1, 'ulez', (now() at time zone 'UTC')::date - $2, $3, 'r', 'w', 't', gen_random_uuid(), 'london-a1', now())
        """,
        plate, daysAgo, amount);

    private Task FeedAsync(DateOnly before) => new LakeFeeds(_postgres.DataSource, Lake()).RunAsync(before, Token);

    private CityLake Lake(TimeProvider? time = null) => new(_postgres.DataSource, new FolderObjectStore(_folder), time ?? TimeProvider.System);

    private async Task<T> QueryAsync<T>(string name, string what)
    {
        var table = Lake().Tables.First(t => t.Name == name);
        await using var connection = await _postgres.DataSource.OpenConnectionAsync(Token);
        var live = await table.LiveAsync((await table.LoadAsync(connection, null, Token))!, DateOnly.MinValue, DateOnly.MaxValue, Token);
        if (live.Count == 0)
        {
            return default!;
        }

        using var duck = new DuckDBConnection("DataSource=:memory:");
        duck.Open();
        using var command = duck.CreateCommand();
        command.CommandText = $"set timezone = 'UTC'; select {what} from read_parquet([{string.Join(", ", live.Select(f => $"'{f.File.Location["file://".Length..]}'"))}])";
        return (T)command.ExecuteScalar()!;
    }

    private sealed class LaterTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(1);
    }
}
