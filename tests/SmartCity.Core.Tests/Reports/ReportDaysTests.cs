using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartCity.Core.Archive;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Lake;
using SmartCity.Core.Reports;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Sightings;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Reports;

/// <summary>Days that are over are counted once, and again when something of them comes later; a report is right before, meanwhile and after.</summary>
public sealed class ReportDaysTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly DateOnly Day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-10);
    private static readonly DateTimeOffset Noon = new(Day, new TimeOnly(12, 0), TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("lake").FullName;
    private readonly PostgresFixture _postgres = new(server);
    private ReportRuns _runs = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _runs = new ReportRuns(new PostgresConnection(_postgres.ConnectionString), Options.Create(new ReportOptions()), NullLoggerFactory.Instance);
    }

    [Fact]
    public async Task A_day_is_answered_as_it_was_counted_and_a_late_sighting_is_in_the_report_at_once()
    {
        await StoreAsync(Sighting("AB01ABC", Noon), Sighting("AB02ABC", Noon.AddHours(1)));
        Assert.Equal(2, await PassagesAsync());
        await ArchiveAsync();
        await CountAsync();
        Assert.Equal(ReportSlice.Days.Count(d => d.Part == DayReport.Traffic), await _postgres.ScalarAsync<long>("select count(*) from report_days where day = $1", Day));

        // It waits for the lake, then its day is due, then counted.
        await StoreAsync(Sighting("AB03ABC", Noon.AddHours(2)));
        Assert.Equal(3, await PassagesAsync());
        await ArchiveAsync();
        Assert.Equal(3, await PassagesAsync());
        await CountAsync();
        Assert.Equal(3, await PassagesAsync());

        // What retention takes from Postgres, the report keeps.
        await _postgres.ExecuteAsync("update retention set days = 5 where kind = 'sightings'; delete from passages");
        await CountAsync();
        Assert.Equal(3, await PassagesAsync());
    }

    [Fact]
    public async Task A_charge_that_is_taken_back_later_is_taken_back_in_the_report_at_once()
    {
        await ChargeAsync("charge", 12.5m);
        await new LakeFeeds(_postgres.DataSource, Lake()).RunAsync(Day, Token);
        await CountAsync();
        Assert.Equal(12.5m, await AmountAsync());

        await ChargeAsync("reversal", -12.5m);
        Assert.Equal(0m, await AmountAsync());
        await new LakeFeeds(_postgres.DataSource, Lake()).RunAsync(Day, Token);
        Assert.Equal(0m, await AmountAsync());
        await CountAsync();
        Assert.Equal(0m, await AmountAsync());
        Assert.Equal(0L, await _postgres.ScalarAsync<long>("select count(*) from report_days_due"));
    }

    [Fact]
    public async Task Of_many_days_that_are_not_counted_yet_the_report_says_what_to_do_and_when_they_are_it_has_the_year()
    {
        await StoreAsync(Sighting("AB01ABC", Noon.AddDays(-50)), Sighting("AB02ABC", Noon));
        await ArchiveAsync();
        var year = new ReportRange(Day.AddDays(-355), Day, ChargingCity.London);

        var e = await Assert.ThrowsAsync<DaysNotCountedException>(() => TrafficReports.StationsAsync(_postgres.DataSource, year, Token));
        Assert.Contains("51 days", e.Message, StringComparison.Ordinal);

        await CountAsync();
        Assert.Equal(2, (await TrafficReports.StationsAsync(_postgres.DataSource, year, Token)).Rows.Single().Passages);
    }

    [Fact]
    public async Task Today_is_counted_as_it_is_and_not_kept()
    {
        var now = TimeProvider.System.GetUtcNow();
        await StoreAsync(Sighting("AB01ABC", now));
        await ArchiveAsync();
        await CountAsync();

        Assert.Equal(0L, await _postgres.ScalarAsync<long>("select count(*) from report_days where day >= $1", ChargingCity.London.DayOf(now)));
    }

    [Fact]
    public void Travel_times_of_several_days_have_one_median()
    {
        var times = new TravelTimes([new("a", "b", [100, 200], [1, 2]), new("a", "b", [200, 3600], [1, 1])]);

        Assert.Equal((5, TimeSpan.FromSeconds(200), TimeSpan.FromHours(1)), (times.Vehicles, times.Percentile(0.5), times.Percentile(0.9)));
    }

    public async ValueTask DisposeAsync()
    {
        await _runs.DisposeAsync();
        await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Task StoreAsync(params Contracts.Sighting[] sightings) => new TestIngest(_postgres.DataSource).ApplyAsync(Records(sightings));

    private Task ArchiveAsync() => new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);

    private async Task CountAsync()
    {
        var days = new ReportDays(_postgres.DataSource, _runs, ChargingCity.London, TimeProvider.System);
        while (await days.CountNextAsync(Token) is not null)
        {
            // until no day is due
        }
    }

    private async Task<long> PassagesAsync() => (await TrafficReports.HoursAsync(_postgres.DataSource, new ReportRange(Day, Day, ChargingCity.London), Token)).Rows.Sum(r => r.Passages);

    private async Task<decimal> AmountAsync() => (await ChargesReport.RunAsync(_postgres.DataSource, new ReportRange(Day, Day, ChargingCity.London), Token)).Rows.Sum(r => r.Amount);

    private Task ChargeAsync(string kind, decimal amount) => _postgres.ExecuteAsync(
        """
        insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at)
        values (gen_random_uuid(), $1, 'AB01ABC', 'ulez', $2, $3, 'r', 'w', 't', gen_random_uuid(), 'london-a1', now())
        """,
        kind, Day, amount);

    private CityLake Lake() => new(_postgres.DataSource, new FolderObjectStore(_folder), TimeProvider.System);
}
