using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Access;

/// <summary>
/// Every route of the OpenAPI document, called by everybody with whatever a hostile person may send. SMARTCITY_SWEEP_CALLS says how often in all,
/// SMARTCITY_SWEEP_SEED with which calls.
/// </summary>
public class SweepTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const int UsualCalls = 1_200;
    private const int MostNamed = 40;

    // No status that a server sends.
    private const int BrokenOff = 599;

    private static readonly string[] Hostile =
    [
        "", " ", "0", "-1", "1e309", "99999999999999999999", "2147483648", "NaN", "true", "null", "{}", "[]", "'", "\"", "' or 1=1 --", "'; drop table audit; --", "%", "_", "*", "?", "\\", "\0", "a\0b",
        "../../../etc/passwd", "..%2f..%2f", "evidence/../archive/x.jpg", "<script>alert(1)</script>", "${jndi:ldap://x}", "\u202Eevil", "\uD83D\uDE97", "\uD800", "ﬁ", "0001-01-01", "9999-12-31", "2026-02-30",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-28T12:00:00+14:00", "00000000-0000-0000-0000-000000000000", "AB12CDE", "london-a1", "ulez", "open", "a1-n1", "sightings", "\r\nSet-Cookie: a=b",
    ];

    // What shows the inside of the server.
    private static readonly string[] Leaks = ["   at ", "Npgsql", "PostgresException", "System.", "Microsoft.", "SQLSTATE", "sck_", "scs_", "password_hash", "otpauth", "sealed:"];

    // What only whoever writes the server understands.
    private static readonly string[] Framework = ["JSON value", "could not be converted", "token", "LineNumber", "BytePosition", "$.", "type ", "parameter", "View", "Nullable", "Implicit", "bind", "constructor"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_that_anybody_sends_breaks_the_core_leaks_or_locks_others_out()
    {
        var calls = int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_SWEEP_CALLS"), CultureInfo.InvariantCulture, out var given) ? given : UsualCalls;
        var random = new Random(int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_SWEEP_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 1);
        var routes = await RoutesAsync();
        var callers = new Dictionary<string, Caller> { ["nobody"] = Caller.Nobody(core), ["a stranger"] = Caller.With(core, "sck_" + new string('A', 43)) };
        foreach (var role in Role.All)
        {
            callers[role] = await Caller.OfRoleAsync(core, role);
            callers[role].Http.DefaultRequestHeaders.Add("Audit-Reason", "a sweep");
        }

        using var bystander = await Caller.OfRoleAsync(core, Role.Operator);
        var faults = new List<string>();
        var statuses = new Dictionary<(string Caller, int Status), int>();
        for (var i = 0; i < calls; i++)
        {
            var route = routes[i % routes.Count];
            var (name, caller) = callers.ElementAt(random.Next(callers.Count));
            using var request = Request(route, random);
            if (request is null)
            {
                continue;
            }

            var (status, body) = await SendAsync(caller, request);
            statuses[(name, status)] = statuses.GetValueOrDefault((name, status)) + 1;
            if (Fault(name, route, status, body) is { } fault && faults.Count < MostNamed)
            {
                faults.Add($"{name}: {request.Method} {Shorten(request.RequestUri!.ToString())} {Shorten(await SentAsync(request))} → {status} {fault}");
            }
        }

        TestContext.Current.SendDiagnosticMessage("{0} calls of {1} routes: {2}", calls, routes.Count, string.Join(", ", statuses.GroupBy(s => s.Key.Status).OrderBy(s => s.Key).Select(s => $"{s.Key} × {s.Sum(x => x.Value)}")));
        Assert.True(faults.Count == 0, string.Join("\n", faults));
        using var still = await bystander.Http.GetAsync("/api/access/me", Token);
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
        await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword);
        Assert.Null((await core.Http.GetFromJsonAsync<AuditVerdict>("/api/audit/check", Token))!.Fault);
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from audit where coalesce(subject, '') = ''"));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from audit_intents"));
        foreach (var caller in callers.Values)
        {
            caller.Dispose();
        }
    }

    [Theory]
    [InlineData("GET", "/api/hotlist/export?text=%00", null)]
    [InlineData("GET", "/api/audit/export?reason=a%00b", null)]
    [InlineData("POST", "/api/access/sign-in", """{"name":"a\u0000b","password":"AB12CDE"}""")]
    [InlineData("POST", "/api/hotlist", """{"pattern":"AB12\u0000","reason":"stolen"}""")]
    [InlineData("POST", "/api/edge/uploads?station=london-a1", """{"keys":[null]}""")]
    [InlineData("POST", "/api/hotlist", """{"pattern":null,"reason":"stolen"}""")]
    [InlineData("POST", "/api/hotlist", """{"pattern":"AB12CDE","reason":null}""")]
    [InlineData("POST", "/api/hotlist", """{"reason":"stolen"}""")]
    [InlineData("PUT", "/api/hotlist/00000000-0000-0000-0000-000000000001", """{"pattern":null,"reason":"stolen"}""")]
    [InlineData("POST", "/api/charges/rederive", """{"plate":"AB12CDE","why":"a day is missing"}""")]
    [InlineData("POST", "/api/charges/rederive", """{"plate":"AB12CDE","day":"0001-01-01","why":"before all days"}""")]
    public async Task What_cannot_be_stored_or_reckoned_with_is_refused_in_words(string method, string path, string? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Audit-Reason", "a sweep");

        using var response = await core.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("POST", "/api/hotlist", """{"pattern":null,"reason":"stolen"}""", "pattern", "null", "a text")]
    [InlineData("POST", "/api/hotlist", """{"pattern":"AB12CDE","reason":"stolen","priority":"high"}""", "priority", "", "a whole number")]
    [InlineData("POST", "/api/hotlist", """{"pattern":"AB12CDE","reason":"stolen","priority":null}""", "priority", "null", "a whole number")]
    [InlineData("POST", "/api/hotlist", """{"pattern":"AB12CDE","reason":"stolen","priority":99999999999}""", "priority", "", "a whole number")]
    [InlineData("POST", "/api/hotlist", """{"pattern":"AB12CDE","reason":"stolen","validFrom":"tomorrow"}""", "validFrom", "", "a time such as")]
    [InlineData("POST", "/api/hotlist", """{"pattern":["AB12CDE"],"reason":"stolen"}""", "pattern", "a list", "a text")]
    [InlineData("POST", "/api/hotlist", """{"pattern":"AB12\u0000","reason":"stolen"}""", "pattern", "U+0000", "")]
    [InlineData("POST", "/api/hotlist", """{"pattern":"AB12CDE","reason":}""", "reason", "not valid JSON", "line 1")]
    [InlineData("POST", "/api/hotlist", "[]", null, "", "an object with")]
    [InlineData("POST", "/api/hotlist", "null", null, "needs a body", "an object with")]
    [InlineData("POST", "/api/hotlist", "", null, "", "")]
    [InlineData("POST", "/api/access/users", """{"name":"sweep","roles":["viewer",7]}""", "roles[1]", "a number", "a text")]
    [InlineData("POST", "/api/access/users", """{"name":"sweep","roles":["viewer",null]}""", "", "null among the elements of roles", "")]
    [InlineData("POST", "/api/access/users", """{"name":"sweep","roles":"viewer"}""", "roles", "", "a list")]
    [InlineData("POST", "/api/charges/rederive", """{"plate":"AB12CDE","why":"x","day":"soon"}""", "day", "", "a day such as")]
    [InlineData("GET", "/api/sightings?limit=many", null, "limit", "", "a whole number")]
    [InlineData("GET", "/api/passages?from=whenever", null, "from", "", "a day such as")]
    [InlineData("GET", "/api/charges?day=someday", null, "day", "", "a day such as")]
    [InlineData("GET", "/api/sightings?after=nonsense", null, "after", "", "next of the page before")]
    [InlineData("GET", "/api/vehicles/record", null, "plate", "missing", "a text")]
    public async Task What_cannot_be_read_is_named_with_what_is_expected(string method, string path, string? body, string? member, string wrong, string expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };

        using var response = await core.Http.SendAsync(request, Token);

        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!;
        var detail = problem["detail"]?.ToString() ?? "";
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(member is "" ? null : member, problem["member"]?.ToString());
        Assert.True(detail.Contains(wrong, StringComparison.Ordinal) && detail.Contains(expected, StringComparison.Ordinal) && detail.EndsWith('.'), detail);
        Assert.DoesNotContain(Framework, f => detail.Contains(f, StringComparison.Ordinal));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from audit_intents"));
    }

    [Theory]
    [InlineData("POST", "/api/privacy/erasures", """{"plate":"AB12CDE"}""")]
    [InlineData("POST", "/api/privacy/restrictions", """{"plate":"AB12CDE"}""")]
    [InlineData("POST", "/api/privacy/restrictions/00000000-0000-0000-0000-000000000001/lift", null)]
    [InlineData("POST", "/api/sightings/00000000-0000-0000-0000-000000000001/review", """{"state":"no-plate"}""")]
    [InlineData("GET", "/api/charges/export", null)]
    public async Task A_reason_that_no_text_can_hold_is_refused_in_words(string method, string path, string? body)
    {
        foreach (var reason in (string[])["a%00b", "%00%00%00", "a%2500b%00"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("Audit-Reason", reason);
            using var caller = Caller.With(core, (await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword)).Token);

            using var response = await caller.Http.SendAsync(request, Token);

            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Contains("U+0000", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_list_in_JSON_with_an_entry_that_is_none_reports_it_and_takes_the_rest()
    {
        using var list = new StringContent("""[{"pattern":null,"reason":"x"},{"reason":"x"},{"pattern":"SW01AAA","reason":null},{"pattern":"\ud800","reason":"x"},null,1,{"pattern":"SW01AAC","reason":"Stolen"}]""", Encoding.UTF8, "application/json");

        using var response = await core.Http.PostAsync(new Uri("/api/hotlist/import", UriKind.Relative), list, Token);

        var report = await Caller.ReadAsync<ImportReport>(response);
        Assert.Equal((7L, 1L, 6L), (report.Read, report.Imported, report.Rejected));
    }

    /// <summary>One fault at a time in a body that is right otherwise, which is how the fault gets past the first check.</summary>
    [Fact]
    public async Task No_field_of_a_body_breaks_the_core_when_it_is_null_missing_half_a_character_or_at_the_end_of_the_calendar()
    {
        var random = new Random(7);
        var faults = new List<string>();
        foreach (var route in (await RoutesAsync()).Where(r => r.Body?["properties"] is JsonObject && r.ContentType.Contains("json", StringComparison.Ordinal)))
        {
            foreach (var (name, of) in (JsonObject)route.Body!["properties"]!)
            {
                foreach (var bad in (string?[])["null", null, "\"\\ud800\"", "\"0001-01-01\"", "\"9999-12-31\"", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59Z\"", "\"" + new string('A', 100_000) + "\"", "[null]"])
                {
                    var fields = ((JsonObject)route.Body["properties"]!).Where(p => p.Key != name).Select(p => $"\"{p.Key}\":{Plausible(p.Key, p.Value as JsonObject)}");
                    var body = "{" + string.Join(',', bad is null ? fields : fields.Append($"\"{name}\":{bad}")) + "}";
                    var path = route.InPath.Aggregate(route.Path, (p, parameter) => p.Replace($"{{{parameter}}}", random.Next(2) == 0 ? Guid.NewGuid().ToString() : "x", StringComparison.Ordinal));
                    using var request = new HttpRequestMessage(new HttpMethod(route.Method), path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
                    request.Headers.Add("Audit-Reason", "a sweep");
                    using var caller = Caller.Nobody(core);
                    caller.Http.DefaultRequestHeaders.Authorization = core.Http.DefaultRequestHeaders.Authorization;
                    var (status, answer) = await SendAsync(caller, request);
                    if (status is >= 500 and not 503)
                    {
                        faults.Add($"{route.Method} {path} {Shorten(body)} → {status} {Shorten(answer)}");
                    }
                    else if (status == 400 && Unnamed(JsonNode.Parse(answer)) is { } unnamed)
                    {
                        faults.Add($"{route.Method} {path} {Shorten(body)} → {unnamed}: {Shorten(answer)}");
                    }
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults.Take(MostNamed)));
    }

    // What a refusal lacks: it says what is wrong, in words for people.
    private static string? Unnamed(JsonNode? problem) =>
        problem?["detail"]?.ToString() is not { Length: > 0 } detail ? "does not say what is wrong" : Framework.FirstOrDefault(f => detail.Contains(f, StringComparison.Ordinal)) is { } word ? $"speaks of '{word}'" : null;

    private static string Plausible(string name, JsonObject? schema)
    {
        var type = schema?["type"] is JsonArray several ? several.Select(t => t?.ToString()).First(t => t != "null") : schema?["type"]?.ToString();
        return schema?["format"]?.ToString() is "date" ? "\"2026-11-23\""
            : schema?["format"]?.ToString() is "date-time" ? "\"2026-11-23T08:15:00Z\""
            : schema?["format"]?.ToString() is "uuid" ? $"\"{Guid.NewGuid()}\""
            : type switch
            {
                "integer" or "number" => "3",
                "boolean" => "true",
                "array" => "[]",
                "object" => "{}",
                _ when name.Contains("url", StringComparison.OrdinalIgnoreCase) => "\"https://example.org/\"",
                _ when name.Contains("plate", StringComparison.OrdinalIgnoreCase) || name.Contains("pattern", StringComparison.OrdinalIgnoreCase) => "\"SW02AAA\"",
                _ => "\"a sweep\"",
            };
    }

    private static string? Fault(string caller, Route route, int status, string body)
    {
        if (status is >= 500 and not 503)
        {
            return body.Length == 0 ? "" : Shorten(body);
        }

        if (caller is "nobody" or "a stranger" && status is >= 200 and < 300)
        {
            return "without credentials";
        }

        // What succeeds may hold what its reader may see: the document of the routes names types, and a new key is shown once.
        return status >= 400 && Leaks.FirstOrDefault(l => body.Contains(l, StringComparison.Ordinal)) is { } leak && !route.Path.Contains("sign-in", StringComparison.Ordinal) ? $"shows '{leak}': {Shorten(body)}" : null;
    }

    private static async Task<(int Status, string Body)> SendAsync(Caller caller, HttpRequestMessage request)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        using var response = await caller.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        var type = response.Content.Headers.ContentType?.MediaType;
        try
        {
            return ((int)response.StatusCode, type == "text/event-stream" ? "" : await response.Content.ReadAsStringAsync(limit.Token));
        }
        catch (HttpRequestException e)
        {
            return (BrokenOff, $"{(int)response.StatusCode}, and then the answer was broken off: {e.InnerException?.Message ?? e.Message}");
        }
    }

    private static async Task<string> SentAsync(HttpRequestMessage request) => request.Content is null ? "" : await request.Content.ReadAsStringAsync(Token);

    private static HttpRequestMessage? Request(Route route, Random random)
    {
        var path = route.Path;
        foreach (var parameter in route.InPath)
        {
            var value = Hostile[random.Next(Hostile.Length)];
            path = path.Replace($"{{{parameter}}}", value.Length == 0 || value.Contains('\uD800') ? "x" : Uri.EscapeDataString(value), StringComparison.Ordinal);
        }

        var query = route.InQuery.Where(_ => random.Next(3) == 0).Select(p => $"{p}={Uri.EscapeDataString(Valid(Hostile[random.Next(Hostile.Length)]))}").ToList();
        if (!Uri.TryCreate(path + (query.Count == 0 ? "" : "?" + string.Join('&', query)), UriKind.Relative, out var address))
        {
            return null;
        }

        var request = new HttpRequestMessage(new HttpMethod(route.Method), address);
        // Now and then a reason as hostile as the rest.
        if (random.Next(4) == 0)
        {
            request.Headers.TryAddWithoutValidation("Audit-Reason", Uri.EscapeDataString(Valid(Hostile[random.Next(Hostile.Length)])));
        }

        if (route.Body is not null)
        {
            request.Content = new ByteArrayContent(Body(route.Body, random));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", random.Next(10) == 0 ? "application/xml" : route.ContentType);
        }

        return request;
    }

    private static string Valid(string text) => text.Contains('\uD800') ? "x" : text;

    private static byte[] Body(JsonObject schema, Random random) => random.Next(10) switch
    {
        0 => [],
        1 => Encoding.UTF8.GetBytes(Hostile[random.Next(Hostile.Length)].Replace("\uD800", "", StringComparison.Ordinal)),
        2 => [0xFF, 0xFE, 0x00, 0xC3, 0x28],
        3 => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("[", 2_000))),
        _ => Encoding.UTF8.GetBytes((Value(schema, random, 0) ?? JsonValue.Create((string?)null))?.ToJsonString() ?? "null"),
    };

    // Of the right form more often than not, so that what lies behind the first check is reached.
    private static JsonNode? Value(JsonObject schema, Random random, int depth)
    {
        if (depth > 6 || random.Next(8) == 0)
        {
            return random.Next(4) switch { 0 => null, 1 => new JsonArray(1, "x"), 2 => random.Next(), _ => Valid(Hostile[random.Next(Hostile.Length)]) };
        }

        if (schema["properties"] is JsonObject properties)
        {
            var made = new JsonObject();
            foreach (var (name, of) in properties)
            {
                if (random.Next(5) != 0)
                {
                    made[name] = of is JsonObject property ? Value(property, random, depth + 1) : null;
                }
            }

            return made;
        }

        var type = schema["type"] is JsonArray several ? several[several.Count - 1]?.ToString() == "null" ? several[0]?.ToString() : several[^1]?.ToString() : schema["type"]?.ToString();
        return type switch
        {
            "array" => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => schema["items"] is JsonObject item ? Value(item, random, depth + 1) : null)]),
            "integer" => random.Next(4) switch { 0 => int.MaxValue, 1 => int.MinValue, 2 => -1, _ => random.Next(10) },
            "number" => random.Next(3) switch { 0 => 1e308, 1 => -0.0001, _ => random.NextDouble() },
            "boolean" => random.Next(2) == 0,
            _ => random.Next(20) == 0 ? new string('A', 20_000) : Valid(Hostile[random.Next(Hostile.Length)]),
        };
    }

    private async Task<List<Route>> RoutesAsync()
    {
        var document = JsonNode.Parse(await core.Http.GetStringAsync("/openapi/v1.json", Token))!;
        var schemas = document["components"]?["schemas"] as JsonObject;
        var routes = new List<Route>();
        foreach (var (path, operations) in (JsonObject)document["paths"]!)
        {
            foreach (var (method, operation) in (JsonObject)operations!)
            {
                // Who signs out is out; and the streams of archives have their own tests.
                if (path is "/api/access/sign-out" or "/api/access/password")
                {
                    continue;
                }

                var parameters = (operation!["parameters"] as JsonArray ?? []).Select(p => (Name: p!["name"]!.ToString(), In: p["in"]!.ToString())).ToList();
                var content = operation["requestBody"]?["content"] as JsonObject;
                var schema = content?.FirstOrDefault().Value?["schema"] as JsonObject;
                routes.Add(new Route(
                    method.ToUpperInvariant(), path, [.. parameters.Where(p => p.In == "path").Select(p => p.Name)], [.. parameters.Where(p => p.In == "query").Select(p => p.Name)],
                    content is null ? null : Resolve(schema ?? [], schemas, 0), content?.FirstOrDefault().Key ?? ""));
            }
        }

        Assert.True(routes.Count > 60, "The document lists hardly any route.");
        return routes;
    }

    private static JsonObject Resolve(JsonObject schema, JsonObject? schemas, int depth)
    {
        if (schema["$ref"]?.ToString() is { } reference)
        {
            return depth > 6 || schemas?[reference.Split('/')[^1]] is not JsonObject named ? [] : Resolve(named, schemas, depth + 1);
        }

        if ((schema["oneOf"] ?? schema["anyOf"]) is JsonArray choices && choices.OfType<JsonObject>().LastOrDefault() is { } choice)
        {
            return Resolve(choice, schemas, depth + 1);
        }

        var copy = (JsonObject)schema.DeepClone();
        if (copy["properties"] is JsonObject properties)
        {
            foreach (var (name, of) in properties.ToList())
            {
                properties[name] = of is JsonObject property ? Resolve(property, schemas, depth + 1) : null;
            }
        }

        if (copy["items"] is JsonObject items)
        {
            copy["items"] = Resolve(items, schemas, depth + 1);
        }

        return copy;
    }

    private static string Shorten(string text) => text.Length <= 300 ? text : text[..300] + "…";

    private sealed record Route(string Method, string Path, string[] InPath, string[] InQuery, JsonObject? Body, string ContentType);
}
