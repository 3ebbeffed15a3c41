using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Lake;
using SmartCity.Core.Reports;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Sightings;
using SmartCity.Core.Vehicles;
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
    private ReportDays _days = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _days = new ReportDays(_postgres.DataSource, new PostgresConnection(_postgres.ConnectionString), Options.Create(new ReportOptions()), ChargingCity.London, TimeProvider.System, NullLoggerFactory.Instance);
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

        // What retention takes from Postgres, the report keeps, also when something of the day changes later.
        await _postgres.ExecuteAsync("update retention set days = 5 where kind = 'sightings'; delete from passages where plate <> 'AB01ABC'");
        await StoreAsync(Sighting("AB04ABC", Noon.AddHours(3)));
        Assert.Equal(3, await PassagesAsync());
        await ArchiveAsync();
        await CountAsync();
        Assert.Equal(3, await PassagesAsync());
    }

    [Fact]
    public async Task Days_on_which_a_vehicle_passed_that_is_registered_later_are_counted_again_and_no_others()
    {
        await StoreAsync(Sighting("AB01ABC", Noon), Sighting("AB02ABC", Noon.AddDays(-1)));
        await ArchiveAsync();
        await CountAsync();
        Assert.Empty(await ComplianceAsync());

        var registry = new VehicleRegistry(_postgres.DataSource, ChargingCity.London, TimeProvider.System);
        await registry.ApplyAsync([VehicleChange.Whole(DemoRegistry.Vehicle(1) with { Plate = "AB01ABC" })], Token);
        Assert.Equal([Day], await DueAsync());
        Assert.Equal(1, Assert.Single(await ComplianceAsync()).Vehicles);
        await CountAsync();
        Assert.Equal(1, Assert.Single(await ComplianceAsync()).Vehicles);

        // What changes of one that is known is for days to come.
        await registry.ApplyAsync([VehicleChange.Whole(DemoRegistry.Vehicle(2) with { Plate = "AB01ABC" })], Token);
        Assert.Empty(await DueAsync());

        async Task<IReadOnlyList<ComplianceRow>> ComplianceAsync() => (await ComplianceReport.RunAsync(_postgres.DataSource, Range(Day.AddDays(-1), Day), Token)).Rows;
    }

    [Fact]
    public async Task Facts_and_discounts_that_come_late_make_the_days_due_on_which_the_vehicle_passed_meanwhile()
    {
        var registry = new VehicleRegistry(_postgres.DataSource, ChargingCity.London, TimeProvider.System);
        var diesel = DemoRegistry.Vehicle(1) with { Plate = "AB01ABC", Class = "car", Fuel = "diesel", Euro = 4, FirstRegistered = new DateOnly(2012, 1, 1), GrossKg = null, UnladenKg = null, TaxClass = null };
        await registry.ApplyAsync([VehicleChange.Whole(diesel)], Token);
        await StoreAsync(Sighting("AB01ABC", Noon.AddDays(-2)), Sighting("AB01ABC", Noon), Sighting("AB02ABC", Noon.AddDays(1)), Sighting("AB01ABC", Noon.AddDays(2)));
        await ArchiveAsync();
        await CountAsync();
        Assert.Equal([("diesel", 0L), ("diesel", 0L), ("diesel", 0L)], await ComplianceAsync());

        // It became electric the day before, and the file says so only now.
        await registry.ApplyAsync([new VehicleChange(diesel with { Fuel = "electric", Euro = null }, ["fuel", "euro"], Day.AddDays(-1))], Token);
        Assert.Equal([Day, Day.AddDays(2)], await DueAsync());
        Assert.Equal([("diesel", 0L), ("electric", 1L), ("electric", 1L)], await ComplianceAsync());
        await CountAsync();
        Assert.Equal([("diesel", 0L), ("electric", 1L), ("electric", 1L)], await ComplianceAsync());

        // A discount of one day, and what no report reads.
        Assert.Empty(await registry.AddDiscountsAsync([("AB01ABC", new DatedRegistration("disabled-tax-class", Day.AddDays(-2), Day.AddDays(-2), "late", DateTimeOffset.UnixEpoch))], Token));
        Assert.Equal([Day.AddDays(-2)], await DueAsync());
        await CountAsync();
        await registry.ApplyAsync([new VehicleChange(diesel with { Keeper = "Ada Keeper", Colour = "red" }, ["keeper", "colour"], Day.AddDays(-9))], Token);
        Assert.Empty(await DueAsync());

        async Task<List<(string, long)>> ComplianceAsync()
        {
            var rows = new List<(string, long)>();
            foreach (var day in (DateOnly[])[Day.AddDays(-2), Day, Day.AddDays(2)])
            {
                rows.AddRange((await ComplianceReport.RunAsync(_postgres.DataSource, Range(day, day), Token)).Rows.Select(r => (r.Fuel, r.Compliant)));
            }

            return rows;
        }
    }

    [Fact]
    public async Task Of_many_days_that_are_due_again_the_report_says_that_they_are_counted_anew()
    {
        await StoreAsync(Sighting("AB01ABC", Noon.AddDays(-50)), Sighting("AB02ABC", Noon));
        await ArchiveAsync();
        await CountAsync();
        await _postgres.ExecuteAsync("insert into report_days_due (part, day) select distinct part, day from report_days, (values ('traffic')) p (part)");

        var year = await TrafficReports.StationsAsync(_postgres.DataSource, Range(Day.AddDays(-60), Day), Token);
        Assert.Equal(2, year.Rows.Single().Passages);
        Assert.Contains(year.Notes, n => n.StartsWith($"20 days, the first of them {Day.AddDays(-50):yyyy-MM-dd}, are being counted anew", StringComparison.Ordinal));
        Assert.Equal(Day, (await _days.CountNextAsync(Token)).Day is { } first && first >= Day ? Day : default);
        await CountAsync();
        Assert.DoesNotContain((await TrafficReports.StationsAsync(_postgres.DataSource, Range(Day.AddDays(-60), Day), Token)).Notes, n => n.Contains("anew", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Days_that_retention_removed_before_they_were_counted_are_not_in_the_report_and_it_says_so()
    {
        await StoreAsync(Sighting("AB01ABC", Noon.AddDays(-40)), Sighting("AB02ABC", Noon));
        await ArchiveAsync();
        await _postgres.ExecuteAsync("update retention set days = 30 where kind = 'sightings'");
        await CountAsync();

        var year = await TrafficReports.StationsAsync(_postgres.DataSource, Range(Day.AddDays(-355), Day.AddDays(10)), Token);
        Assert.Equal(1, year.Rows.Single().Passages);
        Assert.Contains(year.Notes, n => n.StartsWith("Not in it: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sighting_after_midnight_changes_the_day_before_on_which_the_vehicle_set_out()
    {
        var midnight = ChargingCity.London.StartOf(Day.AddDays(1));
        await _postgres.ExecuteAsync("insert into stations (id, name, latitude, longitude) values ('london-a1', 'A one', 51.5, -0.1), ('london-b2', 'B two', 51.6, -0.2) on conflict do nothing");
        await StoreAsync(Sighting("AB01ABC", midnight.AddMinutes(-10)));
        await ArchiveAsync();
        await CountAsync();
        Assert.Empty((await TravelAsync()).Rows);

        await StoreAsync(Sighting("AB01ABC", midnight.AddMinutes(50), station: "london-b2"));
        Assert.Single((await TravelAsync()).Rows);
        await ArchiveAsync();
        await CountAsync();
        Assert.Equal(1, Assert.Single((await TravelAsync()).Rows).Vehicles);
        Assert.True(await _postgres.ScalarAsync<bool>("select rows::text like '%london-b2%' from report_days where report = 'travel.1' and day = $1", Day));
    }

    [Fact]
    public async Task What_is_archived_while_its_day_is_counted_is_counted_next()
    {
        await StoreAsync(Sighting("AB01ABC", Noon));
        await ArchiveAsync();
        await using var connection = await _postgres.DataSource.OpenConnectionAsync(Token);
        await using var hold = await connection.BeginTransactionAsync(Token);
        await using (var stop = new NpgsqlCommand("lock table report_days in exclusive mode", connection, hold))
        {
            await stop.ExecuteNonQueryAsync(Token);
        }

        var counting = CountAsync();
        await CoreHost.UntilAsync(() => _postgres.ScalarAsync<bool>("select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into report_days %')"), "the day is counted, and waits to be stored");
        await StoreAsync(Sighting("AB02ABC", Noon.AddHours(1)));
        await ArchiveAsync();
        await hold.CommitAsync(Token);
        await counting;

        Assert.Equal(2, await PassagesAsync());
        Assert.Equal(0L, await _postgres.ScalarAsync<long>("select count(*) from report_days_due where day = $1", Day));
    }

    [Fact]
    public async Task A_day_that_cannot_be_counted_holds_up_no_other()
    {
        await StoreAsync(Sighting("AB01ABC", Noon), Sighting("AB02ABC", Noon.AddDays(1)));
        await ArchiveAsync();
        await _postgres.ExecuteAsync($"alter table report_days add constraint refused check (day <> '{Day.AddDays(1):yyyy-MM-dd}')");

        var failures = 0;
        while (true)
        {
            try
            {
                if ((await _days.CountNextAsync(Token)).Day is null)
                {
                    break;
                }
            }
            catch (PostgresException)
            {
                failures++;
            }
        }

        Assert.Equal((1, 1), (failures, _days.Failed));
        Assert.True(await _postgres.ScalarAsync<long>("select count(*) from report_days where day = $1", Day) > 0);
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
        var year = Range(Day.AddDays(-355), Day);

        var e = await Assert.ThrowsAsync<DaysNotCountedException>(() => TrafficReports.StationsAsync(_postgres.DataSource, year, Token));
        Assert.Contains("51 of the days", e.Message, StringComparison.Ordinal);

        await CountAsync();
        Assert.Equal(2, (await TrafficReports.StationsAsync(_postgres.DataSource, year, Token)).Rows.Single().Passages);
    }

    [Fact]
    public async Task A_vehicle_whose_record_has_begun_and_is_not_swept_into_the_registry_yet_is_counted_once()
    {
        var before = new VehicleRegistry(_postgres.DataSource, ChargingCity.London, new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Noon.AddDays(-3)));
        var diesel = DemoRegistry.Vehicle(1) with { Plate = "AB01ABC", Class = "car", Fuel = "diesel", Euro = 4, FirstRegistered = new DateOnly(2012, 1, 1), GrossKg = null, UnladenKg = null, TaxClass = null };
        await before.ApplyAsync([VehicleChange.Whole(diesel)], Token);
        await before.ApplyAsync([new VehicleChange(diesel with { Fuel = "electric", Euro = null }, ["fuel", "euro"], Day)], Token);
        await StoreAsync(Sighting("AB01ABC", Noon));
        await ArchiveAsync();

        var row = Assert.Single((await ComplianceReport.RunAsync(_postgres.DataSource, Range(Day, Day), Token)).Rows);
        Assert.Equal(("electric", 1L), (row.Fuel, row.Vehicles));
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
        // Bins of 103 s, 204 s and 3,629 s.
        var times = new TravelTimes();
        times.Add(new("a", "b", [95, 109], [1, 2]));
        times.Add(new("a", "b", [109, 168], [1, 1]));

        Assert.Equal(5, times.Vehicles);
        Assert.Equal(204, times.Percentile(0.5).TotalSeconds);
        Assert.Equal(3629, times.Percentile(0.9).TotalSeconds);
    }

    public async ValueTask DisposeAsync()
    {
        await _days.DisposeAsync();
        await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Task StoreAsync(params Contracts.Sighting[] sightings) => new TestIngest(_postgres.DataSource).ApplyAsync(Records(sightings));

    private Task ArchiveAsync() => new ArchiveWriter(_postgres.DataSource, Lake()).RollAsync(1000, DateTimeOffset.MaxValue, Token);

    private async Task CountAsync()
    {
        while ((await _days.CountNextAsync(Token)).Day is not null)
        {
            // until no day is due
        }
    }

    private static ReportRange Range(DateOnly first, DateOnly last) => new(first, last, ChargingCity.London.Today(TimeProvider.System), ChargingCity.London);

    private Task<Contracts.Api.Report<Contracts.Api.TravelRow>> TravelAsync() => CongestionReports.TravelAsync(_postgres.DataSource, Range(Day, Day), Token);

    private async Task<long> PassagesAsync() => (await TrafficReports.HoursAsync(_postgres.DataSource, Range(Day, Day), Token)).Rows.Sum(r => r.Passages);

    private async Task<decimal> AmountAsync() => (await ChargesReport.RunAsync(_postgres.DataSource, Range(Day, Day), Token)).Rows.Sum(r => r.Amount);

    private Task ChargeAsync(string kind, decimal amount) => _postgres.ExecuteAsync(
        """
        insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at)
        values (gen_random_uuid(), $1, 'AB01ABC', 'ulez', $2, $3, 'r', 'w', 't', gen_random_uuid(), 'london-a1', now())
        """,
        kind, Day, amount);

    private async Task<List<DateOnly>> DueAsync()
    {
        await using var command = _postgres.DataSource.CreateCommand("select day from report_days_due where part = 'traffic' order by day");
        return await command.ReadAllAsync(r => r.GetFieldValue<DateOnly>(0), Token);
    }

    private CityLake Lake() => new(_postgres.DataSource, new FolderObjectStore(_folder), TimeProvider.System);
}
