using System.Net;
using System.Net.Http.Json;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OtpNet;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Audit;
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

    // They change nothing, or nothing that has a line, or what no transaction holds, or they write their line themselves in the transaction of the change.
    private static readonly string[] Otherwise =
    [
        "DELETE /api/review/claim", "DELETE /api/sql/run",
        "POST /api/access/sign-in", "POST /api/access/sign-in/passkey", "POST /api/access/sign-in/passkey/options",
        "POST /api/charges/preview", "POST /api/dead-letters/{id:guid}/replay",
        "POST /api/edge/faces", "POST /api/edge/faces/matches", "POST /api/edge/sightings/missing", "POST /api/edge/strips", "POST /api/edge/uploads",
        "POST /api/faces/matches/{id:guid}/answer", "POST /api/hotlist/reach", "POST /api/hotlist/test",
        "POST /api/models/rollouts/{kind}/pause", "POST /api/models/rollouts/{kind}/resume",
        "POST /api/notes/search", "POST /api/notifications/recipients/{id:guid}/test", "POST /api/retention/run", "POST /api/review/claim",
        "POST /api/sql/export", "POST /api/sql/run", "POST /api/vehicles/search", "POST /api/webhooks/{id:guid}/test",
        "PUT /api/edge/objects/{**key}",
    ];

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
    [InlineData("notes", "POST", "/api/notes", """{"plate":"AC11AAA","text":"Audited change"}""")]
    [InlineData("saved_searches", "POST", "/api/searches/vehicles", """{"name":"Audited change","query":"?make=Ford"}""")]
    [InlineData("sql_queries", "POST", "/api/sql/queries", """{"name":"Audited change","sql":"select 1","isShared":false}""")]
    [InlineData("report_schedules", "POST", "/api/reports/schedules", """{"name":"Audited change","report":"charges","every":"week","recipients":["a@city.example.org"]}""")]
    [InlineData("retention", "PUT", "/api/retention/notes", """{"days":400}""")]
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
    public void Whoever_adds_a_call_that_changes_something_changes_it_with_its_line_or_says_so_here()
    {
        var without = core.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<MethodInfo>()?.GetParameters().Any(p => p.ParameterType == typeof(AuditedChange)) == false)
            .SelectMany(e => (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []).Where(m => m is not ("GET" or "HEAD")).Select(m => $"{m} {e.RoutePattern.RawText!.TrimEnd('/')}"));

        Assert.Equal(Otherwise, without.Distinct().Order(StringComparer.Ordinal));
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
    public async Task Signing_in_and_out_and_the_own_second_factor()
    {
        var made = await Caller.MakeAsync(core, $"signs-in-{Unique}", Role.Viewer);
        using var own = await Caller.OfRoleAsync(core, Role.Viewer);
        await ChangeAndLine.AreTogetherAsync(core, "second_factors", () => own.Http.PostAsync("/api/access/second-factor", null, Token));
        await ChangeAndLine.AreTogetherAsync(core, "sessions", () => own.Http.PostAsync("/api/access/sign-out", null, Token));
        Assert.Equal(HttpStatusCode.Unauthorized, (await own.Http.GetAsync("/api/access/me", Token)).StatusCode);
        await ChangeAndLine.AreTogetherAsync(core, "sessions", () => core.Http.PostAsJsonAsync("/api/access/sign-in", new SignInRequest(made.User.Name, made.Password), Token));

        // A code that was not taken, because nothing could be written down, is still good.
        using var phone = await Caller.OfRoleAsync(core, Role.Viewer);
        var offer = await Caller.ReadAsync<SecondFactorOffer>(await phone.Http.PostAsync("/api/access/second-factor", null, Token));
        var code = new SecondFactorCode(new Totp(Base32Encoding.ToBytes(offer.Secret)).ComputeTotp(TimeProvider.System.GetUtcNow().UtcDateTime));
        var answer = "";
        await ChangeAndLine.AreTogetherAsync(core, "second_factors", async () =>
        {
            var response = await phone.Http.PostAsJsonAsync("/api/access/second-factor/confirm", code, Token);
            answer = await response.Content.ReadAsStringAsync(Token);
            return response;
        });
        var confirmed = JsonSerializer.Deserialize<SecondFactorConfirmed>(answer, JsonSerializerOptions.Web)!;
        using var again = Caller.With(core, confirmed.Session.Token);
        await ChangeAndLine.AreTogetherAsync(core, "second_factors", () => again.Http.PostAsJsonAsync("/api/access/second-factor/remove", new SecondFactorCode(confirmed.RecoveryCodes[0]), Token));
    }

    [Fact]
    public async Task Shifts_of_the_control_room()
    {
        using var first = await Caller.OfRoleAsync(core, Role.Operator);
        using var second = await Caller.OfRoleAsync(core, Role.Operator);
        first.Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        var next = (await second.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;

        await TogetherAsync("shifts", "POST", "/api/shifts", person: first);
        await TogetherAsync("shift_entries", "POST", "/api/shifts/entries", """{"text":"Nothing happened."}""", first);
        var (shift, entry) = (await core.Postgres.ScalarAsync<Guid>("select id from shifts"), await core.Postgres.ScalarAsync<Guid>("select id from shift_entries"));
        await TogetherAsync("shift_entries", "POST", $"/api/shifts/entries/{entry}/strike", person: first);
        await TogetherAsync("shifts", "POST", $"/api/shifts/{shift}/handover", $$"""{"to":"{{next}}"}""", first);
        await TogetherAsync("shifts", "POST", $"/api/shifts/{shift}/take", person: second);
    }

    [Fact]
    public async Task Notes_searches_statements_and_reports_that_were_saved()
    {
        var note = await Caller.ReadAsync<NoteView>(await core.Http.PostAsJsonAsync("/api/notes", new NewNote("To be removed", "AC13AAA"), Token));
        await TogetherAsync("notes", "DELETE", $"/api/notes/{note.Id}");

        var search = await Caller.ReadAsync<SavedSearch>(await core.Http.PostAsJsonAsync("/api/searches/charges", new NewSavedSearch("To be deleted", "?scheme=ulez"), Token));
        await TogetherAsync("saved_searches", "DELETE", $"/api/searches/charges/{search.Id}");

        var query = await Caller.ReadAsync<SqlQueryView>(await core.Http.PostAsJsonAsync("/api/sql/queries", new SqlQueryChange("To be deleted", "select 1", false), Token));
        await TogetherAsync("sql_queries", "PUT", $"/api/sql/queries/{query.Id}", """{"name":"To be deleted","sql":"select 2","isShared":false}""");
        await TogetherAsync("sql_queries", "DELETE", $"/api/sql/queries/{query.Id}");

        var report = await Caller.ReadAsync<ReportScheduleView>(await core.Http.PostAsJsonAsync("/api/reports/schedules", new NewReportSchedule("To be ended", "charges", "month", ["a@city.example.org"]), Token));
        await TogetherAsync("report_mailings", "POST", $"/api/reports/schedules/{report.Id}/send");
        await TogetherAsync("report_schedules", "DELETE", $"/api/reports/schedules/{report.Id}");
    }

    [Fact]
    public async Task What_is_sent_again_and_what_is_set_aside()
    {
        var (alert, webhook, delivery, letter) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await core.Postgres.ExecuteAsync(
            """
            insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, captured_at, raised_at, state, published_at)
            values ($1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'AC14AAA', 'AC14AAA', 'r', 1, 'london-a1', now(), now(), 'open', now())
            """,
            alert);
        await core.Postgres.ExecuteAsync("insert into webhooks (id, name, url, secret, enabled, created_at) values ($1, 'sent again', 'https://police.example/', 'sealed', false, now())", webhook);
        await core.Postgres.ExecuteAsync("insert into webhook_deliveries (id, webhook_id, alert_id, state, first_at, next_at) values ($1, $2, $3, 'delivered', now(), now())", delivery, webhook, alert);
        await CoreHost.UntilAsync(() => core.Postgres.ScalarAsync<bool>("select not exists (select from alerts where published_at is null and publish_error is null)"), "every alert is published");

        await TogetherAsync("alerts", "POST", $"/api/alerts/{alert}/publish");
        await TogetherAsync("webhook_deliveries", "POST", $"/api/webhooks/deliveries/{delivery}/resend");
        await TogetherAsync("webhook_deliveries", "POST", $"/api/alerts/{alert}/deliveries/{delivery}/resend");

        await core.Postgres.ExecuteAsync("insert into dead_letters (id, topic, partition, record_offset, digest, recorded_at, reason) values ($1, 'nowhere', 0, 0, '\\x00', now(), 'a test')", letter);
        await TogetherAsync("dead_letters", "POST", $"/api/dead-letters/{letter}/discard", """{"reason":"a test"}""");

        await core.Postgres.ExecuteAsync("insert into functions (name, events) values ('audited', '{}')");
        await core.Postgres.ExecuteAsync("insert into function_events (function, event, subject, at, state, attempts, reason, given_up_at) values ('audited', 'alert.raised', 'a', now(), 'dead', 1, 'a test', now())");
        await TogetherAsync("function_events", "POST", "/api/functions/audited/resend");
    }

    [Fact]
    public async Task Imports()
    {
        await ChangeAndLine.AreTogetherAsync(core, "hotlist_entries", () => ImportAsync("/api/hotlist/import", "pattern,reason\nAC15AAA,stolen\nAC15AAB,stolen"));
        await ChangeAndLine.AreTogetherAsync(core, "hotlist_entries", async () =>
        {
            using var list = new StringContent("""[{"pattern":"AC15AAC","reason":"stolen"}]""", Encoding.UTF8, "application/json");
            return await core.Http.PostAsync("/api/hotlist/import", list, Token);
        });
        await ChangeAndLine.AreTogetherAsync(core, "vehicles", () => ImportAsync("/api/vehicles/import", "plate,class,fuel,euro\nAC16AAA,car,diesel,4"));
        await ChangeAndLine.AreTogetherAsync(core, "vehicle_discounts", () => ImportAsync("/api/vehicles/discounts/import", "plate,discount\nAC16AAA,resident"));
    }

    [Theory]
    [InlineData("/api/hotlist/import", "pattern,reason", "AP#,stolen", "select count(*) from hotlist_entries where pattern like 'AP%'", 10_000L, "hotlist.import")]
    [InlineData("/api/vehicles/import", "plate,class,fuel,euro", "AQ#,car,diesel,4", "select count(*) from vehicles where plate like 'AQ%'", 5_000L, "vehicles.import")]
    [InlineData("/api/vehicles/discounts/import", "plate,discount", "AR#,resident", "select count(*) from vehicle_discounts where plate like 'AR%'", 5_000L, "discounts.import")]
    public async Task Of_an_import_in_parts_the_last_is_there_with_its_line_and_of_one_that_was_not_ended_a_line_says_so(string path, string header, string row, string saved, long part, string action)
    {
        string File(string header, string row, string more = "") => $"{header}\n{string.Join('\n', Enumerable.Range(0, (int)part + 1).Select(i => row.Replace("#", FormattableString.Invariant($"{i:00000}"), StringComparison.Ordinal)))}{more}";
        Task<long> LinesAsync(string action) => core.Postgres.ScalarAsync<long>("select count(*) from audit where action = $1", action);
        if (row.StartsWith("AR", StringComparison.Ordinal))
        {
            using var known = await ImportAsync("/api/vehicles/import", File("plate,class,fuel,euro", "AR#,car,diesel,4"));
            Assert.True(known.IsSuccessStatusCode);
        }

        var lines = await LinesAsync(action);
        await ChangeAndLine.FailingAsync(core, "audit", async () =>
        {
            using var unwritten = await ImportAsync(path, File(header, row));
            Assert.Equal(HttpStatusCode.InternalServerError, unwritten.StatusCode);
        });
        Assert.Equal(part, await core.Postgres.ScalarAsync<long>(saved));

        // A line that is longer than any row can be is no CSV.
        using (var broken = await ImportAsync(path, File(header, row, '\n' + new string('x', 100_000))))
        {
            Assert.Equal(HttpStatusCode.BadRequest, broken.StatusCode);
        }

        Assert.Equal((part, lines, 2L), (await core.Postgres.ScalarAsync<long>(saved), await LinesAsync(action), await core.Postgres.ScalarAsync<long>("select count(*) from audit_intents where action = $1", action)));
        await core.Postgres.ExecuteAsync("update audit_intents set at = at - interval '1 hour'");
        await core.Services.GetRequiredService<AuditIntents>().SettleAsync(Token);
        Assert.Equal((2L, 0L), (await LinesAsync(action + ".unfinished"), await core.Postgres.ScalarAsync<long>("select count(*) from audit_intents")));

        using var whole = await ImportAsync(path, File(header, row));
        Assert.True(whole.IsSuccessStatusCode);
        Assert.Equal((part + 1, lines + 1), (await core.Postgres.ScalarAsync<long>(saved), await LinesAsync(action)));
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
        using var answer = await ImportAsync("/api/vehicles/import", $"plate,class,fuel,euro,from\n{plate},car,diesel,{euro},2026-11-01");
        Assert.True(answer.IsSuccessStatusCode);
    }

    private async Task<HttpResponseMessage> ImportAsync(string path, string csv)
    {
        using var content = new StringContent(csv, Encoding.UTF8, "text/csv");
        return await core.Http.PostAsync(path, content, Token);
    }

    private Task<IngestResult> IngestAsync(params Sighting[] sightings) => core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token);
}
