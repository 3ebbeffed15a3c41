using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Tests.Stations;

public class CameraPictureTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Captured = new(2026, 11, 23, 8, 15, 30, 120, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_camera_s_newest_picture_is_served_with_the_time_at_which_it_was_captured()
    {
        var jpeg = CameraPicture.Stamp([0xFF, 0xD8, 0xFF, 0xD9], Captured);
        await core.Services.GetRequiredService<IObjectStore>().PutAsync(CameraPicture.Key("london-a1", "a1-n1"), jpeg, "image/jpeg", Token);

        using var answer = await core.Http.GetAsync("/api/cameras/a1-n1/picture", Token);
        Assert.Equal(jpeg, await answer.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal("image/jpeg", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(Captured.AddMilliseconds(-120), answer.Content.Headers.LastModified);

        using var again = new HttpRequestMessage(HttpMethod.Get, "/api/cameras/a1-n1/picture") { Headers = { IfNoneMatch = { answer.Headers.ETag! } } };
        using var unchanged = await core.Http.SendAsync(again, Token);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Theory]
    [InlineData("a3-n1", "has sent no picture yet")]
    [InlineData("nowhere", "There is no camera nowhere")]
    public async Task Without_a_picture_the_answer_says_why(string camera, string words)
    {
        using var answer = await core.Http.GetAsync($"/api/cameras/{camera}/picture", Token);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains(words, (await answer.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_edge_hears_which_of_its_cameras_somebody_watches()
    {
        async Task<IReadOnlyList<string>?> WatchedAsync(string station) =>
            (await core.Http.GetFromJsonAsync($"/api/edge/configuration?station={station}", ContractsJson.Default.EdgeConfiguration, Token))!.Watched;

        (await core.Http.GetAsync("/api/cameras/a4-n1/picture", Token)).Dispose();
        Assert.Empty((await WatchedAsync("london-a4"))!);

        (await core.Http.GetAsync("/api/cameras/a4-n1/picture?watch=true", Token)).Dispose();

        Assert.Equal(["a4-n1"], await WatchedAsync("london-a4"));
        Assert.Empty((await WatchedAsync("london-a3"))!);
        await core.Postgres.ExecuteAsync("update watched_cameras set watched_until = now() - interval '1 second'");
        Assert.Empty((await WatchedAsync("london-a4"))!);
    }

    [Fact]
    public async Task Zones_have_closed_outlines_that_hold_their_stations()
    {
        var zones = (await core.Http.GetFromJsonAsync<ZoneView[]>("/api/zones", Token))!;
        var stations = (await core.Http.GetFromJsonAsync<StationView[]>("/api/stations", Token))!;

        Assert.Equal(["congestion", "lez", "ulez"], zones.Select(z => z.Id));
        Assert.All(zones.SelectMany(z => z.Outline), ring => Assert.Equal(ring[0], ring[^1]));
        foreach (var zone in zones)
        {
            Assert.All(stations.Where(s => s.Zones.Contains(zone.Id)), s => Assert.True(Holds(zone.Outline[0], s.Longitude, s.Latitude), $"{s.Id} lies outside {zone.Id}"));
        }
    }

    // A ray to the east crosses the ring an odd number of times.
    private static bool Holds(IReadOnlyList<double[]> ring, double x, double y) =>
        ring.Zip(ring.Skip(1)).Count(e => e.First[1] > y != e.Second[1] > y && x < (e.Second[0] - e.First[0]) * (y - e.First[1]) / (e.Second[1] - e.First[1]) + e.First[0]) % 2 == 1;
}
