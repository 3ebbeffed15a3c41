using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Sightings;
using SmartCity.Core.Vehicles;
using SmartCity.ServiceDefaults.Health;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Vehicles;

/// <summary>A charge follows from what the registry knew for its day, whatever it learns later.</summary>
public class DatedRegistryTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Station = "dated-1";
    private static readonly DateOnly Monday = new(2026, 11, 16);
    private static readonly DateOnly Tuesday = new(2026, 11, 17);

    [Fact]
    public async Task A_plate_that_moved_to_another_car_leaves_earlier_days_as_they_were()
    {
        await ImportAsync(Monday, "plate,class,fuel,euro\nMO11VED,car,diesel,4\n");
        await SeenAsync("MO11VED", Monday);

        await ImportAsync(Tuesday, "plate,class,fuel,euro,source\nMO11VED,car,electric,,DVLA\n");
        await SeenAsync("MO11VED", Monday, hour: 20); // late
        await SeenAsync("MO11VED", Tuesday);
        await RederiveAsync("MO11VED", Monday);
        await RederiveAsync("MO11VED", Tuesday);

        Assert.Equal([(Monday, 12.50m)], await StandingAsync("MO11VED"));
        var facts = await postgres.ScalarAsync<string>("select facts::text from charge_entries where plate = 'MO11VED'");
        Assert.Contains("\"fuel\": \"diesel\"", facts, StringComparison.Ordinal);
        var history = await Registry(Tuesday).HistoryAsync("MO11VED", TestContext.Current.CancellationToken);
        Assert.Equal([(null, "diesel", null), (Tuesday, "electric", "DVLA")], history!.Records.Select(r => (r.From, r.Vehicle.Fuel, r.Source)));
    }

    [Fact]
    public async Task A_proof_of_the_euro_standard_holds_from_its_day_on()
    {
        await ImportAsync(Monday, "plate,class,fuel,firstRegistered\nPR11OOF,car,petrol,2003-05-01\n");
        await SeenAsync("PR11OOF", Monday);

        await ImportAsync(Tuesday, "plate,euro,source\nPR11OOF,4,certificate of conformity\n");
        await SeenAsync("PR11OOF", Tuesday);
        await RederiveAsync("PR11OOF", Monday);

        Assert.Equal([(Monday, 12.50m)], await StandingAsync("PR11OOF"));
    }

    [Fact]
    public async Task A_record_that_was_wrong_from_a_day_on_is_corrected_from_that_day()
    {
        await ImportAsync(Monday, "plate,class,fuel,euro\nWR11ONG,car,diesel,4\n");
        await SeenAsync("WR11ONG", Monday);
        await SeenAsync("WR11ONG", Tuesday);

        await ImportAsync(Tuesday, $"plate,euro,from\nWR11ONG,6,{Monday:yyyy-MM-dd}\n");
        await RederiveAsync("WR11ONG", Monday);

        Assert.Equal([(Tuesday, 12.50m)], await StandingAsync("WR11ONG")); // until that day is worked out again too
    }

    [Fact]
    public async Task What_was_not_known_on_the_day_is_told_only_by_what_holds_on_it()
    {
        await ImportAsync(Monday, "plate,class,fuel\nLE11ARN,car,diesel\n");
        await SeenAsync("LE11ARN", Monday);
        Assert.Empty(await StandingAsync("LE11ARN"));

        // Another car, perhaps.
        await ImportAsync(Tuesday, "plate,euro\nLE11ARN,4\n");
        Assert.Empty(await StandingAsync("LE11ARN"));
        Assert.Equal(1L, await postgres.ScalarAsync<long>("select count(*) from review_cases where plate = 'LE11ARN' and state = 'open'"));

        await ImportAsync(Tuesday, $"plate,euro,from\nLE11ARN,4,{Monday:yyyy-MM-dd}\n");

        Assert.Equal([(Monday, 12.50m)], await StandingAsync("LE11ARN"));
        Assert.Equal(0L, await postgres.ScalarAsync<long>("select count(*) from review_cases where plate = 'LE11ARN' and state = 'open'"));
    }

    [Fact]
    public async Task A_vehicle_that_is_known_only_later_waits_for_a_person()
    {
        await ImportAsync(Tuesday, $"plate,class,fuel,euro,from\nLA11TER,car,diesel,4,{Tuesday:yyyy-MM-dd}\n");

        await SeenAsync("LA11TER", Monday);
        await SeenAsync("LA11TER", Tuesday);

        Assert.Equal([(Tuesday, 12.50m)], await StandingAsync("LA11TER"));
        Assert.Equal("The registry knows LA11TER only from 17 November 2026 on.", await postgres.ScalarAsync<string>("select why from review_cases where plate = 'LA11TER' and kind = 'unregistered'"));
    }

    [Fact]
    public async Task What_begins_on_a_day_to_come_is_taken_and_used_from_its_day_on()
    {
        await ImportAsync(Monday, "plate,class,fuel,euro\nFU11TUR,car,diesel,4\n");
        var change = $"plate,fuel,euro,from\nFU11TUR,electric,,{Tuesday:yyyy-MM-dd}\n";

        // A preview says the same and saves nothing.
        await ImportAsync(Monday, change, preview: true);
        Assert.Single((await Registry(Monday).HistoryAsync("FU11TUR", TestContext.Current.CancellationToken))!.Records);

        await ImportAsync(Monday, change);
        await SeenAsync("FU11TUR", Monday);
        await SeenAsync("FU11TUR", Tuesday);
        Assert.Equal([(Monday, 12.50m)], await StandingAsync("FU11TUR"));
        Assert.Equal("diesel", await FuelAsync("FU11TUR"));
        Assert.Equal([(null, "diesel"), (Tuesday, "electric")], (await Registry(Monday).HistoryAsync("FU11TUR", TestContext.Current.CancellationToken))!.Records.Select(r => (r.From, r.Vehicle.Fuel)));

        // What comes meanwhile is of its own day, and leaves what is to come.
        await ImportAsync(Monday, "plate,keeper\nFU11TUR,Ann Ward\n");
        Assert.Equal("diesel", await FuelAsync("FU11TUR"));

        await SweepAsync(Monday);
        Assert.Equal("diesel", await FuelAsync("FU11TUR"));
        await SweepAsync(Tuesday);
        Assert.Equal("electric", await FuelAsync("FU11TUR"));
        await RederiveAsync("FU11TUR", Monday);
        await RederiveAsync("FU11TUR", Tuesday);
        Assert.Equal([(Monday, 12.50m)], await StandingAsync("FU11TUR"));
        Assert.Equal([(null, "diesel", null), (Monday, "diesel", "Ann Ward"), (Tuesday, "electric", "Ann Ward")], (await Registry(Tuesday).HistoryAsync("FU11TUR", TestContext.Current.CancellationToken))!.Records.Select(r => (r.From, r.Vehicle.Fuel, r.Vehicle.Keeper)));
    }

    [Fact]
    public async Task Of_a_vehicle_whose_first_day_is_to_come_nothing_is_known_before()
    {
        var (today, later) = (DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(20)));
        await ImportAsync(today, $"plate,class,fuel,euro,from\nFU12TUR,car,diesel,4,{later:yyyy-MM-dd}\n");
        Assert.Empty(await Registry(today).FindAsync(["FU12TUR"], TestContext.Current.CancellationToken));
        Assert.Equal(later, Assert.Single((await Registry(today).HistoryAsync("FU12TUR", TestContext.Current.CancellationToken))!.Records).From);

        await SeenAsync("FU12TUR", today.AddDays(-1));
        Assert.Empty(await StandingAsync("FU12TUR"));

        // The plate is on another vehicle until then.
        await ImportAsync(today, $"plate,class,fuel,euro,from\nFU12TUR,van,petrol,3,{today.AddDays(-2):yyyy-MM-dd}\n");
        Assert.Equal("petrol", await FuelAsync("FU12TUR"));
        Assert.Equal([("van", today.AddDays(-2)), ("car", later)], (await Registry(today).HistoryAsync("FU12TUR", TestContext.Current.CancellationToken))!.Records.Select(r => (r.Vehicle.Class, r.From!.Value)));
        Assert.Equal([(today.AddDays(-1), 12.50m)], await StandingAsync("FU12TUR"));
    }

    [Fact]
    public async Task A_file_that_names_only_keepers_takes_no_discount_and_no_charge()
    {
        await ImportAsync(Monday, "plate,class,fuel,euro,discounts,keeper\nKE11PER,car,petrol,6,resident,Ann Ward\n");
        await SeenAsync("KE11PER", Monday, zone: "congestion");

        await ImportAsync(Tuesday, "plate,keeper\nKE11PER,Ben Ward\n");
        await SeenAsync("KE11PER", Tuesday, zone: "congestion");
        await RederiveAsync("KE11PER", Monday);

        Assert.Equal([(Monday, 1.80m), (Tuesday, 1.80m)], await StandingAsync("KE11PER"));
    }

    private static FakeTimeProvider NoonOf(DateOnly day) => new(new DateTimeOffset(day.ToDateTime(new TimeOnly(12, 0)), TimeSpan.Zero));

    private VehicleRegistry Registry(DateOnly today) => new(postgres.DataSource, ChargingCity.London, NoonOf(today));

    private async Task ImportAsync(DateOnly today, string csv, bool preview = false)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        var report = await new VehicleImport(Registry(today), new TestIngest(postgres.DataSource).Corrections, VehicleImportTests.Typed).ImportAsync(stream, null, preview, TestContext.Current.CancellationToken);
        Assert.Empty(report.Errors);
    }

    private async Task SeenAsync(string plate, DateOnly day, int hour = 10, string zone = "ulez")
    {
        var station = $"{Station}-{zone}";
        await postgres.ExecuteAsync("insert into stations (id, name, latitude, longitude) values ($1, 'D', 51.5, 0) on conflict do nothing", station);
        await postgres.ExecuteAsync("insert into station_zones (station_id, zone) values ($1, $2) on conflict do nothing", station, zone);
        await new TestIngest(postgres.DataSource).ApplyAsync(Records(Sighting(plate, new DateTimeOffset(day.ToDateTime(new TimeOnly(hour, 0)), TimeSpan.Zero), station)));
    }

    private Task<string> FuelAsync(string plate) => postgres.ScalarAsync<string>("select fuel from vehicles where plate = $1", plate);

    private async Task SweepAsync(DateOnly today)
    {
        var core = new TestIngest(postgres.DataSource);
        using var sweep = new RegistrySweep(postgres.DataSource, Registry(today), core.Corrections, core.InDoubt, ChargingCity.London, null!, new WorkerHealth(TimeProvider.System), NoonOf(today), NullLogger<RegistrySweep>.Instance);
        await sweep.SweepAsync(TestContext.Current.CancellationToken);
    }

    private Task RederiveAsync(string plate, DateOnly day) =>
        new TestIngest(postgres.DataSource).Corrections.RederiveAsync(new VehicleDay(plate, day), "A look.", "tests", TestContext.Current.CancellationToken);

    private async Task<List<(DateOnly Day, decimal Amount)>> StandingAsync(string plate)
    {
        await using var command = postgres.DataSource.CreateCommand("select day, sum(amount) from charge_entries where plate = $1 group by day having sum(amount) <> 0 order by day");
        command.Parameters.Add(new() { Value = plate });
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var days = new List<(DateOnly, decimal)>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            days.Add((reader.GetFieldValue<DateOnly>(0), reader.GetDecimal(1)));
        }

        return days;
    }
}
