using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Sightings;

namespace SmartCity.Core.Tests.Charges;

public class TariffTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateOnly Today = ChargingCity.London.DayOf(TimeProvider.System.GetUtcNow());
    private static readonly DateOnly Tomorrow = Today.AddDays(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Bank_holidays_by_rule_are_those_that_are_written_down_but_for_what_was_proclaimed()
    {
        var known = Tariff.London.BankHolidays.Where(d => d.Year >= 2024).Order().ToArray();

        Assert.Equal(known, Enumerable.Range(2024, 9).SelectMany(EnglishBankHolidays.Of).Order());
        Assert.Equal((true, false), (Tariff.London.IsBankHoliday(new(2033, 4, 15)), Tariff.None("CHF").IsBankHoliday(new(2033, 4, 15))));
    }

    [Fact]
    public async Task A_tariff_that_is_added_is_what_its_days_cost_and_earlier_days_cost_what_they_did()
    {
        await core.Postgres.ExecuteAsync("insert into vehicles (plate, class, fuel, euro) values ('OLD1ONE', 'car', 'diesel', 4)");
        // On 25 December nothing is charged.
        var (last, next) = (Today is { Month: 12, Day: 25 } ? Today.AddDays(-1) : Today, Tomorrow is { Month: 12, Day: 25 } ? Tomorrow.AddDays(1) : Tomorrow);
        var now = Rates(await ListAsync(), last);
        await AddAsync(new NewTariff("dearer", next, now with { Ulez = 17.25m }));
        try
        {
            // Zones charge by the day of London.
            await core.Services.GetRequiredService<SightingIngest>().ApplyAsync(
                TestSightings.Records([.. new[] { last, next }.Select(day => TestSightings.Sighting("OLD1ONE", ChargingCity.London.StartOf(day).AddMinutes(1)))]), [], Token);

            // A sighting from the future waits until a person has confirmed it.
            await core.Postgres.ExecuteAsync("update sightings set reviewed_at = now() where plate = 'OLD1ONE'");
            using var rederived = await core.Http.PostAsJsonAsync("/api/charges/rederive", new { plate = "OLD1ONE", day = next, why = "a test" }, Token);
            rederived.EnsureSuccessStatusCode();
            await CoreHost.UntilAsync(async () => (await ChargesAsync()).Count == 2, "both days are charged");

            Assert.Equal([(last, 12.50m, Tariff.London.Version), (next, 17.25m, "dearer")], (await ChargesAsync()).Select(c => (c.Day, c.Amount, c.TariffVersion)));
            Assert.Contains("£17.25", (await ChargesAsync())[1].Why, StringComparison.Ordinal);
        }
        finally
        {
            Assert.Equal(HttpStatusCode.NoContent, (await core.Http.DeleteAsync("/api/tariffs/dearer", Token)).StatusCode);
        }
    }

    [Fact]
    public async Task The_list_has_every_stretch_of_days_and_no_gap()
    {
        var tariffs = await ListAsync();

        Assert.Null(tariffs[^1].From);
        Assert.Null(tariffs[0].To);
        Assert.All(tariffs.Zip(tariffs.Skip(1)), pair => Assert.Equal(pair.First.From, pair.Second.To));
        Assert.Equal((15m, 18m), (Rates(tariffs, new(2026, 1, 1)).Congestion, Rates(tariffs, new(2026, 1, 2)).Congestion));
        Assert.Equal(0.125m, Rates(tariffs, new(2030, 3, 4)).ZeroEmission!.Car);
        Assert.Null(Rates(tariffs, new(2019, 4, 7)).Ulez);
    }

    [Fact]
    public async Task A_tariff_that_has_begun_is_never_changed()
    {
        await core.Postgres.ExecuteAsync(
            "insert into tariffs (version, from_day, rates, added_by, added_at) values ('begun', $1, '{ \"ulez\": 12.5, \"weekdayHours\": [\"07:00:00\", \"18:00:00\"], \"weekendHours\": [\"12:00:00\", \"18:00:00\"] }', 'x', now())", new DateOnly(2040, 1, 1));
        await core.Postgres.ExecuteAsync("alter table tariffs disable trigger user; update tariffs set from_day = '2020-01-01' where version = 'begun'; alter table tariffs enable trigger user");

        using var removed = await core.Http.DeleteAsync("/api/tariffs/begun", Token);
        Assert.Equal(HttpStatusCode.Conflict, removed.StatusCode);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => core.Postgres.ExecuteAsync("delete from tariffs"));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => core.Postgres.ExecuteAsync("update tariffs set added_by = 'y'"));
        await core.Postgres.ExecuteAsync("alter table tariffs disable trigger user; delete from tariffs where version = 'begun'; alter table tariffs enable trigger user");
    }

    [Fact]
    public async Task What_a_tariff_cannot_be_is_refused_naming_the_field()
    {
        var rates = Rates(await ListAsync(), Today);
        await IsRefusedAsync(new NewTariff("london-x", Today, rates), "from must be a day after today");
        await IsRefusedAsync(new NewTariff("London X", Tomorrow, rates), "version");
        await IsRefusedAsync(new NewTariff("london-x", Tomorrow, null), "rates is missing");
        await IsRefusedAsync(new NewTariff("london-x", Tomorrow, rates with { Ulez = 0 }), "rates.ulez");
        await IsRefusedAsync(new NewTariff("london-x", Tomorrow, rates with { Congestion = 1.005m }), "rates.congestion");
        await IsRefusedAsync(new NewTariff("london-x", Tomorrow, rates with { LezHeavyWorse = null }), "belong together");
        await IsRefusedAsync(new NewTariff("london-x", Tomorrow, rates with { WeekdayHours = [new(18, 0), new(7, 0)] }), "rates.weekdayHours");
        await IsRefusedAsync(new NewTariff("london-x", Tomorrow, rates with { ResidentDiscount = 90 }), "rates.residentDiscount");
        using var without = await core.Http.PostAsJsonAsync("/api/tariffs", new NewTariff("london-x", Tomorrow, rates with { BankHolidays = null! }), Token);
        Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);
        await IsRefusedAsync(new NewTariff("london-x", Tomorrow, rates with { ZeroEmission = new("magic", 1, 1, 1) }), "rates.zeroEmission.needs");
    }

    private async Task IsRefusedAsync(NewTariff tariff, string words)
    {
        using var answer = await core.Http.PostAsJsonAsync("/api/tariffs", tariff, Token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(words, (await answer.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
    }

    private static TariffRates Rates(TariffView[] tariffs, DateOnly day) => tariffs.First(t => t.From is null || t.From <= day).Rates;

    private async Task<TariffView[]> ListAsync() => (await core.Http.GetFromJsonAsync<TariffView[]>("/api/tariffs", Token))!;

    private async Task AddAsync(NewTariff tariff) => await Caller.ReadAsync<TariffView>(await core.Http.PostAsJsonAsync("/api/tariffs", tariff, Token));

    private async Task<List<ChargeView>> ChargesAsync() =>
        [.. (await core.Http.GetFromJsonAsync<Page<ChargeView>>("/api/charges?plate=OLD1ONE&scheme=ulez", Token))!.Items.OrderBy(c => c.Day)];
}
