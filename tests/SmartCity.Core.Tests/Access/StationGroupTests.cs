using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Access;

/// <summary>Whoever is limited to groups of stations sees these and no others, by whatever route; what is of the whole city is refused in a sentence.</summary>
public sealed partial class StationGroupTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Ours = "london-a3";
    private const string Theirs = "london-a4";
    private const string Group = "North";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // A vehicle at a station, and what came of it: an alert, a picture, a charge, a case for a person, and a note on the station.
    private sealed record Seen(Sighting Sighting, Guid Passage, Guid Alert, Guid Charge, Guid Case, Guid Note);

    // What shows the other station to whoever sees the whole city, so that the sweep has something to find.
    private static readonly HashSet<string> Telling =
    [
        "/api/stations", "/api/sightings", "/api/sightings/{id}", "/api/passages", "/api/passages/{id}", "/api/alerts", "/api/alerts/{id}", "/api/live/summary", "/api/flow",
        "/api/review", "/api/review/{id}", "/api/charges", "/api/charges/{id}", "/api/charges/export",
        "/api/vehicles/journey", "/api/vehicles/journey/export", "/api/vehicles/{plate}/journey", "/api/vehicles/{plate}/journey/export", "/api/vehicles/search/export", "/api/notes/stations/{id}",
        "/api/reports/hours", "/api/reports/hours/export", "/api/reports/stations", "/api/reports/stations/export", "/api/reports/reads", "/api/reports/reads/export", "/api/reports/versions", "/api/reports/versions/export",
    ];

    [Fact]
    public async Task No_route_that_can_be_read_shows_a_station_a_plate_or_a_picture_of_another_group()
    {
        var (ours, theirs) = (await SeeAsync("GR01OUR", Ours), await SeeAsync("GR01THE", Theirs));
        // One vehicle that both have seen.
        var (_, alsoThere) = (await SeeAsync("GR01BOT", Ours), await SeeAsync("GR01BOT", Theirs));
        var name = (await core.Http.GetFromJsonAsync<List<StationView>>("/api/stations", Token))!.Single(s => s.Id == Theirs).Name;
        string[] secrets =
        [
            Theirs, name, "GR01THE", theirs.Sighting.CameraId, $"A note on {Theirs}",
            .. ((Seen[])[theirs, alsoThere]).SelectMany(s => (Guid[])[s.Sighting.Id, s.Passage, s.Alert, s.Charge, s.Case, s.Note]).Select(id => id.ToString()),
        ];
        bool Tells(string body, string address) => secrets.Any(s => body.Contains(s, StringComparison.OrdinalIgnoreCase) && !address.Contains(s, StringComparison.OrdinalIgnoreCase));
        var faults = new List<string>();
        var (open, refused, telling) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var (path, inPath) in await RoutesAsync("get"))
        {
            foreach (var (address, _) in Telling.Contains(path) ? Addresses(path, inPath, theirs) : [])
            {
                using var response = await core.Http.GetAsync(new Uri(address, UriKind.Relative), Token);
                _ = response.IsSuccessStatusCode && Tells(await response.Content.ReadAsStringAsync(Token), address) && telling.Add(path);
            }
        }

        Assert.Empty(Telling.Except(telling));
        foreach (var role in (string[])[Role.Operator, Role.Investigator, Role.Analyst])
        {
            using var limited = await LimitedAsync(role);
            limited.Http.DefaultRequestHeaders.Add("Audit-Reason", "a sweep");
            foreach (var (path, inPath) in await RoutesAsync("get"))
            {
                foreach (var (address, unknown) in Addresses(path, inPath, theirs))
                {
                    using var response = await limited.Http.GetAsync(new Uri(address, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Token);
                    if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
                    {
                        continue; // below, by itself
                    }

                    var body = await response.Content.ReadAsStringAsync(Token);
                    (response.StatusCode == HttpStatusCode.Forbidden ? refused : open).Add(path);
                    if ((int)response.StatusCode >= 500 || (response.StatusCode != HttpStatusCode.Forbidden && Tells(body, address)))
                    {
                        faults.Add($"{role}: GET {address} → {(int)response.StatusCode} {(body.Length > 300 ? body[..300] : body)}");
                    }

                    // What is of another station is answered as what is not there.
                    if (unknown is not null && response.StatusCode != HttpStatusCode.Forbidden)
                    {
                        using var other = await limited.Http.GetAsync(new Uri(unknown.Value.Address, UriKind.Relative), Token);
                        var otherBody = await other.Content.ReadAsStringAsync(Token);
                        if (other.StatusCode != response.StatusCode || Without(body, unknown.Value.Theirs) != Without(otherBody, unknown.Value.Unknown))
                        {
                            faults.Add($"{role}: GET {address} → {(int)response.StatusCode} {body}, but {unknown.Value.Address} → {(int)other.StatusCode} {otherBody}");
                        }
                    }
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));

        // The sweep reached what is open, and what is of the whole city was refused.
        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "/api/stations", "/api/sightings", "/api/passages", "/api/live/summary", "/api/flow", "/api/alerts", "/api/evidence/{key}", "/api/cameras/{id}/picture", "/api/review/counts", "/api/charges/summary", "/api/charges/totals", "/api/vehicle-kinds" }, open);
        Assert.Superset(Telling, open);
        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "/api/sql", "/api/hotlist", "/api/charges/disputes", "/api/charges/rederive", "/api/vehicles/record", "/api/notes/alerts/{id}", "/api/shifts/now", "/api/reports/charges", "/api/reports/travel", "/api/reports/schedules", "/api/ops", "/api/access/users", "/api/audit", "/api/setup/stations", "/api/archive/objects" }, refused);
        Assert.NotEqual(Guid.Empty, ours.Alert);
    }

    [Fact]
    public async Task What_changes_something_takes_another_station_s_for_what_is_not_there()
    {
        var theirs = await SeeAsync("GR06THE", Theirs);
        var (faults, open) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var role in (string[])[Role.Operator, Role.Investigator])
        {
            using var limited = await LimitedAsync(role);
            foreach (var method in (string[])["post", "put", "delete"])
            {
                // What is of the user alone is tried elsewhere: it would end the session.
                foreach (var (path, inPath) in (await RoutesAsync(method)).Where(r => r.InPath.Count > 0 && !r.Path.StartsWith("/api/access/", StringComparison.Ordinal)))
                {
                    foreach (var (address, unknown) in Addresses(path, inPath, theirs).Where(a => a.Unknown is not null))
                    {
                        foreach (var body in (object[])[new { }, new { state = "skipped" }, new { state = "no-plate" }, new { action = "acknowledged" }])
                        {
                            var status = await StatusAsync(limited, HttpMethod.Parse(method), address, body);
                            if (status != HttpStatusCode.Forbidden)
                            {
                                open.Add(path);
                                var other = await StatusAsync(limited, HttpMethod.Parse(method), unknown!.Value.Address, body);
                                if (status != other || (int)status is < 400 or >= 500)
                                {
                                    faults.Add($"{role}: {method} {address} → {(int)status}, but {unknown.Value.Address} → {(int)other}");
                                }
                            }
                        }
                    }
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "/api/alerts/{id}/actions", "/api/review/{id}", "/api/sightings/{sightingId}/review", "/api/sightings/{sightingId}/review/undo", "/api/notes/{id}" }, open);
        Assert.Equal("open", await core.Postgres.ScalarAsync<string>("select state from review_cases where id = $1", theirs.Case));
        Assert.Equal("GR06THE", await core.Postgres.ScalarAsync<string>("select plate from sightings where id = $1", theirs.Sighting.Id));
    }

    [Fact]
    public async Task They_see_what_is_theirs()
    {
        var (ours, theirs) = (await SeeAsync("GR02OUR", Ours), await SeeAsync("GR02THE", Theirs));
        using var limited = await LimitedAsync(Role.Operator);

        Assert.Equal([Ours], (await limited.Http.GetFromJsonAsync<List<StationView>>("/api/stations", Token))!.Select(s => s.Id));
        var plates = (await limited.Http.GetFromJsonAsync<Page<SightingView>>("/api/sightings?limit=500", Token))!.Items.Select(s => s.Plate).ToList();
        Assert.Contains("GR02OUR", plates);
        Assert.DoesNotContain("GR02THE", plates);
        Assert.All((await limited.Http.GetFromJsonAsync<Page<PassageView>>("/api/passages?limit=500", Token))!.Items, p => Assert.Equal(Ours, p.StationId));
        Assert.Equal("GR02OUR", (await limited.Http.GetFromJsonAsync<SightingView>($"/api/sightings/{ours.Sighting.Id}", Token))!.Plate);
        Assert.Equal("picture", await limited.Http.GetStringAsync($"/api/evidence/{ours.Sighting.Evidence}", Token));
        Assert.Equal(ours.Alert, (await limited.Http.GetFromJsonAsync<AlertDetail>($"/api/alerts/{ours.Alert}", Token))!.Alert.Id);
        Assert.All((await limited.Http.GetFromJsonAsync<LiveSummary>("/api/live/summary", Token))!.Stations, s => Assert.Equal(Ours, s.StationId));
        Assert.All((await limited.Http.GetFromJsonAsync<FlowView>("/api/flow", Token))!.Stations, s => Assert.Equal(Ours, s.StationId));
        foreach (var path in (string[])[$"/api/sightings/{theirs.Sighting.Id}", $"/api/passages/{theirs.Passage}", $"/api/alerts/{theirs.Alert}", $"/api/evidence/{theirs.Sighting.Evidence}", "/api/cameras/a4-n1/picture"])
        {
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(limited, HttpMethod.Get, path));
        }

        // Counts are of what they see.
        var open = (await core.Http.GetFromJsonAsync<Page<AlertView>>("/api/alerts?state=open&limit=500", Token))!.Items;
        Assert.Equal(open.Count(a => a.StationId == Ours), (await limited.Http.GetFromJsonAsync<AlertCount[]>("/api/alerts/counts", Token))!.Single(c => c.State == "open").Alerts);
    }

    [Fact]
    public async Task They_decide_on_alerts_of_their_own_stations_alone()
    {
        var (ours, theirs) = (await SeeAsync("GR03OUR", Ours), await SeeAsync("GR03THE", Theirs));
        using var limited = await LimitedAsync(Role.Operator);

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(limited, HttpMethod.Post, $"/api/alerts/{theirs.Alert}/actions", new AlertDecision("acknowledged")));
        var decided = await Caller.ReadAsync<AlertsDecided>(await limited.Http.PostAsJsonAsync("/api/alerts/actions", new AlertsDecision([ours.Alert, theirs.Alert], "acknowledged"), Token));

        Assert.Equal(1, decided.Done);
        Assert.Equal((theirs.Alert, (string?)null), (decided.Refused.Single().Id, decided.Refused.Single().State));
        Assert.Equal("open", await core.Postgres.ScalarAsync<string>("select state from alerts where id = $1", theirs.Alert));
        Assert.Equal("acknowledged", await core.Postgres.ScalarAsync<string>("select state from alerts where id = $1", ours.Alert));
    }

    [Fact]
    public async Task The_live_stream_tells_them_of_their_own_stations_alone()
    {
        using var limited = await LimitedAsync(Role.Operator);
        using var response = await limited.Http.GetAsync(new Uri("/api/live", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Token);
        await using var stream = await response.Content.ReadAsStreamAsync(Token);
        await using var events = SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize<LiveEvent>(data, JsonSerializerOptions.Web)!).EnumerateAsync(Token).GetAsyncEnumerator(Token);
        Assert.True(await events.MoveNextAsync());

        await SeeAsync("GR04THE", Theirs);
        await SeeAsync("GR04OUR", Ours);

        var (sighted, alerted, charged) = (false, false, false);
        while ((!sighted || !alerted || !charged) && await events.MoveNextAsync())
        {
            var told = events.Current.Data;
            Assert.True((told.Sighting?.StationId ?? told.Alert?.StationId ?? told.Charge?.StationId ?? Ours) == Ours, $"{told.Sighting?.Plate} {told.Alert?.Plate} {told.Charge?.Plate}");
            Assert.Empty(told.Sighting?.ChargedBefore ?? []);
            sighted |= told.Sighting?.Plate == "GR04OUR";
            alerted |= told.Alert?.Plate == "GR04OUR";
            charged |= told.Charge?.Plate == "GR04OUR";
        }

        Assert.True(sighted && alerted && charged);
    }

    [Fact]
    public async Task What_is_of_the_whole_city_is_refused_in_a_sentence_and_is_a_line_of_the_audit()
    {
        using var limited = await LimitedAsync(Role.Analyst);

        using var refused = await limited.Http.GetAsync(new Uri("/api/sql", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("is limited to groups of stations, and this is not about these stations alone.", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Contains((await core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?action=access.refused", Token))!.Items, l => l.Subject == "GET /api/sql");
        var account = (await limited.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!;
        Assert.Equal([Ours], account.Stations);
        Assert.Equal([Scope.LiveRead, Scope.ChargesRead, Scope.ReportsRead], account.Scopes);
    }

    [Fact]
    public async Task A_user_who_is_limited_later_is_signed_out_and_one_who_is_not_any_more_sees_all()
    {
        await GroupAsync();
        var made = await Caller.MakeAsync(core, $"later-{Guid.NewGuid():N}", Role.Operator);
        using var before = Caller.With(core, (await Caller.SignInAsync(core, made.User.Name, made.Password)).Token);
        var limited = await Caller.ReadAsync<UserView>(await core.Http.PutAsJsonAsync($"/api/access/users/{made.User.Id}", new UserChange(Groups: [Group]), Token));
        Assert.Equal([Group], limited.Groups);
        Assert.Equal([Role.Operator], limited.Roles);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(before, HttpMethod.Get, "/api/access/me"));

        var all = await Caller.ReadAsync<UserView>(await core.Http.PutAsJsonAsync($"/api/access/users/{made.User.Id}", new UserChange(Groups: []), Token));
        Assert.Empty(all.Groups);
        Assert.Null((await Caller.SignInAsync(core, made.User.Name, made.Password)).Account.Stations);
    }

    [Fact]
    public async Task A_change_of_the_group_signs_out_those_who_are_limited_to_it()
    {
        var group = $"Moving {Guid.NewGuid():N}";
        await GroupAsync(group);
        using var limited = await LimitedAsync(Role.Viewer, group);
        Assert.Equal([Ours], (await limited.Http.GetFromJsonAsync<List<StationView>>("/api/stations", Token))!.Select(s => s.Id));

        await GroupAsync(group, Theirs);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(limited, HttpMethod.Get, "/api/stations"));
    }

    [Fact]
    public async Task A_key_of_a_program_is_limited_as_a_user_is_and_takes_no_right_of_the_whole_city()
    {
        await GroupAsync();
        var (_, theirs) = (await SeeAsync("GR05OUR", Ours), await SeeAsync("GR05THE", Theirs));
        using var wrong = await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("a board", [Scope.LiveRead, Scope.SqlRun], Groups: [Group]), Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);

        var made = await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("a board", [Scope.LiveRead], Groups: [Group]), Token));
        Assert.Equal([Group], made.Key.Groups);
        using var board = Caller.With(core, made.Token);
        Assert.Equal([Ours], (await board.Http.GetFromJsonAsync<List<StationView>>("/api/stations", Token))!.Select(s => s.Id));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(board, HttpMethod.Get, $"/api/sightings/{theirs.Sighting.Id}"));
    }

    [Fact]
    public async Task A_group_has_stations_that_are_there_and_stays_while_somebody_is_limited_to_it()
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await core.Http.PutAsJsonAsync("/api/access/groups/Nowhere", new StationGroupChange(["london-nowhere"]), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await core.Http.PutAsJsonAsync("/api/access/groups/Nowhere", new StationGroupChange([]), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await core.Http.PostAsJsonAsync("/api/access/users", new NewUser("nobody-yet", [Role.Viewer], ["No such group"]), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await core.Http.DeleteAsync(new Uri("/api/access/groups/Nowhere", UriKind.Relative), Token)).StatusCode);

        var group = $"Used {Guid.NewGuid():N}";
        await GroupAsync(group);
        var user = await Caller.ReadAsync<UserPassword>(await core.Http.PostAsJsonAsync("/api/access/users", new NewUser($"used-{Guid.NewGuid():N}", [Role.Viewer], [group]), Token));
        Assert.Equal([user.User.Name], (await core.Http.GetFromJsonAsync<List<StationGroupView>>("/api/access/groups", Token))!.Single(g => g.Name == group).Users);
        Assert.Equal(HttpStatusCode.Conflict, (await core.Http.DeleteAsync(new Uri($"/api/access/groups/{group}", UriKind.Relative), Token)).StatusCode);
        (await core.Http.PutAsJsonAsync($"/api/access/users/{user.User.Id}", new UserChange(Groups: []), Token)).EnsureSuccessStatusCode();
        Assert.Equal(HttpStatusCode.NoContent, (await core.Http.DeleteAsync(new Uri($"/api/access/groups/{group}", UriKind.Relative), Token)).StatusCode);
        Assert.Contains((await core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?action=groups.remove", Token))!.Items, l => l.Subject == group);
    }

    [Fact]
    public async Task An_administrator_sees_the_whole_city_and_is_not_limited()
    {
        await GroupAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await core.Http.PostAsJsonAsync("/api/access/users", new NewUser("limited-admin", [Role.Administrator], [Group]), Token)).StatusCode);
    }

    // With each that names something of theirs, one that names nothing.
    private static IEnumerable<(string Address, (string Address, string Theirs, string Unknown)? Unknown)> Addresses(string path, IReadOnlyList<string> inPath, Seen theirs)
    {
        if (inPath.Count == 0)
        {
            var plate = theirs.Sighting.Plate!;
            return ((string[])
            [
                path, $"{path}?station={Theirs}&stationId={Theirs}&stations={Theirs}&plate={plate}&limit=500", $"{path}?state=open&passage={theirs.Passage}&sort=priority", $"{path}?plate={plate[..4]}*&limit=500", $"{path}?plate={plate[..4]}BOT",
                $"{path}?sighting={theirs.Sighting.Id}",
            ]).Select(a => (a, ((string, string, string)?)null));
        }

        var none = Guid.NewGuid();
        var key = Contracts.Sighting.EvidenceKey("london-none", theirs.Sighting.CapturedAt, none);
        (string Theirs, string Unknown)[] ids =
        [
            .. ((Guid[])[theirs.Sighting.Id, theirs.Passage, theirs.Alert, theirs.Charge, theirs.Case, theirs.Note]).Select(id => (id.ToString(), none.ToString())),
            (Theirs, "london-none"), (theirs.Sighting.CameraId, "none-n1"), (theirs.Sighting.Plate!, "ZZ99ZZZ"),
            .. inPath.Contains("key") ? ((string, string)[])[(theirs.Sighting.Evidence!, key), (Contracts.Sighting.PatchKey(theirs.Sighting.Evidence!), Contracts.Sighting.PatchKey(key))] : [],
        ];
        string Address(string id) => inPath.Aggregate(path, (p, parameter) => p.Replace($"{{{parameter}}}", parameter == "key" ? id : Uri.EscapeDataString(id), StringComparison.Ordinal));
        return ids.Select(id => (Address(id.Theirs), ((string, string, string)?)(Address(id.Unknown), id.Theirs, id.Unknown)));
    }

    // An answer may say what was asked for, and has the number of its call.
    private static string Without(string body, string id) => Call().Replace(
        body.Replace(id, "#", StringComparison.OrdinalIgnoreCase).Replace(new string([.. id.Where(char.IsAsciiLetterOrDigit)]), "#", StringComparison.OrdinalIgnoreCase), "");

    [System.Text.RegularExpressions.GeneratedRegex("\"traceId\":\"[^\"]*\"")]
    private static partial System.Text.RegularExpressions.Regex Call();

    private async Task<List<(string Path, IReadOnlyList<string> InPath)>> RoutesAsync(string method)
    {
        var document = JsonNode.Parse(await core.Http.GetStringAsync("/openapi/v1.json", Token))!;
        var routes = new List<(string, IReadOnlyList<string>)>();
        foreach (var (path, operations) in (JsonObject)document["paths"]!)
        {
            if (operations![method] is { } get)
            {
                routes.Add((path, [.. (get["parameters"] as JsonArray ?? []).Where(p => p!["in"]!.ToString() == "path").Select(p => p!["name"]!.ToString())]));
            }
        }

        Assert.True(routes.Count > (method == "get" ? 40 : 5), "The document lists hardly any route.");
        return routes;
    }

    private static async Task<HttpStatusCode> StatusAsync(Caller caller, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await caller.Http.SendAsync(request, Token);
        return response.StatusCode;
    }

    private async Task GroupAsync(string name = Group, string station = Ours) => (await core.Http.PutAsJsonAsync($"/api/access/groups/{name}", new StationGroupChange([station]), Token)).EnsureSuccessStatusCode();

    private Task<Caller> LimitedAsync(string role, string group = Group) => Caller.LimitedAsync(core, role, Ours, group);

    private async Task<Seen> SeeAsync(string plate, string station)
    {
        using var entry = await core.Http.PostAsJsonAsync("/api/hotlist", new HotlistEntryView { Pattern = plate, Reason = "a test", Priority = 1, RequestedBy = "tests" }, Token);
        Assert.True(entry.IsSuccessStatusCode || entry.StatusCode == HttpStatusCode.Conflict, await entry.Content.ReadAsStringAsync(Token));
        var objects = core.Services.GetRequiredService<IObjectStore>();
        var sighting = Sighting(plate, DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()), station);
        await objects.PutAsync(sighting.Evidence!, "picture"u8.ToArray(), "image/jpeg", Token);
        await objects.PutAsync(CameraPicture.Key(station, sighting.CameraId), CameraPicture.Stamp([0xFF, 0xD8, 0xFF, 0xD9], sighting.CapturedAt), "image/jpeg", Token);
        await core.SendAsync(sighting);
        await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from alerts where plate = $1 and station_id = $2", plate, station) > 0, $"an alert for {plate}");
        var (charge, review) = (Guid.NewGuid(), Guid.NewGuid());
        await core.Postgres.ExecuteAsync(
            """
            insert into charge_entries (id, kind, plate, scheme, day, generation, amount, rule, why, tariff_version, sighting_id, station_id, evidence, recorded_at, currency)
            values ($1, 'charge', $2, $3, current_date, 0, 12.5, 'ulez-non-compliant', 'A test.', 'tests', $4, $5, $6, now(), 'GBP')
            """,
            charge, plate, station == Ours ? "ulez" : "lez", sighting.Id, station, sighting.Evidence!);
        await core.Postgres.ExecuteAsync(
            "insert into review_cases (id, kind, why, sighting_id, captured_at, station_id, plate, confidence, evidence, created_at) values ($1, 'doubtful', 'A test.', $2, $3, $4, $5, 0.5, $6, now())",
            review, sighting.Id, sighting.CapturedAt, station, plate, sighting.Evidence!);
        var note = await Caller.ReadAsync<NoteView>(await core.Http.PostAsJsonAsync("/api/notes", new NewNote($"A note on {station}", StationId: station), Token));
        return new Seen(
            sighting, await core.Postgres.ScalarAsync<Guid>("select passage_id from sightings where id = $1", sighting.Id),
            await core.Postgres.ScalarAsync<Guid>("select id from alerts where plate = $1 and station_id = $2", plate, station), charge, review, note.Id);
    }
}
