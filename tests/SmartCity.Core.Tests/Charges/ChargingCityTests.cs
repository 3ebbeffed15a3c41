using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Charges;

/// <summary>A city decides when its days begin and in which currency it charges.</summary>
public sealed class ChargingCityTests(CoreHost core, PostgresServer server) : IClassFixture<CoreHost>
{
    private const string Berlin =
        """
        {"id":"berlin","name":"Berlin","country":"DE","timeZone":"Europe/Berlin","currency":"EUR",
         "stations":[{"id":"london-a40","name":"Frankfurter Tor","latitude":52.5158,"longitude":13.4540,"zones":[{"zone":"ulez"}],"cameras":[]}]}
        """;

    private static readonly DateTimeOffset JulyNight = new(2026, 7, 6, 22, 30, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ChargingCity In(string zone) => new(TimeZoneInfo.FindSystemTimeZoneById(zone), "EUR");

    [Theory]
    [InlineData("Europe/Berlin", "2026-07-06T22:30:00Z", "2026-07-07")]
    [InlineData("Europe/London", "2026-07-06T22:30:00Z", "2026-07-06")]
    [InlineData("Europe/Berlin", "2026-07-06T21:59:59Z", "2026-07-06")]
    public void A_charging_day_is_a_calendar_day_of_the_city(string zone, string at, string day) =>
        Assert.Equal(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture), In(zone).DayOf(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("Europe/Berlin", "2026-07-07", "2026-07-06T22:00:00Z")]
    [InlineData("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z")] // midnight does not exist
    [InlineData("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z")] // midnight comes twice
    public void A_day_begins_at_its_first_moment(string zone, string day, string start)
    {
        var (city, of) = (In(zone), DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(DateTimeOffset.Parse(start, System.Globalization.CultureInfo.InvariantCulture), city.StartOf(of));
        Assert.Equal((of, of.AddDays(-1)), (city.DayOf(city.StartOf(of)), city.DayOf(city.StartOf(of).AddTicks(-1))));
    }

    [Fact]
    public async Task Berlin_charges_a_July_night_for_the_next_day_in_euros_and_its_reports_count_it_there()
    {
        await using var berlin = await StartAsync(Berlin);
        await berlin.Postgres.ExecuteAsync("insert into tariffs (version, from_day, rates, added_by, added_at) values ('berlin-2026', '2026-01-01', '{\"ulez\": 8.00, \"weekdayHours\": [\"07:00\", \"18:00\"], \"weekendHours\": [\"12:00\", \"18:00\"], \"residentDiscount\": 0.9, \"bankHolidays\": []}', 'test', now())");
        using var content = new StringContent("plate,class,fuel,euro,firstRegistered,from\nBAB123,car,diesel,4,2009-05-01,2026-01-01");
        using var imported = await berlin.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), content, Token);
        Assert.True(imported.IsSuccessStatusCode, await imported.Content.ReadAsStringAsync(Token));

        await berlin.App.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(Sighting("BAB123", JulyNight, "london-a40") with { Country = "DE" }), [], Token);

        var charge = Assert.Single((await berlin.Http.GetFromJsonAsync<Page<ChargeView>>("/api/charges?plate=BAB123", Token))!.Items);
        Assert.Equal((new DateOnly(2026, 7, 7), 8.00m, "EUR", "berlin-2026"), (charge.Day, charge.Amount, charge.Currency, charge.TariffVersion));
        Assert.Contains("€8.00 for the day", charge.Why, StringComparison.Ordinal);
        var row = Assert.Single((await berlin.Http.GetFromJsonAsync<Report<ChargesRow>>("/api/reports/charges?from=2026-07-07&to=2026-07-07", Token))!.Rows);
        Assert.Equal((8.00m, "EUR"), (row.Amount, row.Currency));
        Assert.Equal(0, Assert.Single((await berlin.Http.GetFromJsonAsync<Report<HourRow>>("/api/reports/hours?from=2026-07-07&to=2026-07-07", Token))!.Rows).Hour);
        var preview = await berlin.Http.PostAsync(new Uri("/api/charges/preview", UriKind.Relative), new StringContent(
            """{"case":1,"vehicle":{"plate":"A","class":"car","fuel":"diesel","euro":4},"passages":[{"at":"2026-07-06T22:30:00Z","zones":["ulez"]}]}"""), Token);
        Assert.Contains("\"day\":\"2026-07-07\",\"amount\":8.00,\"currency\":\"EUR\"", await preview.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        // Charges that stand keep their meaning.
        await using var moved = core.Build(berlin.Postgres.ConnectionString);
        var database = moved.Services.GetRequiredService<DatabaseStartup>();
        await database.StartAsync(Token);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => database.Ready);
        Assert.Equal(
            "The city file says Europe/London and GBP, but this database holds charges by days of Europe/Berlin in EUR. Correct timeZone and currency in the city file, or give the city a database of its own.",
            refused.Message);
    }

    [Fact]
    public void The_tariff_that_ships_holds_in_pounds_only()
    {
        var book = new TariffBook([], In("Europe/Berlin"));
        var car = new ChargedVehicle("car", "diesel", 4, new DateOnly(2009, 5, 1), null, null, null, []);

        var assessment = Assert.Single(ChargeRules.Assess(car, [new ZonePassage(JulyNight, ["ulez"])], book));

        Assert.Equal((Verdict.NotCharged, "ulez-no-tariff"), (assessment.Verdict, assessment.Rule));
    }

    private async Task<Running> StartAsync(string city)
    {
        var postgres = new PostgresFixture(server);
        await postgres.InitializeAsync();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, city, Token);
        var app = core.Build(postgres.ConnectionString, new() { ["Core:CityFile"] = file });
        await app.StartAsync(Token);
        await app.Services.GetRequiredService<DatabaseStartup>().Ready;
        var http = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
        http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        http.DefaultRequestHeaders.Authorization = core.Http.DefaultRequestHeaders.Authorization;
        return new Running(app, http, postgres, file);
    }

    private sealed record Running(WebApplication App, HttpClient Http, PostgresFixture Postgres, string File) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            await App.StopAsync();
            await App.DisposeAsync();
            await Postgres.DisposeAsync();
            System.IO.File.Delete(File);
        }
    }
}
