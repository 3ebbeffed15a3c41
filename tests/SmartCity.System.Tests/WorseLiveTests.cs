using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using OpenCvSharp;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using SmartCity.Edge.Cameras.Simulation;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>A version that reads everything which it is judged by, and not what an edge sees.</summary>
public sealed class WorseLiveTests : IAsyncLifetime
{
    private const string Key = "a key of the cameras";
    private const int Bright = 90;
    private const double Dimmed = 0.2;

    private readonly TestData _data = new();
    private readonly Dictionary<DateTimeOffset, string> _shown = [];
    private RunningSystem? _system;
    private DateTimeOffset _at = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().AddHours(-1).ToUnixTimeSeconds());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_system is not null)
        {
            await _system.DisposeAsync();
        }

        await _data.DisposeAsync();
    }

    [Fact]
    public async Task A_version_that_passes_the_judgement_and_is_blind_in_the_dark_is_stopped_while_it_is_shadowed_and_every_edge_goes_back()
    {
        var city = _data.Below("city.json");
        await File.WriteAllTextAsync(city, """{"id":"test","name":"Test","stations":[{"id":"here","name":"Here","latitude":51.5,"longitude":-0.1,"cameras":[{"id":"bright","source":"upload"},{"id":"dark","source":"upload"}]}]}""", Token);
        var settings = new Dictionary<string, string>
        {
            ["Edge__UploadKey"] = Key,
            ["Core__Models__Interval"] = "00:00:01",
            ["Core__Models__Gates__LeastHoldOut"] = "10",
            ["Core__Models__Gates__MostTimes"] = "100", // a busy machine is slow at random
            ["Edge__Models__MostTimes"] = "100",
            ["Edge__Models__ShadowEvery"] = "1",
        };
        _system = await RunningSystem.StartAsync(_data.Path, ["--city", city], settings);
        using var traffic = new SimulatedTraffic(4, Weather.Day);

        // By day it is judged.
        for (var i = 0; i < Bright; i++)
        {
            await ShowAsync(traffic, "bright", 1);
        }

        await _system.UntilAsync(async () => (await SightingsAsync()).Count >= Bright * 9 / 10, "the bright pictures are read");
        foreach (var sighting in await SightingsAsync())
        {
            var plate = _shown[sighting.CapturedAt];
            using var decided = await _system.Http.PostAsJsonAsync($"/api/sightings/{sighting.Id}/review", sighting.Plate == plate ? new ReviewResolution("confirmed") : new ReviewResolution("corrected", plate), Token);
            Assert.True(decided.IsSuccessStatusCode, await decided.Content.ReadAsStringAsync(Token));
        }

        await _system.UntilAsync(async () => (await ModelsAsync()).Learning.Items >= Bright * 8 / 10, "the decisions are items");
        using var frozen = await _system.Http.PostAsync("/api/models/datasets", null, Token);
        Assert.True(frozen.IsSuccessStatusCode, await frozen.Content.ReadAsStringAsync(Token));
        var (status, _, errors) = await RunningSystem.RunAsync(["models", "import", BlindInTheDark.Write(_data.Below("blind")), "--data", _data.Path], settings);
        Assert.Equal((0, ""), (status, errors));
        await _system.UntilAsync(async () => (await VersionAsync())?.Judgement is not null, "it is judged", 180);
        var version = (await VersionAsync())!;
        Assert.True(version.Judgement!.Passed, string.Join('\n', version.Judgement.Gates.Select(g => $"{g.Passed} {g.Name}: {g.Why}")));
        Assert.True(version.Judgement.Figures.Single(f => f is { Set: "hold-out", Slice: "all" }) is { After.Right: > 0.8 } kept && kept.After.Right == kept.Before.Right);

        // In the dark it is tried.
        using var promoted = await _system.Http.PostAsJsonAsync("/api/models/own-read-2/promote", new ModelPromotion(), Token);
        Assert.True(promoted.IsSuccessStatusCode, await promoted.Content.ReadAsStringAsync(Token));
        await _system.UntilAsync(
            async () =>
            {
                await ShowAsync(traffic, "dark", Dimmed);
                return (await ModelsAsync()).Rollouts[0].State is "rolled-back" or "done";
            },
            "it is taken back",
            180);

        var models = await ModelsAsync();
        Assert.Equal("rolled-back", models.Rollouts[0].State);
        Assert.StartsWith("own-read-2 was rolled back on every edge. here: On ", models.Rollouts[0].Reason, StringComparison.Ordinal);
        Assert.Contains("the present version", models.Rollouts[0].Reason, StringComparison.Ordinal);
        Assert.Contains("champion", models.Versions.Single(v => v.Manifest.Id == "city-read-1").Aliases);
        await _system.UntilAsync(async () => (await ModelsAsync()).Edges.All(e => e.Model is { Version: "city-read-1", Phase: ModelPhase.Serving }), "every edge went back");

        // Nothing that counts was ever read by it.
        var dark = (await SightingsAsync()).Where(s => s.CameraId == "dark").ToList();
        Assert.All(dark, s => Assert.Equal("city-read-1", s.ReaderVersion));
    }

    private async Task ShowAsync(SimulatedTraffic traffic, string camera, double light)
    {
        using var pass = traffic.Next();
        using var picture = pass.Draw(pass.Frames - 2).Picture;
        using var lit = new Mat();
        picture.ConvertTo(lit, picture.Type(), light);
        var jpeg = lit.ImEncode(".jpg", [(int)ImwriteFlags.JpegQuality, 95]);
        _at += TimeSpan.FromSeconds(2);
        _shown[_at] = pass.Vehicle.Plate;
        await _system!.UntilAsync(
            async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"/cameras/{camera}/frames") { Content = new ByteArrayContent(jpeg) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } } };
                request.Headers.Add("X-Api-Key", Key);
                request.Headers.Add("X-Captured-At", _at.ToString("O", CultureInfo.InvariantCulture));
                using var answer = await _system.Http.SendAsync(request, Token);
                Assert.True(answer.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests, await answer.Content.ReadAsStringAsync(Token));
                return answer.StatusCode == HttpStatusCode.Accepted;
            },
            "the edge takes a picture");
    }

    private Task<List<SightingView>> SightingsAsync() => _system!.GetAllAsync<SightingView>("/api/sightings");

    private Task<ModelsView> ModelsAsync() => _system!.GetAsync<ModelsView>("/api/models");

    private async Task<ModelVersionView?> VersionAsync() => (await ModelsAsync()).Versions.FirstOrDefault(v => v.Manifest.Id == "own-read-2");
}
