using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Charges;

public sealed class DisputeTests(CoreHost core) : IClassFixture<CoreHost>, IAsyncLifetime
{
    private Caller _raises = null!;

    private static readonly DateTimeOffset Noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _raises = await Caller.OfRoleAsync(core, Role.Operator);

    public ValueTask DisposeAsync()
    {
        _raises.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_dispute_that_is_upheld_takes_the_charge_back_for_good()
    {
        var charge = await ChargeAsync("DP01AAA");
        var dispute = await RaiseAsync(charge.Id, "Sold the day before, keeper's letter of 20 November");

        var decided = await Caller.ReadAsync<DisputeView>(await DecideAsync(dispute.Id, "upheld", "The registry has the sale."));

        Assert.Equal(("upheld", "The registry has the sale."), (decided.State, decided.Note));
        var history = await GetAsync<List<ChargeView>>($"/api/charges/{charge.Id}");
        Assert.Equal(0m, history.Sum(h => h.Amount));
        Assert.Contains("upheld", history[^1].Why, StringComparison.Ordinal);

        // It is seen again that day, and the day is worked out again: nothing is charged.
        await IngestAsync(Sighting("DP01AAA", Noon.AddHours(2), "london-a40"));
        using var rederived = await core.Http.PostAsJsonAsync("/api/charges/rederive", new { plate = "DP01AAA", day = "2026-11-19", why = "a look" }, Token);
        Assert.Equal(0m, (await GetAsync<List<ChargeView>>($"/api/charges/{charge.Id}")).Sum(h => h.Amount));

        // The next day is another matter.
        await IngestAsync(Sighting("DP09AAA", Noon.AddDays(1), "london-a40"));
        await RegisterAsync("DP09AAA", "car,diesel,4,2009-05-01");
        Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=DP09AAA&day=2026-11-20&scheme=ulez")).Items);
    }

    [Fact]
    public async Task What_comes_late_of_the_days_before_the_decision_is_looked_at_too()
    {
        var charge = await ChargeAsync("DP00AAA");
        var stands = await ChargeAsync("DP00AAA", Noon.AddDays(-3), day: "2026-11-16");
        var dispute = await RaiseAsync(charge.Id, "The plate is cloned");
        await Caller.ReadAsync<DisputeView>(await DecideAsync(dispute.Id, "upheld", "It is."));

        await IngestAsync(Sighting("DP00AAA", Noon.AddDays(-2), "london-a40"), Sighting("DP00AAA", Noon.AddDays(-3).AddHours(1), "london-a40"));

        Assert.Empty((await GetAsync<Page<ChargeView>>("/api/charges?plate=DP00AAA&day=2026-11-17")).Items);
        Assert.Equal(12.50m, await StandsAsync(stands));
        Assert.Single((await GetAsync<Page<ReviewView>>("/api/review?kind=watched&limit=500")).Items, c => c.Plate == "DP00AAA");
    }

    [Fact]
    public async Task A_program_is_neither_of_the_two_people_of_a_dispute()
    {
        var charge = await ChargeAsync("DP10AAA", Noon.AddHours(1));
        using var raised = await core.Http.PostAsJsonAsync($"/api/charges/{charge.Id}/disputes", new NewDispute("was not me"), Token);
        Assert.Equal(HttpStatusCode.Forbidden, raised.StatusCode);
        var dispute = await RaiseAsync(charge.Id, "was not me");

        using var decided = await core.Http.PostAsJsonAsync($"/api/charges/disputes/{dispute.Id}", new DisputeDecision("upheld", "I think so"), Token);

        Assert.Equal(HttpStatusCode.Forbidden, decided.StatusCode);
        Assert.Equal(12.50m, await StandsAsync(charge));
    }

    [Fact]
    public async Task A_dispute_of_a_charge_that_was_worked_out_anew_takes_the_new_one_back()
    {
        var charge = await ChargeAsync("DP05AAA", record: "hgv,diesel,5,2010-05-01", scheme: "lez");
        var dispute = await RaiseAsync(charge.Id, "Not in the zone");
        await RegisterAsync("DP05AAA", "hgv,diesel,3,2003-05-01");
        await RederiveAsync("DP05AAA");
        Assert.Equal((100m, 300m), (charge.Amount, await StandsAsync(charge)));

        await Caller.ReadAsync<DisputeView>(await DecideAsync(dispute.Id, "upheld", "The site was outside."));

        Assert.Equal(0m, await StandsAsync(charge));
        await RederiveAsync("DP05AAA");
        Assert.Equal(0m, await StandsAsync(charge));
    }

    [Fact]
    public async Task A_dispute_that_is_upheld_after_a_correction_holds_when_the_correction_is_undone()
    {
        var charge = await ChargeAsync("DP06AAA");
        var dispute = await RaiseAsync(charge.Id, "Complies");
        await RegisterAsync("DP06AAA", "car,diesel,6,2019-05-01");
        await RederiveAsync("DP06AAA");
        Assert.Equal(0m, await StandsAsync(charge));

        await Caller.ReadAsync<DisputeView>(await DecideAsync(dispute.Id, "upheld", "It does."));
        await RegisterAsync("DP06AAA", "car,diesel,4,2009-05-01");
        await RederiveAsync("DP06AAA");
        await IngestAsync(Sighting("DP06AAA", Noon.AddHours(2), "london-a40"));

        Assert.Equal(0m, await StandsAsync(charge));
    }

    [Fact]
    public async Task A_dispute_that_is_rejected_leaves_the_charge_and_is_decided_once()
    {
        var charge = await ChargeAsync("DP02AAA");
        var dispute = await RaiseAsync(charge.Id, "was not me");
        using var second = await _raises.Http.PostAsJsonAsync($"/api/charges/{charge.Id}/disputes", new NewDispute("was not me either"), Token);
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Contains((await GetAsync<Page<DisputeView>>("/api/charges/disputes?state=open")).Items, d => d.Id == dispute.Id);

        using var rejected = await DecideAsync(dispute.Id, "rejected", "The picture shows it.");
        using var again = await DecideAsync(dispute.Id, "upheld", "On second thoughts.");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Conflict), (rejected.StatusCode, again.StatusCode));
        Assert.Equal(12.50m, (await GetAsync<List<ChargeView>>($"/api/charges/{charge.Id}")).Sum(h => h.Amount));
        Assert.Equal(["rejected"], (await GetAsync<List<DisputeView>>($"/api/charges/{charge.Id}/disputes")).Select(d => d.State));
    }

    [Theory]
    [InlineData("upheld")]
    [InlineData("rejected")]
    public async Task Whoever_raised_a_dispute_cannot_decide_it(string state)
    {
        var charge = await ChargeAsync(state == "upheld" ? "DP07AAA" : "DP08AAA");
        var dispute = await RaiseAsync(charge.Id, "was not me");

        using var own = await _raises.Http.PostAsJsonAsync($"/api/charges/disputes/{dispute.Id}", new DisputeDecision(state, "I think so"), Token);

        Assert.Equal(HttpStatusCode.Conflict, own.StatusCode);
        Assert.Contains("Another person must", await own.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(12.50m, await StandsAsync(charge));
        using var another = await DecideAsync(dispute.Id, state, "The picture shows it.");
        Assert.Equal(HttpStatusCode.OK, another.StatusCode);
    }

    [Fact]
    public async Task What_cannot_be_disputed_is_said()
    {
        var charge = await ChargeAsync("DP03AAA");
        using var silent = await _raises.Http.PostAsJsonAsync($"/api/charges/{charge.Id}/disputes", new NewDispute(" "), Token);
        using var nothing = await _raises.Http.PostAsJsonAsync($"/api/charges/{Guid.NewGuid()}/disputes", new NewDispute("was not me"), Token);
        using var odd = await DecideAsync(Guid.NewGuid(), "forgotten", "why not");
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.BadRequest), (silent.StatusCode, nothing.StatusCode, odd.StatusCode));
    }

    [Fact]
    public async Task The_days_toll_and_pollution_are_told_and_a_ledger_is_exported_with_a_reason_only()
    {
        await ChargeAsync("DP04AAA", Noon.AddDays(-7));
        var summary = await GetAsync<ChargeSummary>("/api/charges/summary?day=2026-11-12");
        Assert.Equal((0m, 12.50m, 1, 0m), (summary.Toll, summary.Pollution, summary.Vehicles, summary.TakenBack));

        using var person = Caller.With(core, (await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword)).Token);
        using var silent = await person.Http.GetAsync("/api/charges/export?day=2026-11-12", Token);
        using var plate = await person.Http.GetAsync("/api/charges?plate=DP04AAA", Token);
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (silent.StatusCode, plate.StatusCode));

        var csv = await core.Http.GetStringAsync("/api/charges/export?day=2026-11-12", Token);
        Assert.Contains("DP04AAA,ulez,12.50", csv, StringComparison.Ordinal);
        var line = (await GetAsync<Page<AuditLine>>("/api/audit?action=charges.export")).Items[0];
        Assert.Equal(("tests", "a test"), (line.Actor, line.Reason));
    }

    private async Task<ChargeView> ChargeAsync(string plate, DateTimeOffset? at = null, string record = "car,diesel,4,2009-05-01", string scheme = "ulez", string? day = null)
    {
        await RegisterAsync(plate, record);
        // Not all at one moment: plates that look alike would be one vehicle, read in two ways.
        await IngestAsync(Sighting(plate, at ?? Noon.AddMinutes(plate[3] - '0'), "london-a40"));
        return (await GetAsync<Page<ChargeView>>($"/api/charges?plate={plate}&scheme={scheme}{(day is null ? "" : "&day=" + day)}")).Items.Single();
    }

    private async Task RegisterAsync(string plate, string record)
    {
        using var content = new StringContent($"plate,class,fuel,euro,firstRegistered,from\n{plate},{record},2026-11-01");
        using var answer = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), content, Token);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private async Task RederiveAsync(string plate)
    {
        using var answer = await core.Http.PostAsJsonAsync("/api/charges/rederive", new { plate, day = "2026-11-19", why = "The registry was corrected." }, Token);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private async Task<decimal> StandsAsync(ChargeView charge) => (await GetAsync<List<ChargeView>>($"/api/charges/{charge.Id}")).Sum(h => h.Amount);

    private static async Task<DisputeView> RaisedAsync(HttpResponseMessage answer) => await Caller.ReadAsync<DisputeView>(answer);

    private async Task<DisputeView> RaiseAsync(Guid charge, string reason) => await RaisedAsync(await _raises.Http.PostAsJsonAsync($"/api/charges/{charge}/disputes", new NewDispute(reason), Token));

    // Another person than the one who raised it.
    private async Task<HttpResponseMessage> DecideAsync(Guid dispute, string state, string note)
    {
        using var person = Caller.With(core, (await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword)).Token);
        return await person.Http.PostAsJsonAsync($"/api/charges/disputes/{dispute}", new DisputeDecision(state, note), Token);
    }

    private Task<IngestResult> IngestAsync(params Contracts.Sighting[] sightings) => core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token);

    private async Task<T> GetAsync<T>(string path) => (await core.Http.GetFromJsonAsync<T>(path, Token))!;
}
