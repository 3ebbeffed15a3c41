using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Sightings;
using SmartCity.Core.Vehicles;
using SmartCity.ServiceDefaults.Health;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Vehicles;

public class VehicleImportTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly DateTimeOffset Day = new(2026, 11, 19, 0, 0, 0, TimeSpan.Zero);

    internal static readonly TypedPlates Typed = new(Options.Create(new SightingOptions { HomeCountry = "GB" }));

    private const string Header = "plate,make,model,class,fuel,euro,first_registered,discounts,keeper\n";

    [Fact]
    public async Task Good_rows_are_saved_and_each_bad_row_is_reported_by_its_line()
    {
        var report = await ImportAsync(Header
            + "LR33 TEE,Ford,Focus,car,diesel,5,2012-03-01,autopay;resident,\"Ward, Ann\"\n"
            + "AB12CDE,Ford,Focus,spaceship,diesel,5,,,\n"
            + "\n"
            + "AB13CDE,Ford,Focus,car,diesel,9,2012-13-01,free-lunch,\n"
            + "ÄB14CDE,,,car,petrol,,,,\n"
            + "AB15CDE,\"Unclosed,,car,petrol,,,,\n"
            + "AB16CDE,,,van,electric,,,,\n");

        Assert.Equal((6L, 2L, 4L), (report.Read, report.Imported, report.Rejected));
        Assert.Equal([3L, 5L, 6L, 7L], report.Errors.Select(e => e.Line));
        Assert.Contains("class 'spaceship'", report.Errors[0].Error, StringComparison.Ordinal);
        Assert.Contains("euro '9'", report.Errors[1].Error, StringComparison.Ordinal);
        Assert.Contains("firstRegistered '2012-13-01'", report.Errors[1].Error, StringComparison.Ordinal);
        Assert.Contains("free-lunch", report.Errors[1].Error, StringComparison.Ordinal);
        var found = await new VehicleRegistry(postgres.DataSource, ChargingCity.London, TimeProvider.System).FindAsync(["LR33TEE", "AB12CDE"], TestContext.Current.CancellationToken);
        var vehicle = Assert.Single(found).Value;
        Assert.Equal(("Ward, Ann", 5, new DateOnly(2012, 3, 1)), (vehicle.Keeper, vehicle.Euro, vehicle.FirstRegistered));
        Assert.Equal(["autopay", "resident"], vehicle.Discounts);
    }

    [Fact]
    public async Task Importing_again_changes_what_the_file_names_and_of_rows_that_contradict_one_another_the_first_counts()
    {
        await ImportAsync(Header + "TW11CE,Old,,car,petrol,3,,resident,Ann Ward\n");

        var report = await ImportAsync("plate,make,class\nTW11CE,New,van\nTW11CE,Older,car\nTW11CE,New,van\n");
        Assert.Equal((3L, "Line 2 has the same plate and from and says something else. Keep one of them."), (Assert.Single(report.Errors).Line, report.Errors[0].Error));

        var vehicle = await FindAsync("TW11CE");
        Assert.Equal(("New", "van", "petrol", 3, "Ann Ward"), (vehicle.Make, vehicle.Class, vehicle.Fuel, vehicle.Euro, vehicle.Keeper));
        Assert.Equal(["resident"], vehicle.Discounts);
    }

    [Fact]
    public async Task An_empty_field_says_that_there_is_none()
    {
        await ImportAsync(Header + "EM11PTY,Old,,car,petrol,3,,resident,Ann Ward\n");

        await ImportAsync("plate,keeper,discounts\nEM11PTY,,\n");

        var vehicle = await FindAsync("EM11PTY");
        Assert.Equal((null, 3), (vehicle.Keeper, vehicle.Euro));
        Assert.Empty(vehicle.Discounts);
    }

    [Theory]
    [InlineData("9990-01-01")]
    [InlineData("0001-01-01")]
    public async Task A_first_registration_at_the_end_of_the_calendar_is_refused(string day)
    {
        var report = await ImportAsync($"plate,class,fuel,firstRegistered\nCA11END,car,petrol,{day}\n");

        Assert.Equal((0L, 1L), (report.Imported, report.Rejected));
        Assert.Contains("of the years 1885 to 2200", report.Errors[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vehicle_that_is_not_known_needs_a_class_and_a_fuel()
    {
        var report = await ImportAsync("plate,euro\nUN11KNO,5\n");

        Assert.Equal((1L, 0L, 1L), (report.Read, report.Imported, report.Rejected));
        Assert.Equal((2L, "class and fuel must be given, because the registry does not know UN11KNO yet."), (report.Errors[0].Line, report.Errors[0].Error));
    }

    [Fact]
    public async Task A_file_in_another_encoding_changes_nothing_and_says_so()
    {
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes("plate,make,class,fuel\nEN11COD,Citroën,car,petrol\nEN11COE,Ford,car,petrol\n"));
        var report = await new VehicleImport(new VehicleRegistry(postgres.DataSource, ChargingCity.London, TimeProvider.System), new TestIngest(postgres.DataSource).Corrections, Typed)
            .ImportAsync(stream, null, preview: false, TestContext.Current.CancellationToken);

        Assert.Equal((1L, 2L), (report.Imported, Assert.Single(report.Errors).Line));
        Assert.Contains("Save the file as UTF-8", report.Errors[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plate_that_was_probably_typed_wrong_is_said()
    {
        var report = await ImportAsync("plate,class,fuel\nTYO8PED,car,petrol\nTY08PEE,car,petrol\n");

        Assert.Equal((2L, 1L), (report.Imported, report.Doubtful));
        Assert.Equal(new ImportDoubt(2, "TYO8PED", "TY08PED"), Assert.Single(report.Doubts!));
    }

    [Fact]
    public async Task Weights_that_cannot_be_are_refused()
    {
        var report = await ImportAsync("plate,class,fuel,grossKg,unladenKg\nWE11GHT,van,diesel,2000,2001\n");

        Assert.Contains("unladenKg 2001 is more than grossKg 2000", Assert.Single(report.Errors).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Discounts_that_contradict_one_another_and_days_and_sources_that_cannot_be_are_refused()
    {
        await ImportAsync(Header + "DC11SCO,,,car,petrol,6,,,\n");

        var report = await ImportDiscountsAsync(
            "plate,discount,from,to,source\n"
            + "DC11SCO,resident,2026-01-01,2026-06-30,borough\n"
            + "DC11SCO,resident,2026-01-01,2026-07-31,borough\n"
            + "DC11SCO,blue-badge,0001-01-01,,council\n"
            + "DC11SCO,blue-badge,2026-01-01,9999-12-31,council\n"
            + $"DC11SCO,blue-badge,,,{new string('x', 201)}\n");

        Assert.Equal([3L, 4L, 5L, 6L], report.Errors.Select(e => e.Line));
        Assert.StartsWith("Line 2 has the same plate, discount and from", report.Errors[0].Error, StringComparison.Ordinal);
        Assert.Contains("source is longer than 200 characters", report.Errors[3].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_that_lacks_fields_or_has_more_than_the_header_changes_nothing()
    {
        await ImportAsync(Header + "MF11ITS,Old,,car,petrol,3,,resident,Ann Ward\n");

        var report = await ImportAsync("plate,keeper,discounts\nMF11ITS,Ben\nMF11ITS,Ward, Ann,resident\n");

        Assert.Equal((2L, 0L), (report.Read, report.Imported));
        Assert.Contains("no column takes 'resident'", report.Errors[1].Error, StringComparison.Ordinal);
        Assert.Equal("Ann Ward", (await FindAsync("MF11ITS")).Keeper);
    }

    [Fact]
    public async Task A_preview_says_what_is_wrong_with_the_file_and_saves_nothing()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("plate,class,fuel\nPV11IEW,car,petrol\nPV11IEX,boat,petrol\n"));
        var report = await new VehicleImport(new VehicleRegistry(postgres.DataSource, ChargingCity.London, TimeProvider.System), new TestIngest(postgres.DataSource).Corrections, Typed)
            .ImportAsync(stream, null, preview: true, TestContext.Current.CancellationToken);

        Assert.Equal((true, 2L, 1L), (report.Preview, report.Read, report.Imported));
        Assert.Equal(3L, Assert.Single(report.Errors).Line);
        Assert.Empty(await new VehicleRegistry(postgres.DataSource, ChargingCity.London, TimeProvider.System).FindAsync(["PV11IEW"], TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("plate,class,fuel,fuel\nA1,car,petrol,diesel\n", "names the column fuel twice")]
    [InlineData("", "empty")]
    [InlineData("class,fuel\ncar,petrol\n", "must name plate")]
    [InlineData("plate,class,fuel,colour_of_seats\nA1,car,petrol,red\n", "Unknown column: colour_of_seats")]
    public async Task A_file_whose_columns_are_not_understood_is_refused(string csv, string why)
    {
        var e = await Assert.ThrowsAsync<InvalidDataException>(() => ImportAsync(csv));

        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Discounts_have_days_and_a_source()
    {
        await ImportAsync(Header + "DI11SCO,,,car,petrol,6,,,\n");

        var report = await ImportDiscountsAsync(
            "plate,discount,from,to,source\n"
            + "DI11SCO,resident,2026-01-01,2026-06-30,borough\n"
            + "DI11SCO,blue-badge,,,council\n"
            + "DI11SCO,resident,2026-07-01,2026-08-31,borough\n"
            + "DI11SCO,free-lunch,,,\n"
            + "DI11SCO,resident,2026-09-02,2026-09-01,\n"
            + "NO11ONE,resident,,,\n");

        Assert.Equal([5L, 6L, 7L], report.Errors.Select(e => e.Line));
        Assert.Contains("does not know NO11ONE", report.Errors[2].Error, StringComparison.Ordinal);
        var history = await new VehicleRegistry(postgres.DataSource, ChargingCity.London, TimeProvider.System).HistoryAsync("DI11SCO", TestContext.Current.CancellationToken);
        Assert.Equal(
            [("blue-badge", null, null, "council"), ("resident", new DateOnly(2026, 1, 1), new DateOnly(2026, 8, 31), "borough")],
            history!.Discounts.Select(d => (d.Discount, d.From, d.To, d.Source)));
    }

    private async Task<VehicleView> FindAsync(string plate) =>
        (await new VehicleRegistry(postgres.DataSource, ChargingCity.London, TimeProvider.System).FindAsync([plate], TestContext.Current.CancellationToken))[plate];

    private async Task<ImportReport> ImportDiscountsAsync(string csv)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        return await new DiscountImport(new VehicleRegistry(postgres.DataSource, ChargingCity.London, TimeProvider.System), TimeProvider.System).ImportAsync(stream, preview: false, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_vehicle_whose_sighting_is_being_stored_during_its_import_does_not_stay_unregistered()
    {
        var sighting = Guid.CreateVersion7();
        await using var connection = await postgres.DataSource.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var batch = await CorrectionGate.BeginBatchAsync(connection, ["RA11CE"], TestContext.Current.CancellationToken);
        await new ReviewQueue(TimeProvider.System).AddAsync(
            connection, batch, [new ReviewCase("unregistered", "The registry does not know RA11CE.", sighting, Day.AddHours(12), "london-a1", "RA11CE", 0.97, null)], TestContext.Current.CancellationToken);

        var importing = ImportAsync(Header + "RA11CE,Ford,Focus,car,petrol,6,,,\n");
        await CoreHost.UntilAsync(
            async () => importing.IsCompleted || await postgres.ScalarAsync<bool>("select exists (select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database()))"),
            "the import is done or waits for the batch");
        await batch.CommitAsync(TestContext.Current.CancellationToken);
        await importing;

        Assert.Equal("settled", await StateAsync(sighting));
    }

    [Fact]
    public async Task A_vehicle_that_a_correction_names_during_its_import_does_not_stay_unregistered()
    {
        var sighting = Guid.CreateVersion7();
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var correcting = CorrectionGate.CorrectAsync(
            postgres.DataSource,
            ["RA12CE"],
            async correction =>
            {
                await new ReviewQueue(TimeProvider.System).AddAsync(
                    correction.Connection, correction.Transaction, [new ReviewCase("unregistered", "The registry does not know RA12CE.", sighting, Day.AddHours(12), "london-a1", "RA12CE", 0.97, null)], TestContext.Current.CancellationToken);
                entered.SetResult();
                await release.Task;
                await correction.Transaction.CommitAsync(TestContext.Current.CancellationToken);
                return true;
            },
            TestContext.Current.CancellationToken);
        await entered.Task;

        var importing = ImportAsync(Header + "RA12CE,Ford,Focus,car,petrol,6,,,\n");
        await CoreHost.UntilAsync(
            async () => importing.IsCompleted || await postgres.ScalarAsync<bool>("select exists (select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database()))"),
            "the import is done or waits for the correction");
        release.SetResult();
        await Task.WhenAll(correcting, importing);

        Assert.Equal("settled", await StateAsync(sighting));
    }

    [Fact]
    public async Task What_an_interrupted_import_left_is_settled_and_what_a_person_must_decide_is_left_alone()
    {
        var core = new TestIngest(postgres.DataSource);
        var (known, unknown) = (Sighting("SW11EP", Day.AddHours(12)), Sighting("SW12EP", Day.AddHours(12)));
        await core.ApplyAsync(Records(known, unknown));
        await postgres.ExecuteAsync("insert into vehicles (plate, class, fuel, euro) values ('SW11EP', 'car', 'diesel', 4)");
        using var sweep = new RegistrySweep(postgres.DataSource, new VehicleRegistry(postgres.DataSource, ChargingCity.London, TimeProvider.System), core.Corrections, core.InDoubt, ChargingCity.London, null!, new WorkerHealth(TimeProvider.System), TimeProvider.System, NullLogger<RegistrySweep>.Instance);

        await sweep.SweepAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("settled", "open"), (await StateAsync(known.Id), await StateAsync(unknown.Id)));
    }

    private Task<string> StateAsync(Guid sighting) => postgres.ScalarAsync<string>("select state from review_cases where sighting_id = $1 and kind = 'unregistered'", sighting);

    private async Task<ImportReport> ImportAsync(string csv)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        return await new VehicleImport(new VehicleRegistry(postgres.DataSource, ChargingCity.London, TimeProvider.System), new TestIngest(postgres.DataSource).Corrections, Typed).ImportAsync(stream, null, preview: false, TestContext.Current.CancellationToken);
    }
}
