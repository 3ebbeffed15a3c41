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
        var found = await new VehicleRegistry(postgres.DataSource).FindAsync(["LR33TEE", "AB12CDE"], TestContext.Current.CancellationToken);
        var vehicle = Assert.Single(found).Value;
        Assert.Equal(("Ward, Ann", 5, new DateOnly(2012, 3, 1)), (vehicle.Keeper, vehicle.Euro, vehicle.FirstRegistered));
        Assert.Equal(["autopay", "resident"], vehicle.Discounts);
    }

    [Fact]
    public async Task Importing_again_replaces_and_the_last_row_of_a_plate_counts()
    {
        await ImportAsync(Header + "TW11CE,Old,,car,petrol,,,,\n");

        await ImportAsync(Header + "TW11CE,Older,,car,petrol,,,,\nTW11CE,New,,van,electric,,,,\n");

        var vehicle = (await new VehicleRegistry(postgres.DataSource).FindAsync(["TW11CE"], TestContext.Current.CancellationToken))["TW11CE"];
        Assert.Equal(("New", "van"), (vehicle.Make, vehicle.Class));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("plate,class\nA1,car\n", "fuel")]
    public async Task A_file_without_the_needed_columns_is_refused(string csv, string names)
    {
        var e = await Assert.ThrowsAsync<InvalidDataException>(() => ImportAsync(csv));

        Assert.Contains(names, e.Message, StringComparison.Ordinal);
    }

    private async Task<ImportReport> ImportAsync(string csv)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        return await new VehicleImport(new VehicleRegistry(postgres.DataSource), new TestIngest(postgres.DataSource).Corrections).ImportAsync(stream, TestContext.Current.CancellationToken);
    }
}
