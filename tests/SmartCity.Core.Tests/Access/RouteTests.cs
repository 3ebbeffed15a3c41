using System.Net;
using System.Text;
using System.Text.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Access;

/// <summary>Every route of the OpenAPI document, so that a new one cannot be forgotten.</summary>
public class RouteTests(CoreHost core) : IClassFixture<CoreHost>
{
    /// <summary>What whoever has signed in may do, a viewer too.</summary>
    private static readonly HashSet<string> OpenToViewers =
    [
        "POST /api/access/sign-in", "POST /api/access/sign-out", "GET /api/access/me", "GET /api/access/reasons", "POST /api/access/password",
        "GET /api/access/passkeys", "POST /api/access/passkeys", "POST /api/access/passkeys/options", "DELETE /api/access/passkeys/{id}",
        "GET /api/access/sign-in/passkey", "POST /api/access/sign-in/passkey", "POST /api/access/sign-in/passkey/options",
        "POST /api/access/second-factor", "POST /api/access/second-factor/confirm", "POST /api/access/second-factor/remove",
        "GET /api/city", "GET /api/stations", "GET /api/sightings", "GET /api/sightings/{id}", "GET /api/passages", "GET /api/evidence/{key}", "GET /api/live",
        "GET /api/passages/{id}", "GET /api/live/summary", "GET /api/flow", "GET /api/zones", "GET /api/cameras/{id}/picture",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_credentials_every_route_is_401()
    {
        using var nobody = Caller.Nobody(core);
        foreach (var (method, path, contentType) in await RoutesAsync())
        {
            if ((method, path) != ("POST", "/api/access/sign-in"))
            {
                var status = await StatusAsync(nobody, method, path, contentType);
                Assert.True(status == HttpStatusCode.Unauthorized, $"{method} {path} without credentials: {status}");
            }
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(nobody, "GET", "/openapi/v1.json"));
    }

    [Fact]
    public async Task A_viewer_gets_403_wherever_a_role_is_needed()
    {
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        foreach (var (method, path, contentType) in await RoutesAsync())
        {
            if (!OpenToViewers.Contains($"{method} {path}"))
            {
                var status = await StatusAsync(viewer, method, path, contentType);
                Assert.True(status == HttpStatusCode.Forbidden, $"{method} {path} of a viewer: {status}");
            }
        }
    }

    [Theory]
    [InlineData(Role.Viewer, "/api/stations", "")]
    [InlineData(Role.Operator, "/api/alerts?state=open", "/api/audit")]
    [InlineData(Role.Operator, "/api/review", "/api/access/users")]
    [InlineData(Role.Investigator, "/api/hotlist", "/api/ops")]
    [InlineData(Role.Analyst, "/api/charges/summary", "/api/alerts")]
    [InlineData(Role.Administrator, "/api/access/users", "/api/faces/deployments")]
    [InlineData(Role.FacesOfficer, "/api/faces/deployments", "/api/faces/matches")]
    [InlineData(Role.FacesReviewer, "/api/faces/matches", "/api/audit")]
    [InlineData(Role.DataProtectionOfficer, "/api/faces/report", "/api/faces/matches")]
    public async Task A_role_may_do_its_part_and_no_more(string role, string allowed, string refused)
    {
        using var caller = await Caller.OfRoleAsync(core, role);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(caller, "GET", allowed));
        Assert.True(refused.Length == 0 || await StatusAsync(caller, "GET", refused) == HttpStatusCode.Forbidden, refused);
    }

    [Fact]
    public async Task A_plate_is_looked_for_only_by_who_may_search_and_says_why()
    {
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        using var investigator = await Caller.OfRoleAsync(core, Role.Investigator);

        foreach (var path in (string[])["/api/sightings?plate=AB12CDE", "/api/passages?plate=AB12CDE"])
        {
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(viewer, "GET", path));
            Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(investigator, "GET", path));
            investigator.Http.DefaultRequestHeaders.Add("Audit-Reason", Uri.EscapeDataString("theft, case 7 – Müller"));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(investigator, "GET", path));
            investigator.Http.DefaultRequestHeaders.Remove("Audit-Reason");
        }
    }

    [Fact]
    public async Task Alerts_are_listed_without_a_reason_and_looked_for_by_plate_with_one()
    {
        using var user = await Caller.OfRoleAsync(core, Role.Operator);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(user, "GET", "/api/alerts?state=open&priority=1"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(user, "GET", "/api/alerts?plate=AB12CDE"));

        user.Http.DefaultRequestHeaders.Add("Audit-Reason", "theft");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(user, "GET", "/api/alerts?plate=AB12CDE"));
    }

    private async Task<List<(string Method, string Path, string ContentType)>> RoutesAsync()
    {
        using var document = JsonDocument.Parse(await core.Http.GetStringAsync("/openapi/v1.json", Token));
        var routes = document.RootElement.GetProperty("paths").EnumerateObject()
            .Where(p => p.Name.StartsWith("/api/", StringComparison.Ordinal))
            .SelectMany(p => p.Value.EnumerateObject().Select(m => (m.Name.ToUpperInvariant(), p.Name, ContentType(m.Value))))
            .ToList();
        Assert.True(routes.Count > 30, "The document lists hardly any route.");
        return routes;
    }

    private static string ContentType(JsonElement operation) =>
        operation.TryGetProperty("requestBody", out var body) && body.GetProperty("content").EnumerateObject().FirstOrDefault() is { Value.ValueKind: JsonValueKind.Object } content
            ? content.Name
            : "application/json";

    private static async Task<HttpStatusCode> StatusAsync(Caller caller, string method, string path, string contentType = "application/json")
    {
        var filled = path.Replace("{plate}", "AB12CDE", StringComparison.Ordinal).Replace("{key}", "a.jpg", StringComparison.Ordinal);
        var open = filled.IndexOf('{', StringComparison.Ordinal);
        while (open >= 0)
        {
            filled = filled[..open] + Guid.Empty + filled[(filled.IndexOf('}', open) + 1)..];
            open = filled.IndexOf('{', StringComparison.Ordinal);
        }

        using var request = new HttpRequestMessage(new HttpMethod(method), filled);
        if (method is "POST" or "PUT")
        {
            request.Content = new StringContent("{}", Encoding.UTF8, contentType);
        }

        using var response = await caller.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        return response.StatusCode;
    }
}
