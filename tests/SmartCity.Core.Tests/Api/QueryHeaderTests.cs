using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Api;

/// <summary>Addresses are kept in the logs of servers and proxies. No plate, name or reason has to stand in one.</summary>
public class QueryHeaderTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Plate = "QH01AAA";
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_route_needs_a_plate_a_name_or_a_reason_in_its_address()
    {
        var document = JsonNode.Parse(await core.Http.GetStringAsync("/openapi/v1.json", Token))!;
        var operations = ((JsonObject)document["paths"]!).SelectMany(p => ((JsonObject)p.Value!).Select(o => (Path: p.Key.TrimEnd('/'), Method: o.Key, Operation: o.Value!))).ToList();
        var personal = 0;
        foreach (var (path, method, operation) in operations)
        {
            var parameters = (operation["parameters"] as JsonArray ?? []).Select(p => (Name: p!["name"]!.ToString(), In: p["in"]!.ToString(), Deprecated: p["deprecated"]?.GetValue<bool>() == true)).ToList();
            foreach (var (name, _, deprecated) in parameters.Where(p => p.In == "query" && QueryHeader.IsPersonal(p.Name)))
            {
                personal++;
                Assert.True(deprecated && parameters.Contains((QueryHeader.Of(name), "header", false)), $"{method} {path} takes {name} in its address alone");
            }

            if (path.Contains("{plate}", StringComparison.Ordinal))
            {
                Assert.True(operation["deprecated"]?.GetValue<bool>(), $"{method} {path} is not marked as deprecated");
                var instead = path.EndsWith("{plate}", StringComparison.Ordinal) ? path.Replace("{plate}", "record", StringComparison.Ordinal) : path.Replace("/{plate}", "", StringComparison.Ordinal);
                Assert.Contains(operations, o => o.Path == instead && o.Method == method);
            }
        }

        Assert.InRange(personal, 12, int.MaxValue);
    }

    [Fact]
    public async Task What_is_asked_in_headers_is_answered_as_in_the_address_and_no_address_holds_it()
    {
        await core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(Sighting(Plate, Noon, "london-f1"), Sighting(Plate, Noon.AddHours(1), "london-f2"), Sighting("QH02AAA", Noon, "london-f1")), [], Token);
        using var registry = new StringContent($"plate,class,fuel,make\n{Plate},car,petrol,Fiat\n");
        (await core.Http.PostAsync("/api/vehicles/import", registry, Token)).EnsureSuccessStatusCode();
        const string Period = "from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z";
        (string Path, string Header, string Before)[] calls =
        [
            ($"/api/sightings?{Period}", "Query-Plate", $"/api/sightings?plate={Plate}&{Period}"),
            ("/api/passages", "Query-Plate", $"/api/passages?plate={Plate}"),
            ("/api/vehicles/record", "query-plate", $"/api/vehicles/{Plate}"),
            ("/api/vehicles/history", "Query-Plate", $"/api/vehicles/{Plate}/history"),
            ($"/api/vehicles/journey?{Period}", "Query-Plate", $"/api/vehicles/{Plate}/journey?{Period}"),
            ($"/api/vehicles/journey/export?{Period}", "Query-Plate", $"/api/vehicles/{Plate}/journey/export?{Period}"),
            ($"/api/vehicles/search/export?{Period}", "Query-Plate", $"/api/vehicles/search/export?plate={Plate}&{Period}"),
            ("/api/alerts", "Query-Plate", $"/api/alerts?plate={Plate}"),
            ("/api/charges", "Query-Plate", $"/api/charges?plate={Plate}"),
            ("/api/charges/export", "Query-Plate", $"/api/charges/export?plate={Plate}"),
            ("/api/hotlist", "Query-Text", $"/api/hotlist?text={Plate}"),
            ("/api/hotlist/export", "Query-Text", $"/api/hotlist/export?text={Plate}"),
        ];
        var expected = new List<string>();
        foreach (var (_, _, before) in calls)
        {
            expected.Add(await core.Http.GetStringAsync(before, Token));
        }

        var addresses = new ConcurrentQueue<string>();
        using var listening = Listen(addresses);
        foreach (var ((path, header, _), before) in calls.Zip(expected))
        {
            var answer = await AskAsync(path, header, Plate);
            Assert.True(before == answer, $"{path}: {answer}\nand not {before}");
            Assert.Equal(1L, await core.Postgres.ScalarAsync<long>($"select count(*) from (select subject from audit order by number desc limit 1) as last where subject like '%{Plate}%'"));
        }

        Assert.Contains("QH01AAA", await AskAsync("/api/audit", "Query-Subject", Plate), StringComparison.Ordinal);
        await CoreHost.UntilAsync(() => Task.FromResult(addresses.Count > calls.Length), "all calls have ended");
        Assert.DoesNotContain(addresses, a => a.Contains(Plate, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_header_finds_what_is_percent_encoded_and_nobody_is_found_twice()
    {
        using var user = await Caller.OfRoleAsync(core, Role.Administrator);
        user.Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        user.Http.DefaultRequestHeaders.Add("Query-Plate", "%C3%84%20x");

        using var fine = await user.Http.GetAsync("/api/charges", Token);
        using var twice = await user.Http.GetAsync("/api/charges?plate=AB12CDE", Token);
        using var bad = await user.Http.GetAsync("/api/privacy/access", Token);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (fine.StatusCode, twice.StatusCode, bad.StatusCode));
        Assert.Equal(["Query-Plate"], fine.Headers.Vary);
        Assert.Contains("plate is given twice", await twice.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal("Ä x", await core.Postgres.ScalarAsync<string>("select subject from audit where action = 'charges.search' order by number desc limit 1"));
    }

    [Theory]
    [InlineData("/api/sightings")]
    [InlineData("/api/vehicles/record")]
    [InlineData("/api/vehicles/journey")]
    public async Task A_plate_in_a_header_takes_the_same_scope_and_reason(string path)
    {
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        using var investigator = await Caller.OfRoleAsync(core, Role.Investigator);
        viewer.Http.DefaultRequestHeaders.Add("Query-Plate", Plate);
        investigator.Http.DefaultRequestHeaders.Add("Query-Plate", Plate);

        using var forbidden = await viewer.Http.GetAsync(path, Token);
        using var silent = await investigator.Http.GetAsync(path, Token);

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.BadRequest), (forbidden.StatusCode, silent.StatusCode));
    }

    private async Task<string> AskAsync(string path, string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add(header, value);
        using var response = await core.Http.SendAsync(request, Token);
        var answer = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {answer}");
        return answer;
    }

    // Both what the request says at its start and what it says at its end is what a log has.
    private IDisposable Listen(ConcurrentQueue<string> addresses)
    {
        var listener = core.Services.GetRequiredService<DiagnosticListener>();
        return listener.Subscribe(new Requests(context =>
        {
            if (context.Connection.LocalPort == core.Http.BaseAddress!.Port)
            {
                addresses.Enqueue(context.Features.Get<IHttpRequestFeature>()!.RawTarget + context.Request.QueryString);
            }
        })!);
    }

    private sealed class Requests(Action<HttpContext> ended) : IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "Microsoft.AspNetCore.Hosting.HttpRequestIn.Stop", Value: HttpContext context })
            {
                ended(context);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
