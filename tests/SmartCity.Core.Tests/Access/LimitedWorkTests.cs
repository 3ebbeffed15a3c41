using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Access;

/// <summary>The work of whoever is limited to groups of stations: what they decide, read and count is of their stations, and tells and changes nothing of others.</summary>
public sealed class LimitedWorkTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Ours = "london-a3";
    private const string Theirs = "london-a4";
    private const string Group = "North";

    private static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_queue_its_counts_and_its_claims_are_of_their_stations_alone()
    {
        var (ours, theirs) = (Sighting("LW01OUR", Noon, Ours, confidence: 0.6), Sighting("LW01THE", Noon, Theirs, confidence: 0.6));
        await IngestAsync(ours, theirs);
        using var limited = await LimitedAsync(Role.Operator);

        Assert.All(await AllAsync<ReviewView>(limited, "/api/review?limit=1"), c => Assert.Equal(Ours, c.StationId));
        Assert.Empty(await AllAsync<ReviewView>(limited, $"/api/review?station={Theirs}"));
        Assert.Equal(
            await core.Postgres.ScalarAsync<long>("select count(distinct sighting_id) from review_cases where state = 'open' and kind = 'doubtful' and station_id = $1", Ours),
            (await limited.Http.GetFromJsonAsync<List<ReviewCount>>("/api/review/counts", Token))!.Single(c => c.Kind == "doubtful").Open);

        var claimed = await Caller.ReadAsync<IReadOnlyList<ReviewTask>>(await limited.Http.PostAsJsonAsync("/api/review/claim", new ReviewClaim(Count: 50), Token));
        Assert.Contains(claimed, t => t.Sighting.Id == ours.Id);
        Assert.All(claimed, t => Assert.Equal((Ours, Ours), (t.Case.StationId, t.Sighting.StationId)));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from review_cases where claimed_by = $1 and station_id <> $2", limited.Name, Ours));
        using var back = await limited.Http.DeleteAsync("/api/review/claim", Token);

        // Whoever sees the whole city has it in front: they are told nothing of that either.
        using var everybody = await Caller.OfRoleAsync(core, Role.Operator);
        Assert.Contains(await Caller.ReadAsync<IReadOnlyList<ReviewTask>>(await everybody.Http.PostAsJsonAsync("/api/review/claim", new ReviewClaim(Count: 50), Token)), t => t.Sighting.Id == theirs.Id);
        using var reserved = await DecideAsync(limited, theirs.Id, new ReviewResolution("no-plate"));
        Assert.Equal(HttpStatusCode.NotFound, reserved.StatusCode);
        using var free = await everybody.Http.DeleteAsync("/api/review/claim", Token);
    }

    [Fact]
    public async Task They_decide_on_what_their_stations_saw()
    {
        await RegisterAsync("LW02OUR");
        var (ours, theirs) = (Sighting("LW02OUR", Noon, Ours, confidence: 0.6), Sighting("LW02THE", Noon, Theirs, confidence: 0.6));
        await IngestAsync(ours, theirs);
        using var limited = await LimitedAsync(Role.Operator);

        var outcome = await Caller.ReadAsync<ReviewOutcome>(await DecideAsync(limited, ours.Id, new ReviewResolution("confirmed")));

        Assert.False(outcome.Proposed);
        Assert.Contains(outcome.Entries, e => e is { Scheme: "ulez", Amount: 12.50m, StationId: Ours });
        Assert.Equal(12.50m, await StandsAsync("LW02OUR"));
        foreach (var address in (string[])[$"/api/sightings/{theirs.Id}/review", $"/api/sightings/{theirs.Id}/review/undo", $"/api/sightings/{Guid.NewGuid()}/review"])
        {
            using var unknown = await limited.Http.PostAsJsonAsync(address, new ReviewResolution("confirmed"), Token);
            Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        }

        Assert.Equal("open", await core.Postgres.ScalarAsync<string>("select state from review_cases where sighting_id = $1 and kind = 'doubtful'", theirs.Id));
    }

    [Fact]
    public async Task What_another_station_s_reading_speaks_against_waits_for_whoever_sees_both()
    {
        var (ours, theirs) = (Sighting("LW03TWO", Noon, Ours), Sighting("LW03TWO", Noon.AddSeconds(2), Theirs));
        await IngestAsync(ours, theirs);
        await CoreHost.UntilAsync(async () => (await AllAsync<ReviewView>(core.Http, "/api/review?kind=two-places")).Exists(c => c.SightingId == ours.Id), "a case for a plate at two places");
        using var limited = await LimitedAsync(Role.Operator);

        Assert.Empty(await AllAsync<ReviewView>(limited, "/api/review?kind=two-places"));
        Assert.DoesNotContain((await limited.Http.GetFromJsonAsync<List<ReviewCount>>("/api/review/counts", Token))!, c => c.Kind == "two-places");
        Assert.Empty(await Caller.ReadAsync<IReadOnlyList<ReviewTask>>(await limited.Http.PostAsJsonAsync("/api/review/claim", new ReviewClaim("two-places", 50), Token)));
        var id = await core.Postgres.ScalarAsync<Guid>("select id from review_cases where sighting_id = $1 and kind = 'two-places'", ours.Id);
        using var one = await limited.Http.GetAsync(new Uri($"/api/review/{id}", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.NotFound, one.StatusCode);
        using var putOff = await limited.Http.PostAsJsonAsync($"/api/review/{id}", new ReviewResolution("skipped"), Token);
        Assert.Equal(HttpStatusCode.NotFound, putOff.StatusCode);
    }

    [Fact]
    public async Task A_decision_that_changes_a_charge_of_another_station_waits_for_somebody_who_sees_the_whole_city()
    {
        await RegisterAsync("LW04AAA");
        var (ours, theirs) = (Sighting("LW04AAA", Noon, Ours), Sighting("LW04AAA", Noon.AddSeconds(2), Theirs));
        await IngestAsync(ours, theirs);
        await CoreHost.UntilAsync(async () => (await AllAsync<ReviewView>(core.Http, "/api/review?kind=two-places")).Exists(c => c.SightingId == ours.Id), "a case for a plate at two places");
        Assert.Empty(await RestsOnAsync("LW04AAA"));
        using var limited = await LimitedAsync(Role.Operator);

        // The other station's reading counts if this one is wrong.
        using var answer = await DecideAsync(limited, ours.Id, new ReviewResolution("corrected", "LW04XYZ"));
        var text = await answer.Content.ReadAsStringAsync(Token);
        var outcome = await Caller.ReadAsync<ReviewOutcome>(answer);

        Assert.True(outcome.Proposed);
        Assert.Empty(outcome.Entries);
        Assert.DoesNotContain(Theirs, text, StringComparison.Ordinal);
        Assert.DoesNotContain(theirs.Id.ToString(), text, StringComparison.Ordinal);
        Assert.Empty(await RestsOnAsync("LW04AAA"));
        Assert.Equal("LW04AAA", await core.Postgres.ScalarAsync<string>("select plate from sightings where id = $1", ours.Id));
        using var again = await DecideAsync(limited, ours.Id, new ReviewResolution("corrected", "LW04XYZ"));
        Assert.Contains("already proposed", await again.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        // Another who is limited does not make it hold; whoever sees the whole city finds it in the queue and does.
        using var second = await LimitedAsync(Role.Operator);
        second.Http.DefaultRequestHeaders.Add("Audit-Reason", "the same");
        Assert.True((await Caller.ReadAsync<ReviewOutcome>(await DecideAsync(second, ours.Id, new ReviewResolution("corrected", "LW04XYZ")))).Proposed);
        Assert.Contains(await AllAsync<ReviewView>(core.Http, "/api/review?state=proposed"), c => c.SightingId == ours.Id);
        using var everybody = await Caller.OfRoleAsync(core, Role.Operator);
        everybody.Http.DefaultRequestHeaders.Add("Audit-Reason", "agreed");
        Assert.False((await Caller.ReadAsync<ReviewOutcome>(await DecideAsync(everybody, ours.Id, new ReviewResolution("corrected", "LW04XYZ")))).Proposed);
        Assert.Equal([theirs.Id], await RestsOnAsync("LW04AAA"));
        Assert.Equal(limited.Name, await core.Postgres.ScalarAsync<string>("select proposed_by from reviewed_reads where sighting_id = $1", ours.Id));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from review_proposals where sighting_id = $1", ours.Id));
    }

    [Fact]
    public async Task They_take_back_what_waits_and_undo_nothing_that_took_effect()
    {
        await RegisterAsync("LW05AAA", "LW05YYY");
        var (alone, ours, theirs) = (Sighting("LW05YYY", Noon.AddHours(1), Ours, confidence: 0.6), Sighting("LW05AAA", Noon, Ours), Sighting("LW05AAA", Noon.AddSeconds(2), Theirs));
        await IngestAsync(alone, ours);
        using var limited = await LimitedAsync(Role.Operator);
        limited.Http.DefaultRequestHeaders.Add("Audit-Reason", "a mistake");
        Assert.False((await Caller.ReadAsync<ReviewOutcome>(await DecideAsync(limited, alone.Id, new ReviewResolution("confirmed")))).Proposed);
        Assert.Equal(12.50m, await StandsAsync("LW05YYY"));
        Assert.False((await Caller.ReadAsync<ReviewOutcome>(await DecideAsync(limited, ours.Id, new ReviewResolution("corrected", "LW05AA4")))).Proposed);
        Assert.Empty(await RestsOnAsync("LW05AAA"));
        await IngestAsync(theirs);
        Assert.Equal([theirs.Id], await RestsOnAsync("LW05AAA"));

        // As it was read, the one speaks against the other station's reading, and the other does not: the answer is the same.
        foreach (var id in (Guid[])[alone.Id, ours.Id])
        {
            using var refused = await limited.Http.PostAsync(new Uri($"/api/sightings/{id}/review/undo", UriKind.Relative), null, Token);
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains("cannot undo a decision that has taken effect", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        Assert.Equal(12.50m, await StandsAsync("LW05YYY"));
        Assert.Equal([theirs.Id], await RestsOnAsync("LW05AAA"));
        Assert.True((await Caller.ReadAsync<ReviewOutcome>(await DecideAsync(limited, alone.Id, new ReviewResolution("corrected", "LW05QQQ")))).Proposed);
        Assert.False((await Caller.ReadAsync<ReviewOutcome>(await limited.Http.PostAsync(new Uri($"/api/sightings/{alone.Id}/review/undo", UriKind.Relative), null, Token))).Proposed);
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from review_proposals where sighting_id = $1", alone.Id));
    }

    [Fact]
    public async Task A_plate_that_does_not_look_like_what_was_read_waits_and_the_answer_tells_nothing_of_it()
    {
        await RegisterAsync("LW15ELS");
        var (ours, theirs) = (Sighting("LW15OUR", Noon, Ours, confidence: 0.6), Sighting("LW15ELS", Noon.AddMinutes(1), Theirs));
        await IngestAsync(ours, theirs);
        await core.Postgres.ExecuteAsync("insert into hotlist_entries (id, pattern, reason, priority) values (gen_random_uuid(), 'LW15LST', 'Stolen', 1)");
        using var limited = await LimitedAsync(Role.Operator);

        var answers = new List<string>();
        foreach (var plate in (string[])["LW15ELS", "LW15LST", "NOBODY1"])
        {
            using var answer = await DecideAsync(limited, ours.Id, new ReviewResolution("corrected", plate));
            answers.Add((await answer.Content.ReadAsStringAsync(Token)).Replace(plate, "PLATE", StringComparison.Ordinal));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Single(answers.Distinct());
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from alerts where plate = 'LW15LST'"));
        Assert.Equal("LW15OUR", await core.Postgres.ScalarAsync<string>("select plate from sightings where id = $1", ours.Id));
        Assert.False((await Caller.ReadAsync<ReviewOutcome>(await DecideAsync(limited, ours.Id, new ReviewResolution("confirmed")))).Proposed);
    }

    [Fact]
    public async Task They_read_the_charges_that_rest_on_what_their_stations_saw()
    {
        await RegisterAsync("LW06OUR", "LW06BOT");
        var (ours, there, here) = (Sighting("LW06OUR", Noon, Ours), Sighting("LW06BOT", Noon, Theirs), Sighting("LW06BOT", Noon.AddHours(3), Ours));
        await IngestAsync(ours, there);
        await IngestAsync(here);
        using var limited = await LimitedAsync(Role.Operator);
        limited.Http.DefaultRequestHeaders.Add("Audit-Reason", "a complaint");

        var own = await AllAsync<ChargeView>(limited, "/api/charges?limit=1");
        Assert.NotEmpty(own);
        Assert.All(own, c => Assert.Equal(Ours, c.StationId));
        var line = own.Single(c => c is { Plate: "LW06OUR", Scheme: "ulez" });
        Assert.Equal([line.Id], (await limited.Http.GetFromJsonAsync<List<ChargeView>>($"/api/charges/{line.Id}", Token))!.Select(c => c.Id));
        Assert.Equal(line.Id, Assert.Single((await limited.Http.GetFromJsonAsync<SightingView>($"/api/sightings/{ours.Id}", Token))!.Charges, c => c.Scheme == "ulez").Id);

        // That the vehicle was charged elsewhere before is not said, nor by the sighting here.
        var elsewhere = await core.Postgres.ScalarAsync<Guid>("select id from charge_entries where plate = 'LW06BOT' and scheme = 'ulez'");
        foreach (var id in (Guid[])[elsewhere, Guid.NewGuid()])
        {
            using var unknown = await limited.Http.GetAsync(new Uri($"/api/charges/{id}", UriKind.Relative), Token);
            Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        }

        Assert.DoesNotContain(await AllAsync<ChargeView>(limited, "/api/charges?plate=LW06BOT"), c => c.Scheme == "ulez");
        Assert.Empty(await AllAsync<ChargeView>(limited, $"/api/charges?sighting={there.Id}"));
        Assert.Contains((await core.Http.GetFromJsonAsync<SightingView>($"/api/sightings/{here.Id}", Token))!.ChargedBefore, c => c.Id == elsewhere);
        Assert.Empty((await limited.Http.GetFromJsonAsync<SightingView>($"/api/sightings/{here.Id}", Token))!.ChargedBefore);
        Assert.DoesNotContain(elsewhere.ToString(), await limited.Http.GetStringAsync(new Uri("/api/charges/export", UriKind.Relative), Token), StringComparison.Ordinal);

        const string Standing = "from charge_entries e where day = '2026-11-18' and station_id = $1";
        var summary = (await limited.Http.GetFromJsonAsync<ChargeSummary>("/api/charges/summary?day=2026-11-18", Token))!;
        Assert.Equal(await core.Postgres.ScalarAsync<decimal>($"select sum(amount) {Standing}", Ours), summary.Toll + summary.Pollution);
        Assert.Equal(await core.Postgres.ScalarAsync<long>($"select count(distinct plate) {Standing} and kind = 'charge' and not exists (select from charge_entries r where r.reverses = e.id)", Ours), summary.Vehicles);
        var totals = (await limited.Http.GetFromJsonAsync<List<ChargeTotal>>("/api/charges/totals?day=2026-11-18", Token))!;
        Assert.Equal(summary.Toll + summary.Pollution, totals.Sum(t => t.Amount));
    }

    [Fact]
    public async Task Why_a_charge_was_reversed_is_not_said_where_another_station_s_reading_is_the_reason()
    {
        await RegisterAsync("LW07AAA");
        var (ours, theirs) = (Sighting("LW07AAA", Noon, Ours), Sighting("LW07XYZ", Noon.AddSeconds(2), Theirs));
        await IngestAsync(ours, theirs);
        Assert.Equal([ours.Id], await RestsOnAsync("LW07AAA"));
        using var corrected = await core.Http.PostAsJsonAsync($"/api/sightings/{theirs.Id}/review", new ReviewResolution("corrected", "LW07AAA"), Token);
        Assert.True(corrected.IsSuccessStatusCode, await corrected.Content.ReadAsStringAsync(Token));

        // The other station is outside the congestion zone.
        var charge = await core.Postgres.ScalarAsync<Guid>("select reverses from charge_entries where sighting_id = $1 and kind = 'reversal' and scheme = 'congestion'", ours.Id);
        Assert.Contains(theirs.Id.ToString(), await core.Http.GetStringAsync(new Uri($"/api/charges/{charge}", UriKind.Relative), Token), StringComparison.Ordinal);
        using var limited = await LimitedAsync(Role.Operator);
        limited.Http.DefaultRequestHeaders.Add("Audit-Reason", "a complaint");

        foreach (var address in (string[])[$"/api/charges/{charge}", "/api/charges?plate=LW07AAA", "/api/charges/export?plate=LW07AAA", $"/api/sightings/{ours.Id}"])
        {
            var body = await limited.Http.GetStringAsync(new Uri(address, UriKind.Relative), Token);
            Assert.Contains("The charge was reversed.", body, StringComparison.Ordinal);
            Assert.All((string[])[theirs.Id.ToString(), "LW07XYZ", Theirs], secret => Assert.DoesNotContain(secret, body, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_search_and_a_journey_have_their_stations_part_and_say_so()
    {
        await IngestAsync(Sighting("LW08AAA", Noon, Theirs), Sighting("LW08AAA", Noon.AddHours(1), Ours), Sighting("LW08AAA", Noon.AddHours(2), Theirs), Sighting("LW08AAA", Noon.AddHours(3), Ours), Sighting("LW08AAB", Noon, Theirs));
        using var limited = await LimitedAsync(Role.Investigator);
        using var silent = await limited.Http.PostAsJsonAsync("/api/vehicles/search", new VehicleSearch { Plate = "LW08AAA" }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, silent.StatusCode);
        limited.Http.DefaultRequestHeaders.Add("Audit-Reason", "case 42");

        var found = new List<PassageHit>();
        string? after = null;
        do
        {
            var page = await Caller.ReadAsync<Page<PassageHit>>(await limited.Http.PostAsJsonAsync($"/api/vehicles/search?limit=1{(after is null ? "" : "&after=" + Uri.EscapeDataString(after))}", new VehicleSearch { Plate = "LW08*" }, Token));
            found.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal([(Ours, "LW08AAA"), (Ours, "LW08AAA")], found.Select(h => (h.Passage.StationId, h.Passage.Plate)));
        Assert.Empty((await Caller.ReadAsync<Page<PassageHit>>(await limited.Http.PostAsJsonAsync("/api/vehicles/search", new VehicleSearch { Plate = "LW08AAA", Stations = [Theirs] }, Token))).Items);

        const string Journey = "/api/vehicles/journey?plate=LW08AAA&from=2026-11-18T00:00:00Z&to=2026-11-19T00:00:00Z";
        var own = (await limited.Http.GetFromJsonAsync<JourneyView>(Journey, Token))!;
        Assert.Equal([Ours, Ours], own.Stops.Select(s => s.Passage.StationId));
        Assert.True(own.OwnStations);
        var whole = (await core.Http.GetFromJsonAsync<JourneyView>(Journey, Token))!;
        Assert.Equal((4, false), (whole.Stops.Count, whole.OwnStations));

        // A plate that was seen elsewhere alone is one that was not seen.
        Assert.Empty((await limited.Http.GetFromJsonAsync<JourneyView>(Journey.Replace("AAA", "AAB", StringComparison.Ordinal), Token))!.Stops);
        Assert.Equal(["LW08AAA", "LW08AAA"], (await limited.Http.GetFromJsonAsync<Page<SightingView>>("/api/sightings?plate=LW08AAA", Token))!.Items.Select(s => s.Plate));
    }

    [Fact]
    public async Task They_read_write_and_remove_notes_on_their_stations_alone()
    {
        using var limited = await LimitedAsync(Role.Operator);
        (await core.Http.PostAsJsonAsync("/api/notes", new NewNote("The barrier there sticks.", StationId: Theirs), Token)).EnsureSuccessStatusCode();

        var own = await Caller.ReadAsync<NoteView>(await limited.Http.PostAsJsonAsync("/api/notes", new NewNote("A lamp is out.", StationId: Ours), Token));
        Assert.Contains((await limited.Http.GetFromJsonAsync<Page<NoteView>>($"/api/notes/stations/{Ours}", Token))!.Items, n => n.Id == own.Id);
        Assert.Empty((await limited.Http.GetFromJsonAsync<Page<NoteView>>($"/api/notes/stations/{Theirs}", Token))!.Items);
        foreach (var (note, status) in ((NewNote, HttpStatusCode)[])
        [
            (new("x", StationId: Theirs), HttpStatusCode.BadRequest), (new("x", StationId: "nowhere"), HttpStatusCode.BadRequest), (new("x", "LW09AAA"), HttpStatusCode.Forbidden), (new("x", AlertId: Guid.NewGuid()), HttpStatusCode.Forbidden),
        ])
        {
            using var refused = await limited.Http.PostAsJsonAsync("/api/notes", note, Token);
            Assert.Equal(status, refused.StatusCode);
        }

        // What they wrote elsewhere before they were limited stays.
        var before = Guid.NewGuid();
        await core.Postgres.ExecuteAsync("insert into notes (id, station_id, at, by, text) values ($1, $2, now(), $3, 'Before.')", before, Theirs, limited.Name);
        using var kept = await limited.Http.DeleteAsync($"/api/notes/{before}", Token);
        Assert.Equal(HttpStatusCode.NotFound, kept.StatusCode);
        using var removed = await limited.Http.DeleteAsync($"/api/notes/{own.Id}", Token);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
    }

    [Fact]
    public async Task Reports_count_their_stations_alone_and_those_of_the_whole_city_are_refused()
    {
        await IngestAsync(Sighting("LW10AAA", Noon, Theirs), Sighting("LW10AAA", Noon.AddHours(1), Ours));
        using var limited = await LimitedAsync(Role.Analyst);

        foreach (var report in (string[])["hours", "stations", "reads", "versions"])
        {
            foreach (var address in (string[])[$"/api/reports/{report}", $"/api/reports/{report}/export"])
            {
                var whole = await core.Http.GetStringAsync(new Uri($"{address}?from=2026-11-18&to=2026-11-18", UriKind.Relative), Token);
                var own = await limited.Http.GetStringAsync(new Uri($"{address}?from=2026-11-18&to=2026-11-18", UriKind.Relative), Token);
                Assert.Contains(Theirs, whole, StringComparison.Ordinal);
                Assert.Contains(Ours, own, StringComparison.Ordinal);
                Assert.DoesNotContain(Theirs, own, StringComparison.Ordinal);
            }
        }

        foreach (var report in (string[])["charges", "compliance", "travel", "dwell", "emissions", "schedules"])
        {
            using var refused = await limited.Http.GetAsync(new Uri($"/api/reports/{report}", UriKind.Relative), Token);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
    }

    private Task<Caller> LimitedAsync(string role) => Caller.LimitedAsync(core, role, Ours, Group);

    private static Task<HttpResponseMessage> DecideAsync(Caller caller, Guid sighting, ReviewResolution decision) => caller.Http.PostAsJsonAsync($"/api/sightings/{sighting}/review", decision, Token);

    private Task<List<Guid>> RestsOnAsync(string plate) =>
        core.Postgres.ColumnAsync<Guid>("select sighting_id from charge_entries e where plate = $1 and scheme = 'ulez' and kind = 'charge' and not exists (select from charge_entries r where r.reverses = e.id)", plate);

    private Task<decimal> StandsAsync(string plate) => core.Postgres.ScalarAsync<decimal>("select coalesce(sum(amount), 0) from charge_entries where plate = $1 and scheme = 'ulez'", plate);

    // Page by page, so that what is left out is left out of none.
    private static Task<List<T>> AllAsync<T>(Caller caller, string address) => AllAsync<T>(caller.Http, address);

    private static async Task<List<T>> AllAsync<T>(HttpClient http, string address)
    {
        var all = new List<T>();
        string? after = null;
        do
        {
            var page = (await http.GetFromJsonAsync<Page<T>>(after is null ? address : $"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}after={Uri.EscapeDataString(after)}", Token))!;
            all.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);

        return all;
    }

    private async Task RegisterAsync(params string[] plates)
    {
        using var content = new StringContent("plate,class,fuel,euro,firstRegistered\n" + string.Join('\n', plates.Select(p => $"{p},car,diesel,4,2009-05-01")));
        using var answer = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), content, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private Task<IngestResult> IngestAsync(params Sighting[] sightings) => core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token);
}
