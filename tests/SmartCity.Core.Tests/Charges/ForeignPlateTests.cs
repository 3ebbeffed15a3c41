using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Charges;

public sealed class ForeignPlateTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plate_that_looks_foreign_is_not_charged_as_the_registrys_until_a_person_confirms_it()
    {
        await RegisterAsync("M5XSX");
        var seen = Sighting("M5XSX", Noon, "london-a40", confidence: 0.9986) with { Country = "DE" };

        await IngestAsync(seen);

        Assert.Equal(0m, await StandsAsync("M5XSX"));
        var waiting = Assert.Single((await GetAsync<Page<ReviewView>>("/api/review?kind=doubtful")).Items, c => c.SightingId == seen.Id);
        Assert.Equal("The plate looks like one from DE, but the registry's M5XSX is from GB.", waiting.Why);

        using var decided = await core.Http.PostAsJsonAsync($"/api/sightings/{seen.Id}/review", new ReviewResolution("confirmed", null), Token);
        Assert.True(decided.IsSuccessStatusCode, await decided.Content.ReadAsStringAsync(Token));
        Assert.Equal(12.50m, await StandsAsync("M5XSX"));
    }

    [Theory]
    [InlineData("GB", "FP01AAA")]
    [InlineData(null, "FP02AAA")]
    public async Task A_plate_of_the_registrys_country_or_of_none_for_certain_is_charged(string? country, string plate)
    {
        await RegisterAsync(plate);

        await IngestAsync(Sighting(plate, Noon, "london-a40") with { Country = country });

        Assert.Equal(12.50m, await StandsAsync(plate));
    }

    private async Task RegisterAsync(string plate)
    {
        using var content = new StringContent($"plate,class,fuel,euro,firstRegistered\n{plate},car,diesel,4,2009-05-01");
        using var answer = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), content, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private Task<IngestResult> IngestAsync(Contracts.Sighting sighting) => core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sighting), [], Token);

    private async Task<decimal> StandsAsync(string plate) => (await GetAsync<Page<ChargeView>>($"/api/charges?plate={plate}")).Items.Sum(c => c.Amount);

    private async Task<T> GetAsync<T>(string path) => (await core.Http.GetFromJsonAsync<T>(path, Token))!;
}
