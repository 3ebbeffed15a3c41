using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Vehicles;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Review;

/// <summary>Several people at the review queue: who gets which case, what is taken back, and what two have to agree on.</summary>
public sealed class ReviewDeskTests(CoreHost core) : IClassFixture<CoreHost>, IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);

    private Caller _ann = null!;
    private Caller _ben = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ReviewOptions Options => core.Services.GetRequiredService<IOptions<ReviewOptions>>().Value;

    public async ValueTask InitializeAsync()
    {
        (_ann, _ben) = (await Caller.OfRoleAsync(core, Role.Operator), await Caller.OfRoleAsync(core, Role.Operator));
        foreach (var caller in (Caller[])[_ann, _ben])
        {
            caller.Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        }
    }

    [Fact]
    public async Task Two_people_never_have_the_same_case_in_front_until_it_is_given_back()
    {
        await IngestAsync([.. Enumerable.Range(0, 12).Select(i => Sighting($"RD01AA{(char)('A' + i)}", Noon.AddMinutes(i), "london-a40", confidence: 0.6))]);

        var taken = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => ClaimAsync(i % 2 == 0 ? _ann : _ben, 4)));
        var (anns, bens) = (taken.Where((_, i) => i % 2 == 0).SelectMany(t => t).Select(t => t.Sighting.Id).ToHashSet(), taken.Where((_, i) => i % 2 == 1).SelectMany(t => t).Select(t => t.Sighting.Id).ToHashSet());

        Assert.Equal((4, 4), (anns.Count, bens.Count));
        Assert.Empty(anns.Intersect(bens));
        using var refused = await DecideAsync(_ben, anns.First(), "confirmed");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("operator-", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        using var back = await _ann.Http.DeleteAsync("/api/review/claim", Token);
        Assert.Superset(anns, (await ClaimAsync(_ben, 50)).Select(t => t.Sighting.Id).ToHashSet());
        using var all = await _ben.Http.DeleteAsync("/api/review/claim", Token);
    }

    [Fact]
    public async Task A_case_that_somebody_forgot_goes_to_the_next_when_its_time_is_over()
    {
        var sighting = Sighting("RD02AAA", Noon.AddHours(3), "london-a40", confidence: 0.6);
        await IngestAsync(sighting);
        Assert.Contains(await ClaimAsync(_ann, 50), t => t.Sighting.Id == sighting.Id);
        Assert.DoesNotContain(await ClaimAsync(_ben, 50), t => t.Sighting.Id == sighting.Id);

        await core.Postgres.ExecuteAsync("update review_cases set claimed_until = now() - interval '1 s'");

        Assert.Contains(await ClaimAsync(_ben, 50), t => t.Sighting.Id == sighting.Id);
        using var back = await _ben.Http.DeleteAsync("/api/review/claim", Token);
    }

    [Fact]
    public async Task Whoever_asks_for_what_a_version_has_read_gets_and_counts_nothing_else()
    {
        var (own, other) = (Sighting("RD20AAA", Noon.AddHours(5), "london-a40", confidence: 0.6) with { ReaderVersion = "own-read-7" }, Sighting("RD20AAB", Noon.AddHours(6), "london-a40", confidence: 0.6));
        await IngestAsync(own, other);

        Assert.Equal(1, (await _ann.Http.GetFromJsonAsync<List<ReviewCount>>("/api/review/counts?version=own-read-7", Token))!.Sum(c => c.Open));
        Assert.Empty((await _ann.Http.GetFromJsonAsync<List<ReviewCount>>("/api/review/counts?version=own-read-8", Token))!);
        var taken = await Caller.ReadAsync<IReadOnlyList<ReviewTask>>(await _ann.Http.PostAsJsonAsync("/api/review/claim", new ReviewClaim(Count: 50, Version: "own-read-7"), Token));
        Assert.Equal(own.Id, Assert.Single(taken).Sighting.Id);
        Assert.Contains(await ClaimAsync(_ann, 50), t => t.Sighting.Id == other.Id);
        using var back = await _ann.Http.DeleteAsync("/api/review/claim", Token);
    }

    [Fact]
    public async Task What_was_decided_is_taken_back_with_its_charges_and_the_case_is_open_again()
    {
        await RegisterAsync("RD03AAA", "RD03AAB");
        var sighting = Sighting("RD03AAA", Noon, "london-a40");
        await IngestAsync(sighting);

        await OutcomeAsync(await DecideAsync(_ann, sighting.Id, "corrected", "RD03AAB"));
        Assert.Equal((0m, 12.50m), (await StandsAsync("RD03AAA"), await StandsAsync("RD03AAB")));
        using var foreign = await _ben.Http.PostAsync($"/api/sightings/{sighting.Id}/review/undo", null, Token);
        Assert.Equal(HttpStatusCode.Conflict, foreign.StatusCode);

        _ann.Http.DefaultRequestHeaders.Remove("Audit-Reason");
        using var unsaid = await _ann.Http.PostAsync($"/api/sightings/{sighting.Id}/review/undo", null, Token);
        Assert.Equal(HttpStatusCode.PreconditionRequired, unsaid.StatusCode);
        Assert.Contains("Undoing this decision reverses £12.50 (ULEZ, ", await unsaid.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal((0m, 12.50m), (await StandsAsync("RD03AAA"), await StandsAsync("RD03AAB")));

        var outcome = await OutcomeAsync(await UndoAsync(_ann, sighting.Id, "the wrong key"));

        Assert.Equal("RD03AAA", outcome.Plate);
        Assert.Equal((12.50m, 0m), (await StandsAsync("RD03AAA"), await StandsAsync("RD03AAB")));
        Assert.Single((await GetAsync<Page<PassageView>>("/api/passages?plate=RD03AAA")).Items);
        Assert.Empty((await GetAsync<Page<PassageView>>("/api/passages?plate=RD03AAB")).Items);
        using var again = await _ann.Http.PostAsync($"/api/sightings/{sighting.Id}/review/undo", null, Token);
        Assert.Contains("nothing to undo", await again.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_doubtful_reading_that_was_confirmed_by_mistake_owes_nothing_again()
    {
        await RegisterAsync("RD04AAA");
        var sighting = Sighting("RD04AAA", Noon, "london-a40", confidence: 0.6);
        await IngestAsync(sighting);
        await OutcomeAsync(await DecideAsync(_ann, sighting.Id, "confirmed"));
        Assert.Equal(12.50m, await StandsAsync("RD04AAA"));

        await OutcomeAsync(await UndoAsync(_ann, sighting.Id, "a mistake"));

        Assert.Equal(0m, await StandsAsync("RD04AAA"));
        Assert.Contains("a mistake", await core.Postgres.ScalarAsync<string>("select why from charge_entries where plate = 'RD04AAA' and kind = 'reversal'"), StringComparison.Ordinal);
        Assert.Contains((await GetAsync<Page<ReviewView>>("/api/review?kind=doubtful&limit=500")).Items, c => c.SightingId == sighting.Id);
    }

    [Fact]
    public async Task What_would_charge_waits_for_a_second_person_where_two_are_asked_for()
    {
        await RegisterAsync("RD05AAA");
        var sighting = Sighting("RD05AAA", Noon, "london-a40", confidence: 0.6);
        await IngestAsync(sighting);
        await WithTwoPeopleAsync(async () =>
        {
            var first = await OutcomeAsync(await DecideAsync(_ann, sighting.Id, "confirmed"));
            Assert.True(first.Proposed);
            Assert.Equal(12.50m, Assert.Single(first.Entries).Amount);
            Assert.Equal(0m, await StandsAsync("RD05AAA"));
            using var alone = await DecideAsync(_ann, sighting.Id, "confirmed");
            Assert.Equal(HttpStatusCode.BadRequest, alone.StatusCode);
            Assert.DoesNotContain(await ClaimAsync(_ann, 50, "second-person"), t => t.Sighting.Id == sighting.Id);
            var shown = Assert.Single(await ClaimAsync(_ben, 50, "second-person"), t => t.Sighting.Id == sighting.Id);
            Assert.Equal("RD05AAA", Assert.Single(shown.Proposals).Plate);

            var second = await OutcomeAsync(await DecideAsync(_ben, sighting.Id, "confirmed"));

            Assert.False(second.Proposed);
            Assert.Equal(12.50m, await StandsAsync("RD05AAA"));
        });
    }

    [Fact]
    public async Task What_would_take_a_charge_back_waits_for_a_second_person_where_two_are_asked_for()
    {
        await RegisterAsync("RD08AAA");
        var sighting = Sighting("RD08AAA", Noon, "london-a40");
        await IngestAsync(sighting);
        await WithTwoPeopleAsync(async () =>
        {
            Assert.True((await OutcomeAsync(await DecideAsync(_ann, sighting.Id, "no-plate"))).Proposed);
            Assert.Equal(12.50m, await StandsAsync("RD08AAA"));

            Assert.False((await OutcomeAsync(await DecideAsync(_ben, sighting.Id, "no-plate"))).Proposed);
            Assert.Equal(0m, await StandsAsync("RD08AAA"));

            // One of the two alone does not bring it back either.
            using var undone = await _ben.Http.PostAsync($"/api/sightings/{sighting.Id}/review/undo", null, Token);
            Assert.Equal(HttpStatusCode.Conflict, undone.StatusCode);
            Assert.Equal(0m, await StandsAsync("RD08AAA"));
        });
    }

    [Fact]
    public async Task A_day_that_is_worked_out_again_and_owes_less_waits_for_a_second_person_where_two_are_asked_for()
    {
        await RegisterAsync("RD09AAA");
        await IngestAsync(Sighting("RD09AAA", Noon, "london-a40"));
        using var proof = new StringContent($"plate,euro,from\nRD09AAA,6,{Noon:yyyy-MM-dd}\n");
        using var imported = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), proof, Token);
        Assert.True(imported.IsSuccessStatusCode);
        await WithTwoPeopleAsync(async () =>
        {
            for (var i = 0; i < 2; i++)
            {
                using var first = await RederiveAsync(_ann, "RD09AAA");
                Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
                Assert.Equal(-12.50m, Assert.Single((await first.Content.ReadFromJsonAsync<List<ChargeView>>(Token))!).Amount);
                Assert.Equal(12.50m, await StandsAsync("RD09AAA"));
            }

            using var second = await RederiveAsync(_ben, "RD09AAA");
            Assert.Equal(HttpStatusCode.OK, second.StatusCode);
            Assert.Equal(0m, await StandsAsync("RD09AAA"));
        });
    }

    [Theory]
    [InlineData("RD11AAA", "/api/vehicles/import", "plate,discounts,from\nRD11AAA,blue-badge,2026-11-18\n")]
    [InlineData("RD12AAA", "/api/vehicles/discounts/import", "plate,discount,from\nRD12AAA,blue-badge,2026-11-18\n")]
    public async Task What_the_registry_learns_takes_no_charge_back_by_one_person_where_two_are_asked_for(string plate, string import, string file)
    {
        using (var known = await ImportAsync(core.Http, "/api/vehicles/import", $"plate,class,fuel\n{plate},car,diesel\n"))
        {
            Assert.True(known.IsSuccessStatusCode);
        }

        await IngestAsync(Sighting(plate, Noon.AddMinutes(plate[3]), "london-a3"));
        Assert.Equal(18m, await StandsAsync(plate));
        using var administrator = Caller.With(core, (await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword)).Token);
        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        await WithTwoPeopleAsync(async () =>
        {
            using (var discount = await ImportAsync(administrator.Http, import, file))
            {
                Assert.True(discount.IsSuccessStatusCode);
            }

            await SweepAsync();

            Assert.Equal(18m, await StandsAsync(plate));
            var waits = Assert.Single((await GetAsync<Page<ChargeProposal>>("/api/charges/rederive")).Items, p => p.Plate == plate);
            Assert.Equal((new DateOnly(2026, 11, 18), "congestion -18.00 GBP"), (waits.Day, Assert.Single(waits.Lines)));
            if (waits.By is null)
            {
                // What the core found is nobody's agreement.
                using var first = await RederiveAsync(administrator, plate);
                Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
            }
            else
            {
                Assert.Equal("administrator", waits.By);
            }

            using var alone = await RederiveAsync(administrator, plate);
            Assert.Equal(HttpStatusCode.Accepted, alone.StatusCode);
            using var program = await core.Http.PostAsJsonAsync("/api/charges/rederive", new { plate, day = "2026-11-18", why = "A proof has come." }, Token);
            Assert.Equal(HttpStatusCode.Forbidden, program.StatusCode);
            Assert.Equal(18m, await StandsAsync(plate));

            using var second = await RederiveAsync(_ann, plate);
            Assert.Equal(HttpStatusCode.OK, second.StatusCode);
            Assert.Equal(0m, await StandsAsync(plate));
            Assert.DoesNotContain((await GetAsync<Page<ChargeProposal>>("/api/charges/rederive")).Items, p => p.Plate == plate);
        });
    }

    [Fact]
    public async Task A_reading_in_doubt_takes_its_charge_back_and_what_the_registry_changed_meanwhile_does_not()
    {
        await RegisterAsync("RD13AAA", "RD14AAA");

        // The first is charged. The second is read later that day, the third beside the first, too far away: both of these are in doubt then.
        await IngestAsync(Sighting("RD13AAA", Noon, "london-a40"), Sighting("RD13AAA", Noon.AddHours(4), "london-a40"), Sighting("RD14AAA", Noon.AddMinutes(20), "london-a40"));
        using (var proof = await ImportAsync(core.Http, "/api/vehicles/import", $"plate,euro,from\nRD13AAA,6,{Noon:yyyy-MM-dd}\n"))
        {
            Assert.True(proof.IsSuccessStatusCode);
        }

        await WithTwoPeopleAsync(async () =>
        {
            await IngestAsync(Sighting("RD13AAA", Noon.AddMinutes(1), "london-a11"), Sighting("RD14AAA", Noon.AddMinutes(21), "london-a11"));
            await SweepAsync();

            Assert.Equal((12.50m, 0m), (await StandsAsync("RD13AAA"), await StandsAsync("RD14AAA")));
            Assert.Null(Assert.Single((await GetAsync<Page<ChargeProposal>>("/api/charges/rederive")).Items, p => p.Plate is "RD13AAA" or "RD14AAA").By);
        });
    }

    [Fact]
    public async Task Agreement_is_to_what_was_proposed_and_not_to_what_it_has_become()
    {
        await RegisterAsync("RD15AAA");
        await IngestAsync(Sighting("RD15AAA", Noon.AddMinutes(40), "london-a3"));
        var stands = await StandsAsync("RD15AAA");
        await ImportedAsync($"plate,discount,from,to\nRD15AAA,resident,{Noon:yyyy-MM-dd},{Noon:yyyy-MM-dd}\n", "/api/vehicles/discounts/import");
        await WithTwoPeopleAsync(async () =>
        {
            using var first = await RederiveAsync(_ann, "RD15AAA");
            Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
            await ImportedAsync($"plate,euro,from\nRD15AAA,6,{Noon:yyyy-MM-dd}\n", "/api/vehicles/import");

            using var more = await RederiveAsync(_ben, "RD15AAA");
            Assert.Equal(HttpStatusCode.Accepted, more.StatusCode);
            Assert.Equal(stands, await StandsAsync("RD15AAA"));

            using var agreed = await RederiveAsync(_ann, "RD15AAA");
            Assert.Equal(HttpStatusCode.OK, agreed.StatusCode);
            Assert.Equal(1.80m, await StandsAsync("RD15AAA"));
        });
    }

    [Fact]
    public async Task A_program_is_neither_of_two_people_who_decide_on_a_reading()
    {
        await RegisterAsync("RD16AAA");
        var sighting = Sighting("RD16AAA", Noon, "london-a40", confidence: 0.6);
        await IngestAsync(sighting);
        await WithTwoPeopleAsync(async () =>
        {
            using var first = await core.Http.PostAsJsonAsync($"/api/sightings/{sighting.Id}/review", new ReviewResolution("confirmed"), Token);
            Assert.Equal(HttpStatusCode.Forbidden, first.StatusCode);
            Assert.True((await OutcomeAsync(await DecideAsync(_ann, sighting.Id, "confirmed"))).Proposed);
            var waiting = (await GetAsync<Page<ReviewView>>("/api/review?state=proposed&limit=500")).Items.First(c => c.SightingId == sighting.Id);
            using var second = await core.Http.PostAsJsonAsync($"/api/review/{waiting.Id}", new ReviewResolution("confirmed"), Token);
            Assert.Equal(HttpStatusCode.Forbidden, second.StatusCode);
            Assert.Equal(0m, await StandsAsync("RD16AAA"));
        });
    }

    [Fact]
    public async Task Two_people_who_do_not_agree_see_what_the_other_said_and_nothing_is_charged()
    {
        await RegisterAsync("RD06AAA", "RD06AAB");
        var sighting = Sighting("RD06AAA", Noon, "london-a40", confidence: 0.6);
        await IngestAsync(sighting);
        await WithTwoPeopleAsync(async () =>
        {
            await OutcomeAsync(await DecideAsync(_ann, sighting.Id, "confirmed"));
            Assert.True((await OutcomeAsync(await DecideAsync(_ben, sighting.Id, "no-plate"))).Proposed);
            Assert.Equal(0m, await StandsAsync("RD06AAA"));

            var back = Assert.Single(await ClaimAsync(_ann, 50, "second-person"), t => t.Sighting.Id == sighting.Id);
            Assert.Equal([("confirmed", "RD06AAA"), ("no-plate", null)], back.Proposals.Select(p => (p.Decision, p.Plate)));

            Assert.False((await OutcomeAsync(await DecideAsync(_ann, sighting.Id, "no-plate"))).Proposed);
            Assert.Null((await GetAsync<SightingView>($"/api/sightings/{sighting.Id}")).Plate);
            Assert.Equal(0m, await StandsAsync("RD06AAA"));
        });
    }

    [Fact]
    public async Task What_charges_nobody_needs_no_second_person_and_a_proposal_can_be_taken_back()
    {
        await RegisterAsync("RD07AAA");
        var (charges, clears) = (Sighting("RD07AAA", Noon, "london-a40", confidence: 0.6), Sighting("RD07AAB", Noon, "london-a40", confidence: 0.6));
        await IngestAsync(charges, clears);
        await WithTwoPeopleAsync(async () =>
        {
            Assert.False((await OutcomeAsync(await DecideAsync(_ann, clears.Id, "no-plate"))).Proposed);
            Assert.True((await OutcomeAsync(await DecideAsync(_ann, charges.Id, "confirmed"))).Proposed);
            await OutcomeAsync(await _ann.Http.PostAsync($"/api/sightings/{charges.Id}/review/undo", null, Token));
            Assert.Contains((await GetAsync<Page<ReviewView>>("/api/review?kind=doubtful&limit=500")).Items, c => c.SightingId == charges.Id);
            Assert.True((await OutcomeAsync(await DecideAsync(_ben, charges.Id, "confirmed"))).Proposed);
        });
    }

    private static async Task<HttpResponseMessage> UndoAsync(Caller caller, Guid sighting, string reason)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/sightings/{sighting}/review/undo");
        request.Headers.Add("Audit-Reason", Uri.EscapeDataString(reason));
        return await caller.Http.SendAsync(request, Token);
    }

    public ValueTask DisposeAsync()
    {
        _ann.Dispose();
        _ben.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task WithTwoPeopleAsync(Func<Task> work)
    {
        Options.TwoPeople = true;
        try
        {
            await work();
        }
        finally
        {
            Options.TwoPeople = false;
        }
    }

    private static async Task<IReadOnlyList<ReviewTask>> ClaimAsync(Caller caller, int count, string? kind = null) =>
        await Caller.ReadAsync<IReadOnlyList<ReviewTask>>(await caller.Http.PostAsJsonAsync("/api/review/claim", new ReviewClaim(kind, count), Token));

    private static Task<HttpResponseMessage> DecideAsync(Caller caller, Guid sighting, string state, string? plate = null) =>
        caller.Http.PostAsJsonAsync($"/api/sightings/{sighting}/review", new ReviewResolution(state, plate), Token);

    private static Task<HttpResponseMessage> RederiveAsync(Caller caller, string plate) =>
        caller.Http.PostAsJsonAsync("/api/charges/rederive", new { plate, day = $"{Noon:yyyy-MM-dd}", why = "A proof has come." }, Token);

    private async Task ImportedAsync(string file, string path)
    {
        using var answer = await ImportAsync(core.Http, path, file);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private static async Task<HttpResponseMessage> ImportAsync(HttpClient http, string path, string file)
    {
        using var content = new StringContent(file);
        return await http.PostAsync(new Uri(path, UriKind.Relative), content, Token);
    }

    private Task<int> SweepAsync() => core.Services.GetServices<IHostedService>().OfType<RegistrySweep>().Single().SweepAsync(Token);

    private static Task<ReviewOutcome> OutcomeAsync(HttpResponseMessage answer) => Caller.ReadAsync<ReviewOutcome>(answer);

    private async Task<decimal> StandsAsync(string plate) => (await GetAsync<Page<ChargeView>>($"/api/charges?plate={plate}")).Items.Sum(c => c.Amount);

    private async Task RegisterAsync(params string[] plates)
    {
        using var content = new StringContent("plate,class,fuel,euro,firstRegistered\n" + string.Join('\n', plates.Select(p => $"{p},car,diesel,4,2009-05-01")));
        using var answer = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), content, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private Task<IngestResult> IngestAsync(params Contracts.Sighting[] sightings) => core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token);

    private async Task<T> GetAsync<T>(string path) => (await core.Http.GetFromJsonAsync<T>(path, Token))!;
}
