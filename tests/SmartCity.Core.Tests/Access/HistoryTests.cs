using System.Net;
using System.Net.Http.Json;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Access;

/// <summary>What is live everybody may see who may see anything; what is past takes a scope and a reason.</summary>
public class HistoryTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Yesterday = TimeProvider.System.GetUtcNow().AddDays(-1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_viewer_sees_the_last_minutes_and_nothing_before()
    {
        var (old, live) = (Sighting("HIST1", Yesterday, "london-a3"), Sighting("HIST2", TimeProvider.System.GetUtcNow().AddSeconds(-3), "london-a3"));
        await StoreAsync(old, live);
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);

        Assert.Equal(["HIST2"], (await PageAsync<SightingView>(viewer, "/api/sightings?station=london-a3")).Items.Select(s => s.Plate!));
        Assert.Equal(["HIST2"], (await PageAsync<PassageView>(viewer, "/api/passages?station=london-a3")).Items.Select(s => s.Plate));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(viewer, $"/api/sightings/{live.Id}"));
        foreach (var path in (string[])[$"/api/sightings?from={Yesterday.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}", $"/api/passages?to={Yesterday:yyyy-MM-ddTHH:mm:ssZ}", $"/api/sightings/{old.Id}", $"/api/passages/{await PassageOfAsync(old)}", $"/api/evidence/{old.Evidence}"])
        {
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(viewer, path));
        }
    }

    [Fact]
    public async Task An_investigator_says_why_and_is_written_down()
    {
        var old = Sighting("HIST3", Yesterday, "london-a4");
        await StoreAsync(old);
        using var investigator = await Caller.OfRoleAsync(core, Role.Investigator);
        string[] paths = [$"/api/sightings?station=london-a4&from={Yesterday.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}", $"/api/sightings/{old.Id}", $"/api/passages/{await PassageOfAsync(old)}"];
        foreach (var path in paths)
        {
            Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(investigator, path));
        }

        investigator.Http.DefaultRequestHeaders.Add("Audit-Reason", "burglary, case 9");
        foreach (var path in paths)
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(investigator, path));
        }

        var lines = await LinesAsync(investigator);
        Assert.Equal(["passages.read", "sightings.history", "sightings.read"], lines.Where(l => l.Reason == "burglary, case 9").Select(l => l.Action).Order());
        Assert.All(lines, l => Assert.False(string.IsNullOrEmpty(l.Subject), l.Action));
        Assert.Contains(lines, l => l.Action == "sightings.read" && l.Subject!.EndsWith("HIST3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_deals_with_what_rests_on_a_sighting_may_look_at_it_and_is_written_down_once_for_its_pictures()
    {
        var doubtful = Sighting("HIST4", Yesterday, "london-a10", confidence: 0.6);
        await StoreAsync(doubtful);
        await core.Services.GetRequiredService<IObjectStore>().PutAsync(doubtful.Evidence!, "picture"u8.ToArray(), "image/jpeg", Token);
        using var reviewer = await Caller.OfRoleAsync(core, Role.Operator);
        using var analyst = await Caller.OfRoleAsync(core, Role.Analyst);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(reviewer, $"/api/sightings/{doubtful.Id}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(reviewer, $"/api/evidence/{doubtful.Evidence}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(reviewer, $"/api/evidence/{doubtful.Evidence}"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(analyst, $"/api/sightings/{doubtful.Id}"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(analyst, $"/api/evidence/{doubtful.Evidence}"));

        var lines = await LinesAsync(reviewer);
        Assert.StartsWith("review case", Assert.Single(lines, l => l.Action == "evidence.read").Reason, StringComparison.Ordinal);
        Assert.Single(lines, l => l.Action == "sightings.read");
    }

    [Theory]
    [InlineData(Role.Operator, "/api/charges")]
    [InlineData(Role.Operator, "/api/alerts")]
    [InlineData(Role.Operator, "/api/alerts?state=dismissed")]
    [InlineData(Role.Operator, "/api/charges/disputes")]
    [InlineData(Role.Operator, "/api/charges/disputes?state=upheld")]
    [InlineData(Role.Operator, "/api/charges/rederive")]
    [InlineData(Role.Operator, "/api/review?state=confirmed")]
    [InlineData(Role.Investigator, "/api/hotlist/export")]
    [InlineData(Role.Administrator, "/api/audit/export")]
    public async Task Lists_without_a_plate_and_exports_take_a_reason_and_are_written_down(string role, string path)
    {
        using var caller = await Caller.OfRoleAsync(core, role);
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(caller, path));

        caller.Http.DefaultRequestHeaders.Add("Audit-Reason", "monthly check");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(caller, path));
        Assert.Contains(await LinesAsync(caller), l => l is { Reason: "monthly check", Subject.Length: > 0 });
    }

    [Theory]
    [InlineData("/api/models/any/readings")]
    [InlineData("/api/models/datasets/any/export")]
    public async Task Plates_that_are_kept_for_training_take_a_reason(string path)
    {
        using var caller = await Caller.OfRoleAsync(core, Role.Administrator);
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(caller, path));
    }

    [Fact]
    public async Task Who_has_read_the_hours_rows_waits_for_the_next_and_others_do_not()
    {
        using var greedy = await Caller.OfRoleAsync(core, Role.Investigator);
        using var other = await Caller.OfRoleAsync(core, Role.Investigator);
        foreach (var caller in (Caller[])[greedy, other])
        {
            caller.Http.DefaultRequestHeaders.Add("Audit-Reason", "everything");
        }

        // An export counts as a twentieth of the hour's. It is an hour of the clock, which may end once in between.
        var given = 0;
        while (given < 41 && await StatusAsync(greedy, "/api/hotlist/export") == HttpStatusCode.OK)
        {
            given++;
        }

        Assert.InRange(given, 20, 40);
        using var refused = await greedy.Http.GetAsync("/api/sightings?plate=HIST1", Token);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(other, "/api/sightings?plate=HIST1"));
        Assert.Contains(await LinesAsync(greedy), l => l.Action == "access.quota");
    }

    [Theory]
    [InlineData("/api/vehicles/KEEP11")]
    [InlineData("/api/vehicles/KEEP11/history")]
    [InlineData("/api/vehicles/KEEP11/journey")]
    [InlineData("/api/sightings/{id}")]
    public async Task What_takes_a_reason_counts_at_least_one_row(string path)
    {
        using var registry = new StringContent("plate,class,fuel,euro,keeper\nKEEP11,car,petrol,6,Ada Example\n");
        using var imported = await core.Http.PostAsync("/api/vehicles/import", registry, Token);
        var seen = Sighting("KEEP11", Yesterday.AddHours(-2), "london-a11");
        await StoreAsync(seen);
        var options = core.Services.GetRequiredService<IOptions<AccessOptions>>().Value;
        var before = options.RowsAnHour;
        options.RowsAnHour = 3;
        try
        {
            using var investigator = await Caller.OfRoleAsync(core, Role.Investigator);
            investigator.Http.DefaultRequestHeaders.Add("Audit-Reason", "everything");
            var given = 0;
            while (given < 10 && await StatusAsync(investigator, path.Replace("{id}", seen.Id.ToString(), StringComparison.Ordinal)) == HttpStatusCode.OK)
            {
                given++;
            }

            // It is an hour of the clock, which may end once in between.
            Assert.InRange(given, 3, 6);
        }
        finally
        {
            options.RowsAnHour = before;
        }
    }

    [Fact]
    public async Task A_picture_of_the_past_takes_the_reason_of_the_search_that_found_it()
    {
        var old = Sighting("HIST9", Yesterday.AddHours(-3), "london-a4");
        await StoreAsync(old);
        await core.Services.GetRequiredService<IObjectStore>().PutAsync(old.Evidence!, "picture"u8.ToArray(), "image/jpeg", Token);
        using var investigator = await Caller.OfRoleAsync(core, Role.Investigator);
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(investigator, $"/api/evidence/{old.Evidence}"));

        using var search = new HttpRequestMessage(HttpMethod.Get, "/api/sightings?plate=HIST9");
        search.Headers.Add("Audit-Reason", "burglary, case 12");
        using var found = await investigator.Http.SendAsync(search, Token);

        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(investigator, $"/api/evidence/{old.Evidence}"));
        Assert.Equal("burglary, case 12", Assert.Single(await LinesAsync(investigator), l => l.Action == "evidence.read").Reason);
    }

    [Fact]
    public async Task A_list_of_plates_is_written_down_and_whether_a_vehicle_passed_is_told_to_those_who_may_search()
    {
        using var operating = await Caller.OfRoleAsync(core, Role.Operator);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(operating, "/api/hotlist"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(operating, "/api/charges/disputes?state=open"));
        using var reach = await operating.Http.PostAsJsonAsync("/api/hotlist/reach", new HotlistQuestion("HIST9"), Token);
        Assert.Equal(HttpStatusCode.Forbidden, reach.StatusCode);
        Assert.Superset(new HashSet<string> { "hotlist.list", "disputes.list" }, (await LinesAsync(operating)).Select(l => l.Action).ToHashSet());
    }

    // One rule: in full only where a reason is needed and written down.
    [Fact]
    public async Task A_keepers_name_takes_a_reason_whichever_way_it_is_asked_for()
    {
        using var registry = new StringContent("plate,class,fuel,euro,keeper\nKEEP10,car,petrol,6,Ada Example\n");
        using var imported = await core.Http.PostAsync("/api/vehicles/import", registry, Token);
        var seen = Sighting("KEEP10", TimeProvider.System.GetUtcNow(), "london-a11");
        await StoreAsync(seen);
        using var investigator = await Caller.OfRoleAsync(core, Role.Investigator);
        string[] ways = ["/api/sightings?station=london-a11", $"/api/sightings/{seen.Id}", $"/api/passages/{await PassageOfAsync(seen)}"];
        foreach (var path in ways)
        {
            Assert.DoesNotContain("Ada Example", await investigator.Http.GetStringAsync(path, Token), StringComparison.Ordinal);
        }

        investigator.Http.DefaultRequestHeaders.Add("Audit-Reason", "hit and run");
        Assert.Contains("Ada Example", await investigator.Http.GetStringAsync("/api/vehicles/KEEP10", Token), StringComparison.Ordinal);
        Assert.Contains(await LinesAsync(investigator), l => l is { Action: "vehicles.record", Subject: "KEEP10", Reason: "hit and run" });
    }

    private async Task StoreAsync(params Sighting[] sightings)
    {
        await core.Services.GetRequiredService<SightingIngest>().ApplyAsync([.. sightings.Select(Record)], [], Token);

        // As if they had come when they were captured.
        await core.Postgres.ExecuteAsync("update sightings set stored_at = captured_at where id = any($1)", (object)sightings.Select(s => s.Id).ToArray());
    }

    private Task<Guid> PassageOfAsync(Sighting sighting) => core.Postgres.ScalarAsync<Guid>("select passage_id from sightings where id = $1", sighting.Id);

    private static async Task<Page<T>> PageAsync<T>(Caller caller, string path) => (await caller.Http.GetFromJsonAsync<Page<T>>(path, Token))!;

    private static async Task<HttpStatusCode> StatusAsync(Caller caller, string path)
    {
        using var response = await caller.Http.GetAsync(path, Token);
        return response.StatusCode;
    }

    private async Task<IReadOnlyList<AuditLine>> LinesAsync(Caller caller)
    {
        var name = (await caller.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;
        return [.. (await core.Http.GetFromJsonAsync<Page<AuditLine>>($"/api/audit?actor={name}&limit=100", Token))!.Items.Where(l => !l.Action.StartsWith("access.sign-in", StringComparison.Ordinal) && l.Action != "access.password")];
    }
}
