using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Audit;

/// <summary>A change and the line that tells of it are there together or not at all.</summary>
public class AuditedChangeTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Station = "london-a40";
    private static readonly DateTimeOffset Noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateOnly NextYear = new(2027, 11, 30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Unique => Guid.NewGuid().ToString("N")[..12];

    [Theory]
    [InlineData("hotlist_entries", "POST", "/api/hotlist", """{"pattern":"AC01AAA","reason":"stolen"}""")]
    [InlineData("webhooks", "POST", "/api/webhooks", """{"name":"audited change","url":"https://police.example/","enabled":false,"lowestPriority":5}""")]
    [InlineData("api_keys", "POST", "/api/access/keys", """{"name":"audited change","scopes":["live:read"]}""")]
    [InlineData("notification_recipients", "POST", "/api/notifications/recipients", """{"name":"audited change","kind":"email","address":"duty@example.org","enabled":true}""")]
    [InlineData("notification_rules", "PUT", "/api/notifications/rules/5", """{"first":true,"secondAfterMinutes":30}""")]
    [InlineData("users", "POST", "/api/access/users", """{"name":"audited-change","roles":["viewer"]}""")]
    [InlineData("plate_restrictions", "POST", "/api/privacy/restrictions", """{"plate":"AC03AAA"}""")]
    [InlineData("erasures", "POST", "/api/privacy/erasures", """{"plate":"AC04AAA"}""")]
    [InlineData("investigations", "POST", "/api/investigations", """{"title":"Audited change","purpose":"To test","keepUntil":"2027-11-30"}""")]
    [InlineData("stations", "POST", "/api/setup/stations", """{"id":"audited-1","name":"Audited","latitude":51.5,"longitude":0}""")]
    [InlineData("stations", "PUT", "/api/setup/stations/london-a3", """{"name":"Audited"}""")]
    [InlineData("station_zones", "PUT", "/api/setup/stations/london-a4/zones", """{"zones":[]}""")]
    [InlineData("cameras", "POST", "/api/setup/cameras", """{"id":"audited-n1","stationId":"london-a1","source":"rtsp://camera.example/1"}""")]
    [InlineData("cameras", "POST", "/api/setup/cameras", """{"id":"audited-n2","stationId":"london-a1","source":"rtsp://camera.example/2","trial":true}""")]
    [InlineData("face_lists", "POST", "/api/faces/lists", """{"name":"Audited change","purpose":"Arrest people whom a court has ordered to be arrested"}""", Role.FacesOfficer)]
    public async Task What_cannot_be_written_down_is_not_changed_and_what_is_not_changed_is_not_written_down(string table, string method, string path, string body, string? role = null)
    {
        using var person = role is null ? null : await Caller.OfRoleAsync(core, role);
        await TogetherAsync(table, method, path, body, person);
    }

    [Fact]
    public async Task Decisions_on_alerts()
    {
        var alert = Guid.NewGuid();
        await core.Postgres.ExecuteAsync(
            """
            insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, captured_at, raised_at, state)
            values ($1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'AC02AAA', 'AC02AAA', 'r', 1, 'london-a1', now(), now(), 'open')
            """,
            alert);

        await TogetherAsync("alert_actions", "POST", $"/api/alerts/{alert}/actions", """{"action":"acknowledged"}""");
    }

    [Fact]
    public async Task Users_and_their_passwords_and_second_factors()
    {
        var made = await Caller.MakeAsync(core, $"changed-{Unique}", Role.Operator);
        await TogetherAsync("users", "PUT", $"/api/access/users/{made.User.Id}", """{"roles":["viewer"]}""");
        await TogetherAsync("users", "POST", $"/api/access/users/{made.User.Id}/password", "{}");

        using var own = await Caller.OfRoleAsync(core, Role.Viewer);
        await ChangeAndLine.AreTogetherAsync(core, "users", () => own.Http.PostAsJsonAsync("/api/access/password", new PasswordChange(own.Password, own.Password + "!"), Token));

        await core.Postgres.ExecuteAsync("insert into second_factors (user_id, secret, created_at, confirmed_at) values ($1, 'sealed', now(), now())", made.User.Id);
        await TogetherAsync("second_factors", "DELETE", $"/api/access/users/{made.User.Id}/second-factor");

        var key = await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey($"revoked {Unique}", [Scope.LiveRead], null), Token));
        using (var holder = Caller.With(core, key.Token))
        {
            Assert.Equal(HttpStatusCode.OK, (await holder.Http.GetAsync("/api/access/me", Token)).StatusCode);
            await TogetherAsync("api_keys", "DELETE", $"/api/access/keys/{key.Key.Id}");
            Assert.Equal(HttpStatusCode.Unauthorized, (await holder.Http.GetAsync("/api/access/me", Token)).StatusCode);
        }
    }

    [Fact]
    public async Task Signing_out_and_the_own_second_factor()
    {
        using var own = await Caller.OfRoleAsync(core, Role.Viewer);
        await ChangeAndLine.AreTogetherAsync(core, "second_factors", () => own.Http.PostAsync("/api/access/second-factor", null, Token));
        await ChangeAndLine.AreTogetherAsync(core, "sessions", () => own.Http.PostAsync("/api/access/sign-out", null, Token));
        Assert.Equal(HttpStatusCode.Unauthorized, (await own.Http.GetAsync("/api/access/me", Token)).StatusCode);
    }

    [Fact]
    public async Task Tariffs_charges_and_disputes()
    {
        var rates = (await core.Http.GetFromJsonAsync<TariffView[]>("/api/tariffs", Token))![0].Rates;
        await ChangeAndLine.AreTogetherAsync(core, "tariffs", () => core.Http.PostAsJsonAsync("/api/tariffs", new NewTariff("audited-change", NextYear, rates), Token));
        await TogetherAsync("tariffs", "DELETE", "/api/tariffs/audited-change");

        await RegisterAsync("AC05AAA", "4");
        await IngestAsync(Sighting("AC05AAA", Noon, Station));
        var charge = (await core.Http.GetFromJsonAsync<Page<ChargeView>>("/api/charges?plate=AC05AAA&scheme=ulez", Token))!.Items.Single();
        using var raises = await Caller.OfRoleAsync(core, Role.Operator);
        using var decides = await Caller.OfRoleAsync(core, Role.Operator);
        await ChangeAndLine.AreTogetherAsync(core, "charge_disputes", () => raises.Http.PostAsJsonAsync($"/api/charges/{charge.Id}/disputes", new NewDispute("was not me"), Token));
        var dispute = await core.Postgres.ScalarAsync<Guid>("select id from charge_disputes where charge_id = $1", charge.Id);
        await ChangeAndLine.AreTogetherAsync(core, "charge_entries", () => decides.Http.PostAsJsonAsync($"/api/charges/disputes/{dispute}", new DisputeDecision("upheld", "It was sold."), Token));

        await RegisterAsync("AC06AAA", "4");
        await IngestAsync(Sighting("AC06AAA", Noon.AddMinutes(5), Station));
        await RegisterAsync("AC06AAA", "6");
        await TogetherAsync("charge_entries", "POST", "/api/charges/rederive", """{"plate":"AC06AAA","day":"2026-11-19","why":"a test"}""");
    }

    [Fact]
    public async Task Decisions_on_readings()
    {
        var (read, unread) = (Sighting("AC07AAA", Noon.AddMinutes(10), Station), Sighting(null, Noon.AddMinutes(15), Station));
        await IngestAsync(read, unread);
        await TogetherAsync("reviewed_reads", "POST", $"/api/sightings/{read.Id}/review", """{"state":"corrected","plate":"AC08AAA"}""");
        await TogetherAsync("reviewed_reads", "POST", $"/api/sightings/{read.Id}/review/undo", "{}");

        var waits = await core.Postgres.ScalarAsync<Guid>("select id from review_cases where sighting_id = $1 and kind = 'unread'", unread.Id);
        await TogetherAsync("review_cases", "POST", $"/api/review/{waits}", """{"state":"skipped"}""");
        await TogetherAsync("reviewed_reads", "POST", $"/api/review/{waits}", """{"state":"no-plate"}""");
    }

    [Fact]
    public async Task Lifting_a_restriction()
    {
        var restriction = await Caller.ReadAsync<RestrictionView>(await core.Http.PostAsJsonAsync("/api/privacy/restrictions", new NewRestriction("AC09AAA"), Token));

        await TogetherAsync("plate_restrictions", "POST", $"/api/privacy/restrictions/{restriction.Id}/lift");
    }

    [Fact]
    public async Task What_is_gathered_in_an_investigation()
    {
        var sighting = Sighting("AC10AAA", Noon.AddMinutes(20), Station);
        await IngestAsync(sighting);
        var opened = await Caller.ReadAsync<InvestigationView>(await core.Http.PostAsJsonAsync("/api/investigations", new NewInvestigation("Gathered", "To test", null, NextYear), Token));
        var path = $"/api/investigations/{opened.Id}";

        await TogetherAsync("investigation_notes", "POST", $"{path}/notes", """{"text":"Seen twice."}""");
        await TogetherAsync("investigation_items", "POST", $"{path}/items", $$"""{"kind":"sighting","id":"{{sighting.Id}}"}""");
        await TogetherAsync("investigation_items", "DELETE", $"{path}/items/sighting/{sighting.Id}");
        await ChangeAndLine.AreTogetherAsync(core, "investigation_files", async () =>
        {
            using var file = new ByteArrayContent([1, 2, 3]);
            return await core.Http.PostAsync($"{path}/files?name=a.bin", file, Token);
        });
        await ChangeAndLine.AreTogetherAsync(core, "investigations", () => core.Http.PutAsJsonAsync(path, new InvestigationChange("Gathered", "To test", null, "tests", "closed", NextYear), Token));
    }

    [Fact]
    public async Task Cameras_as_they_are_changed_and_the_end_of_a_trial()
    {
        foreach (var (id, trial) in ((string, bool)[])[("audited-n3", false), ("audited-n4", true)])
        {
            using var added = await core.Http.PostAsJsonAsync("/api/setup/cameras", new NewCamera(id, "london-a1", "rtsp://camera.example/3", Trial: trial), Token);
            Assert.True(added.IsSuccessStatusCode);
        }

        await TogetherAsync("cameras", "PUT", "/api/setup/cameras/audited-n3", """{"lane":2}""");
        await TogetherAsync("cameras", "DELETE", "/api/setup/cameras/audited-n4");
    }

    [Fact]
    public async Task Watch_lists_their_entries_and_deployments()
    {
        using var officer = await Caller.OfRoleAsync(core, Role.FacesOfficer);
        officer.Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        var list = await Caller.ReadAsync<FaceListView>(await officer.Http.PostAsJsonAsync("/api/faces/lists", new NewFaceList($"Audited {Unique}", "Arrest people whom a court has ordered to be arrested"), Token));
        var entry = Guid.CreateVersion7();
        await core.Postgres.ExecuteAsync("insert into face_entries (id, list_id, about, category, minor, expires_at, proposed_by, proposed_at) values ($1, $2, '\\x00', 'warrant', false, now() + interval '1 day', 'somebody', now())", entry, list.Id);

        await ChangeAndLine.AreTogetherAsync(core, "face_entries", () => officer.Http.PostAsync($"/api/faces/entries/{entry}/confirm", null, Token));
        await ChangeAndLine.AreTogetherAsync(core, "face_entries", () => officer.Http.DeleteAsync($"/api/faces/entries/{entry}", Token));

        var now = TimeProvider.System.GetUtcNow();
        var camera = await core.Postgres.ScalarAsync<string>("select min(id) from cameras where station_id = 'london-a1' and state = 'active'");
        var record = new NewFaceDeployment("Find people with an open warrant", "Common law powers", "Superintendent A. Example", "DPIA 2026-17", "dpo@police.example", "Market Square", [new FacePlace("london-a1", camera)], list.Id, now.AddMinutes(-1), now.AddHours(6), 0.6, 60);
        await ChangeAndLine.AreTogetherAsync(core, "face_deployments", () => officer.Http.PostAsJsonAsync("/api/faces/deployments", record, Token));
        var deployment = await core.Postgres.ScalarAsync<Guid>("select id from face_deployments where list_id = $1", list.Id);
        await ChangeAndLine.AreTogetherAsync(core, "face_deployments", () => officer.Http.PostAsync($"/api/faces/deployments/{deployment}/revoke", null, Token));
        await ChangeAndLine.AreTogetherAsync(core, "face_lists", () => officer.Http.DeleteAsync($"/api/faces/lists/{list.Id}", Token));
    }

    [Fact]
    public async Task What_is_refused_leaves_neither_a_change_nor_a_line()
    {
        Task<long> LinesAsync() => core.Postgres.ScalarAsync<long>("select count(*) from audit where actor = 'tests'");
        var lines = await LinesAsync();

        using var missing = await core.Http.DeleteAsync($"/api/hotlist/{Guid.NewGuid()}", Token);

        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal((lines, 0L), (await LinesAsync(), await core.Postgres.ScalarAsync<long>("select count(*) from audit_intents")));
    }

    private Task TogetherAsync(string table, string method, string path, string? body = null, Caller? person = null) => ChangeAndLine.AreTogetherAsync(core, table, async () =>
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        return await (person?.Http ?? core.Http).SendAsync(request, Token);
    });

    private async Task RegisterAsync(string plate, string euro)
    {
        using var content = new StringContent($"plate,class,fuel,euro,from\n{plate},car,diesel,{euro},2026-11-01");
        using var answer = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), content, Token);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private Task<IngestResult> IngestAsync(params Sighting[] sightings) => core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token);
}
