using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Review;

/// <summary>What an operator's decision does to sightings, passages, charges, alerts and cases, through the API.</summary>
public sealed class CorrectionTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_corrected_reading_moves_the_charge_to_the_right_vehicle()
    {
        await RegisterAsync("CR01AAA,car,diesel,4,2009-05-01", "CR01AAB,car,diesel,4,2009-05-01");
        var sighting = Sighting("CR01AAA", Noon, "london-a40");
        await IngestAsync(sighting);
        var wrong = Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR01AAA")).Items);
        Assert.Equal((wrong.Id, sighting.Id), (Assert.Single((await GetAsync<SightingView>($"/api/sightings/{sighting.Id}")).Charges).Id, wrong.SightingId));

        using var answer = await DecideAsync(sighting.Id, new { state = "corrected", plate = "cr01 aab", by = "operator" });

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("CR01AAB", (await GetAsync<SightingView>($"/api/sightings/{sighting.Id}")).Plate);
        var history = await GetAsync<List<ChargeView>>($"/api/charges/{wrong.Id}");
        Assert.Equal(["charge", "reversal"], history.ConvertAll(c => c.Kind));
        Assert.Equal((wrong.Id, -wrong.Amount), (history[1].Reverses, history[1].Amount));
        Assert.Contains("corrected to CR01AAB", history[1].Why, StringComparison.Ordinal);
        Assert.Equal(12.50m, Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR01AAB")).Items).Amount);
        Assert.Empty((await GetAsync<Page<PassageView>>("/api/passages?plate=CR01AAA")).Items);
        Assert.Single((await GetAsync<Page<PassageView>>("/api/passages?plate=CR01AAB")).Items);

        // The lake gets it as it is now, though it may have it as the camera read it.
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from archive_queue where sighting_id = $1 and corrected > 0", sighting.Id));

        // The wrong vehicle comes by after all: it is charged again. The first sighting comes again: nothing changes.
        await IngestAsync(sighting, Sighting("CR01AAA", Noon.AddHours(2), "london-a40"));
        Assert.Equal(["charge", "charge", "reversal"], (await GetAsync<Page<ChargeView>>("/api/charges?plate=CR01AAA")).Items.Select(c => c.Kind).Order());
        Assert.Equal("CR01AAB", (await GetAsync<SightingView>($"/api/sightings/{sighting.Id}")).Plate);
    }

    [Fact]
    public async Task A_doubtful_reading_is_charged_when_it_is_confirmed()
    {
        await RegisterAsync("CR02AAA,car,diesel,4,2009-05-01");
        var sighting = Sighting("CR02AAA", Noon, "london-a40", confidence: 0.6);
        await IngestAsync(sighting);
        Assert.Empty((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR02AAA")).Items);
        var doubtful = (await GetAsync<Page<ReviewView>>("/api/review?kind=doubtful&limit=500")).Items.Single(c => c.SightingId == sighting.Id);

        using var answer = await core.Http.PostAsJsonAsync($"/api/review/{doubtful.Id}", new { state = "confirmed", by = "operator" }, Token);

        Assert.Equal("confirmed", (await answer.Content.ReadFromJsonAsync<ReviewView>(Token))!.State);
        Assert.Equal(sighting.Id, Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR02AAA")).Items).SightingId);

        // What is decided is not put off.
        using var late = await core.Http.PostAsJsonAsync($"/api/review/{doubtful.Id}", new { state = "skipped" }, Token);
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        Assert.Contains("The case is confirmed", await late.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_clock_that_was_not_synchronised_saw_is_charged_when_a_person_has_confirmed_it()
    {
        await RegisterAsync("CR12AAA,car,diesel,4,2009-05-01", "CR12AAB,car,diesel,4,2009-05-01", "CR12AAC,car,diesel,4,2009-05-01");
        var wrong = Sighting("CR12AAA", Noon, "london-a40") with { ClockSynchronised = false };
        await IngestAsync(wrong, Sighting("CR12AAB", Noon, "london-a40") with { ClockSynchronised = true }, Sighting("CR12AAC", Noon, "london-a40"));

        Assert.Empty((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR12AAA")).Items);
        Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR12AAB")).Items);
        Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR12AAC")).Items);
        Assert.Contains("clock was not synchronised", (await GetAsync<Page<ReviewView>>("/api/review?kind=doubtful&limit=500")).Items.Single(c => c.SightingId == wrong.Id).Why, StringComparison.Ordinal);
        Assert.False((await GetAsync<SightingView>($"/api/sightings/{wrong.Id}")).ClockSynchronised);

        // The day is worked out again for another reason: it still waits for a person.
        using var rederived = await core.Http.PostAsJsonAsync("/api/charges/rederive", new { plate = "CR12AAA", day = "2026-11-18", why = "A test." }, Token);
        Assert.Empty((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR12AAA")).Items);

        using var answer = await DecideAsync(wrong.Id, new { state = "confirmed", by = "operator" });
        Assert.Equal(wrong.Id, Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR12AAA")).Items).SightingId);
    }

    [Fact]
    public async Task A_vehicle_that_the_registry_learns_of_is_charged_and_its_case_settled()
    {
        var sighting = Sighting("CR03AAA", Noon, "london-a40");
        await IngestAsync(sighting);
        Assert.Contains((await GetAsync<Page<ReviewView>>("/api/review?kind=unregistered&limit=500")).Items, c => c.SightingId == sighting.Id);

        await RegisterAsync("CR03AAA,car,diesel,4,2009-05-01");

        Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR03AAA")).Items);
        Assert.DoesNotContain((await GetAsync<Page<ReviewView>>("/api/review?kind=unregistered&limit=500")).Items, c => c.SightingId == sighting.Id);

        // The registry was wrong: the vehicle complies. The day is worked out again and nothing stands.
        await RegisterAsync("CR03AAA,car,diesel,6,2019-05-01,2026-11-01");
        using var rederived = await core.Http.PostAsJsonAsync("/api/charges/rederive", new { plate = "CR03AAA", day = "2026-11-18", why = "The registry had another vehicle." }, Token);
        Assert.Equal(HttpStatusCode.OK, rederived.StatusCode);
        Assert.Equal(0m, (await GetAsync<Page<ChargeView>>("/api/charges?plate=CR03AAA")).Items.Sum(c => c.Amount));
    }

    [Fact]
    public async Task A_case_that_was_put_off_is_settled_too_when_the_registry_learns_of_the_vehicle()
    {
        var sighting = Sighting("CR05AAA", Noon, "london-a40");
        await IngestAsync(sighting);
        var waits = (await GetAsync<Page<ReviewView>>("/api/review?kind=unregistered&limit=500")).Items.Single(c => c.SightingId == sighting.Id);
        using var put = await core.Http.PostAsJsonAsync($"/api/review/{waits.Id}", new { state = "skipped" }, Token);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);

        await RegisterAsync("CR05AAA,car,diesel,4,2009-05-01");

        Assert.Equal(12.50m, Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=CR05AAA")).Items).Amount);
        Assert.Equal("settled", (await GetAsync<ReviewView>($"/api/review/{waits.Id}")).State);
    }

    [Fact]
    public async Task A_correction_to_a_vehicle_of_interest_raises_its_alert()
    {
        using var entry = await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = "CR04AAB", reason = "Stolen", priority = 1, requestedBy = "test" }, Token);
        Assert.True(entry.IsSuccessStatusCode, await entry.Content.ReadAsStringAsync(Token));
        var sighting = Sighting("CR04AAA", TimeProvider.System.GetUtcNow(), "london-a40");
        await IngestAsync(sighting);

        await CoreHost.UntilAsync(
            async () =>
            {
                using var answer = await DecideAsync(sighting.Id, new { state = "corrected", plate = "CR04AAB" });
                using var back = await DecideAsync(sighting.Id, new { state = "corrected", plate = "CR04AAA" });
                return (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("alerts").GetArrayLength() == 1;
            },
            "the hot-list's new entry takes effect");
        // The last decision was the way back: the alert stays and says so, until the reading counts as the wanted vehicle's again.
        Assert.True(Assert.Single((await GetAsync<Page<AlertView>>("/api/alerts?plate=CR04AAB")).Items).ReadingTakenBack);
        using var again = await DecideAsync(sighting.Id, new { state = "corrected", plate = "CR04AAB" });
        Assert.All((await GetAsync<Page<AlertView>>("/api/alerts?plate=CR04AAB")).Items, a => Assert.False(a.ReadingTakenBack));
    }

    [Fact]
    public async Task A_decision_on_a_reading_that_is_another_by_now_is_refused()
    {
        var (sighting, unread) = (Sighting("CR13AAA", Noon, "london-a40"), Sighting(null, Noon, "london-a40"));
        await IngestAsync(sighting, unread);
        await IngestAsync(sighting with { Revision = 1, Plate = "CR13AAB" }, unread with { Revision = 1, Plate = "CR13AAC" });

        using var refused = await DecideAsync(sighting.Id, new { state = "confirmed", shown = "CR13AAA" });
        using var unseen = await DecideAsync(unread.Id, new { state = "no-plate", shown = "" });

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (refused.StatusCode, unseen.StatusCode));
        Assert.Contains("the sighting now shows CR13AAB, not CR13AAA", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Contains("not a reading without a plate", await unseen.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        using var seen = await DecideAsync(sighting.Id, new { state = "confirmed", shown = "CR13AAB" });
        using var silent = await DecideAsync(unread.Id, new { state = "confirmed" });
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (seen.StatusCode, silent.StatusCode));
    }

    [Fact]
    public async Task What_cannot_be_decided_is_said()
    {
        var unread = Sighting(null, Noon, "london-a40");
        await IngestAsync(unread);
        using var confirm = await DecideAsync(unread.Id, new { state = "confirmed" });
        using var nobody = await DecideAsync(Guid.NewGuid(), new { state = "no-plate" });
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NotFound), (confirm.StatusCode, nobody.StatusCode));
        Assert.Contains("no plate that could be confirmed", await confirm.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> DecideAsync(Guid sighting, object decision) => core.Http.PostAsJsonAsync($"/api/sightings/{sighting}/review", decision, Token);

    private async Task RegisterAsync(params string[] vehicles)
    {
        using var content = new StringContent("plate,class,fuel,euro,firstRegistered,from\n" + string.Join('\n', vehicles.Select(v => v.Count(c => c == ',') == 4 ? v + "," : v)));
        using var answer = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), content, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private Task<IngestResult> IngestAsync(params Contracts.Sighting[] sightings) =>
        core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token);

    private async Task<T> GetAsync<T>(string path) => (await core.Http.GetFromJsonAsync<T>(path, Token))!;
}
