using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Api;

public class ApiTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_follow_one_another_newest_first_without_gap_or_repetition()
    {
        // Five share one instant, over two days: the cursor has to tell them apart.
        var sightings = Enumerable.Range(0, 23).Select(i => Sighting($"PAGE{i}", Noon.AddHours(-(i / 5) * 4), "london-p1")).ToArray();
        await IngestAsync(sightings);

        var seen = new List<SightingView>();
        string? next = null;
        do
        {
            var page = await GetAsync<Page<SightingView>>($"/api/sightings?station=london-p1&limit=4{(next is null ? "" : $"&after={next}")}");
            Assert.InRange(page.Items.Count, 1, 4);
            seen.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null);

        Assert.Equal(sightings.Select(s => s.Id).Order(), seen.Select(s => s.Id).Order());
        Assert.Equal(seen.OrderByDescending(s => s.CapturedAt).ThenByDescending(s => s.Id).Select(s => s.Id), seen.Select(s => s.Id));
    }

    [Fact]
    public async Task Filters_narrow_by_plate_and_time()
    {
        await IngestAsync([Sighting("FILT1", Noon, "london-f1"), Sighting("FILT1", Noon.AddHours(1), "london-f1"), Sighting("FILT2", Noon, "london-f1")]);

        var page = await GetAsync<Page<SightingView>>("/api/sightings?plate=filt1&from=2026-11-20T12:30:00Z");

        Assert.Equal(Noon.AddHours(1), Assert.Single(page.Items).CapturedAt);
        Assert.Equal(2, (await GetAsync<Page<PassageView>>("/api/passages?plate=FILT1")).Items.Count);
    }

    [Theory]
    [InlineData("/api/sightings?limit=0")]
    [InlineData("/api/sightings?limit=100000")]
    [InlineData("/api/sightings?after=nonsense")]
    [InlineData("/api/passages?from=whenever")]
    [InlineData("/api/review?state=maybe")]
    public async Task A_request_that_is_not_valid_is_a_problem_document(string path)
    {
        using var response = await core.Http.GetAsync(new Uri(path, UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_case_leaves_the_open_queue_when_a_person_decided()
    {
        using var registry = new StringContent("plate,class,fuel,euro\nAB12CDE,car,petrol,6\n");
        using var imported = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), registry, Token);
        Assert.Equal(HttpStatusCode.OK, imported.StatusCode);
        await IngestAsync([Sighting(null, Noon, "london-q1")]);
        var open = Assert.Single((await GetAsync<Page<ReviewView>>("/api/review?station=london-q1")).Items);

        using var bad = await core.Http.PostAsJsonAsync($"/api/review/{open.Id}", new { state = "corrected" }, Token);
        using var good = await core.Http.PostAsJsonAsync($"/api/review/{open.Id}", new { state = "corrected", plate = "AB12 CDE" }, Token);

        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        Assert.Empty((await GetAsync<Page<ReviewView>>("/api/review?station=london-q1")).Items);
        Assert.Equal("unread", Assert.Single((await GetAsync<Page<ReviewView>>("/api/review?station=london-q1&state=corrected")).Items).Kind);
    }

    [Fact]
    public async Task Stations_of_the_city_have_their_zones_and_cameras()
    {
        var stations = await GetAsync<StationView[]>("/api/stations");

        var borough = stations.Single(s => s.Id == "london-a3");
        Assert.Equal(["congestion", "lez", "ulez"], borough.Zones);
        Assert.Equal("a3-n1", Assert.Single(borough.Cameras).Id);
    }

    [Fact]
    public async Task A_vehicle_is_imported_and_found()
    {
        using var content = new StringContent("plate;class;fuel;make\nVV11VVV;car;petrol;Fiat\nVV12VVV;car;steam;Fiat\n");
        using var response = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), content, Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(3, (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors")[0].GetProperty("line").GetInt32());
        Assert.Equal("Fiat", (await GetAsync<VehicleView>("/api/vehicles/vv11%20vvv")).Make);
        using var missing = await core.Http.GetAsync(new Uri("/api/vehicles/NOBODY", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task The_openapi_document_names_the_endpoints()
    {
        var paths = (await GetAsync<JsonElement>("/openapi/v1.json")).GetProperty("paths").EnumerateObject().Select(p => p.Name.TrimEnd('/')).ToArray();

        Assert.Superset(new HashSet<string> { "/api/sightings", "/api/passages", "/api/review", "/api/ops", "/api/vehicles/{plate}" }, paths.ToHashSet());
    }

    [Fact]
    public async Task A_picture_is_served_by_its_key_and_nothing_else_of_the_store_is()
    {
        var objects = core.Services.GetRequiredService<IObjectStore>();
        byte[] jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3];
        await objects.PutAsync("evidence/london-a1/2026/11/20/12/x.jpg", jpeg, "image/jpeg", Token);
        await objects.PutAsync("sightings/secret.jpg", jpeg, "image/jpeg", Token);

        using var found = await core.Http.GetAsync(new Uri("/api/evidence/evidence/london-a1/2026/11/20/12/x.jpg", UriKind.Relative), Token);
        using var outside = await core.Http.GetAsync(new Uri("/api/evidence/evidence/..%2fsightings/secret.jpg", UriKind.Relative), Token);

        Assert.Equal("image/jpeg", found.Content.Headers.ContentType?.MediaType);
        Assert.True(found.Headers.CacheControl is { Private: true });
        Assert.Equal(jpeg, await found.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal(HttpStatusCode.NotFound, outside.StatusCode);
    }

    [Theory]
    [InlineData("evidence/london-a1/2026/x.jpg", "evidence/london-a1/2026/x.jpg")]
    [InlineData("london-a1/2026/x.plate.jpg", "evidence/london-a1/2026/x.plate.jpg")]
    [InlineData("evidence/../sightings/x.jpg", null)]
    [InlineData("evidence//x.jpg", null)]
    [InlineData("evidence/x.parquet", null)]
    [InlineData("evidence/a\\..\\x.jpg", null)]
    public void Only_pictures_below_evidence_can_be_asked_for(string path, string? key) => Assert.Equal(key, EvidenceEndpoints.Key(path));

    private Task<IngestResult> IngestAsync(params Contracts.Sighting[] sightings) =>
        core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token);

    private async Task<T> GetAsync<T>(string path) => (await core.Http.GetFromJsonAsync<T>(path, Token))!;
}
