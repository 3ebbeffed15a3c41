using System.Text;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Sightings;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Tests.Vehicles;

public class VehicleImportTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
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
        var found = await new VehicleRegistry(postgres.DataSource, TimeProvider.System).FindAsync(["LR33TEE", "AB12CDE"], TestContext.Current.CancellationToken);
        var vehicle = Assert.Single(found).Value;
        Assert.Equal(("Ward, Ann", 5, new DateOnly(2012, 3, 1)), (vehicle.Keeper, vehicle.Euro, vehicle.FirstRegistered));
        Assert.Equal(["autopay", "resident"], vehicle.Discounts);
    }

    [Fact]
    public async Task Importing_again_changes_what_the_file_names_and_the_last_row_of_a_plate_counts()
    {
        await ImportAsync(Header + "TW11CE,Old,,car,petrol,3,,resident,Ann Ward\n");

        await ImportAsync("plate,make,class\nTW11CE,Older,car\nTW11CE,New,van\n");

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

    [Fact]
    public async Task A_vehicle_that_is_not_known_needs_a_class_and_a_fuel()
    {
        var report = await ImportAsync("plate,euro\nUN11KNO,5\n");

        Assert.Equal((1L, 0L, 1L), (report.Read, report.Imported, report.Rejected));
        Assert.Equal((2L, "class and fuel must be given, because the registry does not know UN11KNO yet."), (report.Errors[0].Line, report.Errors[0].Error));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("class,fuel\ncar,petrol\n", "must name plate")]
    [InlineData("plate,class,fuel,colour_of_seats\nA1,car,petrol,red\n", "There is no column colour_of_seats")]
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
        var history = await new VehicleRegistry(postgres.DataSource, TimeProvider.System).HistoryAsync("DI11SCO", TestContext.Current.CancellationToken);
        Assert.Equal(
            [("blue-badge", null, null, "council"), ("resident", new DateOnly(2026, 1, 1), new DateOnly(2026, 8, 31), "borough")],
            history!.Discounts.Select(d => (d.Discount, d.From, d.To, d.Source)));
    }

    private async Task<VehicleView> FindAsync(string plate) =>
        (await new VehicleRegistry(postgres.DataSource, TimeProvider.System).FindAsync([plate], TestContext.Current.CancellationToken))[plate];

    private async Task<ImportReport> ImportDiscountsAsync(string csv)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        return await new DiscountImport(new VehicleRegistry(postgres.DataSource, TimeProvider.System), TimeProvider.System).ImportAsync(stream, TestContext.Current.CancellationToken);
    }

    private async Task<ImportReport> ImportAsync(string csv)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        return await new VehicleImport(new VehicleRegistry(postgres.DataSource, TimeProvider.System), new TestIngest(postgres.DataSource).Corrections, TimeProvider.System).ImportAsync(stream, TestContext.Current.CancellationToken);
    }
}
