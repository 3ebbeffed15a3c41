using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake;
using SmartCity.Core.Live;
using SmartCity.Core.Retention;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Models;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Privacy;

/// <summary>A plate whose processing is restricted is stored and charged as before, and shown to nobody who has no right to it; nothing of it is removed.</summary>
public sealed class RestrictionTests(ModelHost host) : IClassFixture<ModelHost>
{
    private static readonly DateTimeOffset Noon = TimeProvider.System.GetUtcNow().Date.AddDays(-3).AddHours(12);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private CoreHost Core => host.Core;

    private IObjectStore Objects => Core.Services.GetRequiredService<IObjectStore>();

    [Fact]
    public async Task Lists_searches_journeys_and_exports_show_nothing_of_it_until_it_is_lifted()
    {
        var (hidden, other) = (Sighting("RS01AAA", Noon, "london-a4"), Sighting("RS01BBB", Noon.AddSeconds(1), "london-a4"));
        await StoreAsync(hidden, other);
        await ChargeAsync(hidden);
        await ChargeAsync(other);
        using var investigator = await Caller.OfRoleAsync(Core, Role.Investigator);
        investigator.Http.DefaultRequestHeaders.Add("Audit-Reason", "theft, case 42");
        using var officer = await Caller.OfRoleAsync(Core, Role.Administrator);
        officer.Http.DefaultRequestHeaders.Add("Audit-Reason", "request 9 of the keeper");
        Assert.All(await ShownAsync(investigator.Http), s => Assert.Contains("RS01AAA", s.Answer, StringComparison.Ordinal));

        var restriction = await RestrictAsync(officer, "rs01 aaa");

        Assert.Equal(["RS01AAA"], (await Core.Postgres.ColumnAsync<string>("select plate from restricted_plates where plate like 'RS01%'")));
        foreach (var (path, answer) in await ShownAsync(investigator.Http))
        {
            Assert.False(answer.Contains("RS01AAA", StringComparison.Ordinal), path);
            Assert.True(path.Contains("RS01AAA", StringComparison.Ordinal) || answer.Contains("RS01BBB", StringComparison.Ordinal), path);
        }

        // Whoever has the scope and says why.
        Assert.Contains("RS01AAA", await TextAsync(officer.Http, $"/api/sightings?plate=RS01AAA"), StringComparison.Ordinal);
        Assert.Contains("RS01AAA", await TextAsync(officer.Http, $"/api/charges?plate=RS01AAA"), StringComparison.Ordinal);
        Assert.Equal(1L, await Core.Postgres.ScalarAsync<long>("select count(*) from audit where action = 'privacy.restrict' and reason = 'request 9 of the keeper' and subject like '%rs01 aaa%'"));

        using var lift = await officer.Http.PostAsync($"/api/privacy/restrictions/{restriction.Id}/lift", null, Token);
        var lifted = (await lift.Content.ReadFromJsonAsync<RestrictionView>(Token))!;
        Assert.NotNull(lifted.LiftedAt);
        Assert.Equal(1L, lifted.Records.Single(r => r.What == "Sightings").Rows);
        Assert.All(await ShownAsync(investigator.Http), s => Assert.Contains("RS01AAA", s.Answer, StringComparison.Ordinal));
        Assert.Equal(1L, await Core.Postgres.ScalarAsync<long>("select count(*) from audit where action = 'privacy.lift' and subject like '%RS01AAA%'"));
    }

    [Fact]
    public async Task A_sighting_a_passage_and_a_picture_are_there_only_for_whoever_deals_with_what_rests_on_them()
    {
        var (free, sought) = (Sighting("RS02AAA", Noon, "london-a4"), Sighting("RS02AAA", Noon.AddHours(1), "london-a3"));
        await StoreAsync(free, sought);
        await Core.Postgres.ExecuteAsync("insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, captured_at, raised_at, state) select gen_random_uuid(), gen_random_uuid(), passage_id, id, plate, plate, 'r', 1, station_id, captured_at, now(), 'open' from sightings where id = $1", sought.Id);
        using var investigator = await Caller.OfRoleAsync(Core, Role.Investigator);
        investigator.Http.DefaultRequestHeaders.Add("Audit-Reason", "theft, case 43");
        using var officer = await Caller.OfRoleAsync(Core, Role.Administrator);
        officer.Http.DefaultRequestHeaders.Add("Audit-Reason", "request 10 of the keeper");
        await RestrictAsync(officer, "RS02AAA");

        var passages = await Core.Postgres.ColumnAsync<Guid>("select passage_id from sightings where plate = 'RS02AAA' order by captured_at");
        foreach (var path in (string[])[$"/api/sightings/{free.Id}", $"/api/passages/{passages[0]}", $"/api/{free.Evidence}", $"/api/{Contracts.Sighting.PatchKey(free.Evidence!)}"])
        {
            Assert.Equal((path, HttpStatusCode.NotFound), (path, await StatusAsync(investigator.Http, path)));
        }

        foreach (var path in (string[])[$"/api/sightings/{sought.Id}", $"/api/passages/{passages[1]}", $"/api/{sought.Evidence}"])
        {
            Assert.Equal((path, HttpStatusCode.OK), (path, await StatusAsync(investigator.Http, path)));
        }

        // The alert itself is worked with; once it is done, lists hide it.
        Assert.Contains("RS02AAA", await TextAsync(investigator.Http, "/api/alerts?state=open"), StringComparison.Ordinal);
        await Core.Postgres.ExecuteAsync("update alerts set state = 'resolved' where plate = 'RS02AAA'");
        Assert.DoesNotContain("RS02AAA", await TextAsync(investigator.Http, "/api/alerts?plate=RS02AAA"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_package_and_no_investigation_takes_it_in_but_for_the_data_protection_officer()
    {
        var sighting = Sighting("RS03AAA", Noon, "london-a4");
        await StoreAsync(sighting);
        var charge = await ChargeAsync(sighting);
        using var investigator = await Caller.OfRoleAsync(Core, Role.Investigator);
        investigator.Http.DefaultRequestHeaders.Add("Audit-Reason", "theft, case 44");
        var investigation = (await (await investigator.Http.PostAsJsonAsync("/api/investigations", new NewInvestigation("A theft", "To find the car", null, DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(30)), Token)).Content.ReadFromJsonAsync<InvestigationView>(Token))!;
        using (var before = await investigator.Http.PostAsJsonAsync($"/api/investigations/{investigation.Id}/items", new NewInvestigationItem("charge", charge, null), Token))
        {
            Assert.Equal(HttpStatusCode.NoContent, before.StatusCode);
        }

        using var officer = await Caller.OfRoleAsync(Core, Role.Administrator);
        officer.Http.DefaultRequestHeaders.Add("Audit-Reason", "request 11 of the keeper");
        await RestrictAsync(officer, "RS03AAA");

        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(investigator.Http, $"/api/packages/charges/{charge}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(Core.Http, $"/api/packages/charges/{charge}"));
        using var add = await investigator.Http.PostAsJsonAsync($"/api/investigations/{investigation.Id}/items", new NewInvestigationItem("sighting", sighting.Id, null), Token);
        Assert.Equal(HttpStatusCode.NotFound, add.StatusCode);
        Assert.DoesNotContain("RS03AAA", await TextAsync(investigator.Http, $"/api/investigations/{investigation.Id}"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(investigator.Http, $"/api/packages/investigations/{investigation.Id}"));

        // The charge is still there to be collected and disputed.
        Assert.Contains("RS03AAA", await TextAsync(investigator.Http, $"/api/charges/{charge}"), StringComparison.Ordinal);
        await using var access = await officer.Http.GetStreamAsync("/api/privacy/access?plate=RS03AAA", Token);
        using var zip = await ZipArchive.CreateAsync(access, ZipArchiveMode.Read, false, null, Token);
        Assert.NotNull(zip.GetEntry("sightings.csv"));
        Assert.NotNull(zip.GetEntry("plate_restrictions.csv"));
    }

    [Fact]
    public async Task The_live_page_and_its_history_show_nothing_of_it_while_alerts_are_told()
    {
        using var officer = await Caller.OfRoleAsync(Core, Role.Administrator);
        officer.Http.DefaultRequestHeaders.Add("Audit-Reason", "request 12 of the keeper");
        await RestrictAsync(officer, "RS04AAA");
        using var viewer = await Caller.OfRoleAsync(Core, Role.Viewer);
        using var listed = await Core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = "RS04AAA", reason = "Stolen", priority = 1 }, Token);
        var events = new List<LiveEvent>();
        await using var feed = Core.Services.GetRequiredService<LiveFeed>().SubscribeAsync(CancellationToken.None, Token).GetAsyncEnumerator(Token);
        Assert.True(await feed.MoveNextAsync());
        var now = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

        await Core.SendAsync(Sighting("RS04AAA", now, "london-a1"));
        await Core.SendAsync(Sighting("RS04BBB", now, "london-a1"));
        while (!events.Exists(e => e.Sighting?.Plate == "RS04BBB") || !events.Exists(e => e.Alert?.Plate == "RS04AAA"))
        {
            Assert.True(await feed.MoveNextAsync());
            if (feed.Current is { } item)
            {
                events.Add(item.Event);
            }
        }

        Assert.DoesNotContain(events, e => e.Sighting?.Plate == "RS04AAA" || e.Charge?.Plate == "RS04AAA");
        foreach (var path in (string[])["/api/sightings", "/api/passages"])
        {
            var text = await TextAsync(viewer.Http, path);
            Assert.Contains("RS04BBB", text, StringComparison.Ordinal);
            Assert.DoesNotContain("RS04AAA", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Retention_removes_nothing_of_it_from_the_database_the_pictures_or_the_lake()
    {
        var old = TimeProvider.System.GetUtcNow().AddDays(-900);
        var (kept, gone) = (Sighting("RS05AAA", old, "london-a4"), Sighting("RS05BBB", old.AddSeconds(1), "london-a4"));
        await StoreAsync(kept, gone);
        await Core.Postgres.ExecuteAsync("update review_cases set state = 'settled'");
        await Core.Services.GetRequiredService<LakeFeeds>().RunAsync(DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), Token);
        using var officer = await Caller.OfRoleAsync(Core, Role.Administrator);
        officer.Http.DefaultRequestHeaders.Add("Audit-Reason", "request 13 of the keeper");
        await RestrictAsync(officer, "RS05AAA");

        await Core.Services.GetRequiredService<RetentionWorker>().RunAsync(Token);
        await Core.Services.GetRequiredService<ArchiveRetention>().RunAsync(TimeProvider.System.GetUtcNow().AddDays(-100), Token);
        await Core.Services.GetRequiredService<ArchiveRetention>().RunAsync(TimeProvider.System.GetUtcNow().AddDays(-100), Token);

        Assert.Equal([("RS05AAA")], await Core.Postgres.ColumnAsync<string>("select plate from sightings where plate like 'RS05%'"));
        Assert.Equal([("RS05AAA")], await Core.Postgres.ColumnAsync<string>("select plate from passages where plate like 'RS05%'"));
        Assert.True(await Objects.ExistsAsync(kept.Evidence!, Token));
        Assert.False(await Objects.ExistsAsync(gone.Evidence!, Token));
        var rows = await Core.Services.GetRequiredService<CityLake>().Tables.First(t => t.Definition.Name == "sightings").LoadAsync(await Core.Postgres.DataSource.OpenConnectionAsync(Token), null, Token);
        Assert.NotNull(rows);
        Assert.Equal(1, (await Core.Services.GetRequiredService<CityLake>().Tables.First(t => t.Definition.Name == "sightings").LiveAsync(rows, DateOnly.FromDateTime(old.UtcDateTime), DateOnly.FromDateTime(old.UtcDateTime), Token)).Sum(f => f.File.Rows));
    }

    [Fact]
    public async Task It_begins_on_its_day_and_is_neither_erased_nor_restricted_twice()
    {
        await StoreAsync(Sighting("RS06AAA", Noon, "london-a4"));
        using var officer = await Caller.OfRoleAsync(Core, Role.Administrator);
        officer.Http.DefaultRequestHeaders.Add("Audit-Reason", "request 14 of the keeper");
        var later = await RestrictAsync(officer, "RS06AAA", DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(5));

        Assert.Equal(0L, await Core.Postgres.ScalarAsync<long>("select count(*) from restricted_plates where plate = 'RS06AAA'"));
        using var twice = await officer.Http.PostAsJsonAsync("/api/privacy/restrictions", new NewRestriction("RS06AAA"), Token);
        using var erase = await officer.Http.PostAsJsonAsync("/api/privacy/erasures", new PlateAsked("RS06AAA"), Token);
        using var wrong = await officer.Http.PostAsJsonAsync("/api/privacy/restrictions", new NewRestriction("Ä"), Token);
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict, HttpStatusCode.BadRequest), (twice.StatusCode, erase.StatusCode, wrong.StatusCode));

        using var lift = await officer.Http.PostAsync($"/api/privacy/restrictions/{later.Id}/lift", null, Token);
        using var again = await officer.Http.PostAsync($"/api/privacy/restrictions/{later.Id}/lift", null, Token);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (lift.StatusCode, again.StatusCode));
    }

    // Every way in which lists, searches and exports show plates.
    private static async Task<List<(string Path, string Answer)>> ShownAsync(HttpClient http)
    {
        var period = $"from={Noon.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}&to={Noon.AddHours(1):yyyy-MM-ddTHH:mm:ssZ}";
        string[] paths =
        [
            $"/api/sightings?{period}", "/api/sightings?plate=RS01AAA", $"/api/passages?{period}", "/api/passages?plate=RS01AAA", $"/api/vehicles/search/export?plate=RS01*&{period}",
            $"/api/vehicles/search/export?stations=london-a4&{period}", "/api/charges?scheme=ulez", "/api/charges/export",
        ];
        var answers = new List<(string, string)>();
        foreach (var path in paths)
        {
            answers.Add((path, await TextAsync(http, path)));
        }

        foreach (var plate in (string[])["RS01AAA", "RS01*"])
        {
            using var search = await http.PostAsJsonAsync("/api/vehicles/search", new VehicleSearch { Plate = plate, From = Noon.AddHours(-1), To = Noon.AddHours(1) }, Token);
            answers.Add(($"search {plate}", await search.Content.ReadAsStringAsync(Token)));
        }

        foreach (var path in (string[])[$"/api/vehicles/RS01AAA/journey?{period}", $"/api/vehicles/RS01AAA/journey/export?{period}"])
        {
            // The answer repeats the plate that was asked for, so a stop is what counts.
            var answer = await TextAsync(http, path);
            answers.Add((path, answer.Contains("london-a4", StringComparison.Ordinal) ? "RS01AAA" : ""));
        }

        return answers;
    }

    private static async Task<string> TextAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path, Token);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Token)}");
        return await answer.Content.ReadAsStringAsync(Token);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path, Token);
        return answer.StatusCode;
    }

    private static async Task<RestrictionView> RestrictAsync(Caller officer, string plate, DateOnly? from = null)
    {
        using var asked = await officer.Http.PostAsJsonAsync("/api/privacy/restrictions", new NewRestriction(plate, from), Token);
        Assert.Equal((HttpStatusCode.Created, ""), (asked.StatusCode, asked.IsSuccessStatusCode ? "" : await asked.Content.ReadAsStringAsync(Token)));
        return (await asked.Content.ReadFromJsonAsync<RestrictionView>(Token))!;
    }

    private async Task<Guid> ChargeAsync(Sighting sighting)
    {
        var id = Guid.CreateVersion7();
        await Core.Postgres.ExecuteAsync("insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at) values ($1, 'charge', $2, 'ulez', '2025-10-01', 12.5, 'r', 'w', 't', $3, 'london-a4', now())", id, sighting.Plate!, sighting.Id);
        return id;
    }

    private async Task StoreAsync(params Sighting[] sightings)
    {
        await Core.Services.GetRequiredService<SightingIngest>().ApplyAsync([.. sightings.Select(Record)], [], Token);
        foreach (var sighting in sightings)
        {
            await Objects.PutAsync(sighting.Evidence!, "frame"u8.ToArray(), "image/jpeg", Token);
            await Objects.PutAsync(Contracts.Sighting.PatchKey(sighting.Evidence!), "plate"u8.ToArray(), "image/jpeg", Token);
        }

        await CoreHost.UntilAsync(
            async () =>
            {
                await Core.Services.GetRequiredService<ArchiveWriter>().RollAsync(1000, DateTimeOffset.MaxValue, Token);
                return await Core.Postgres.ScalarAsync<long>("select count(*) from archive_waiting") == 0;
            },
            "all is archived");
    }
}
