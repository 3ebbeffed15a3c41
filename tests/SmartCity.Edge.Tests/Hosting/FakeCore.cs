using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>The two things that an edge asks a core: which cameras run, and which plates to look out for.</summary>
internal sealed class FakeCore : IAsyncDisposable
{
    public const string Key = "the key of the edges, long enough for all";

    private readonly WebApplication _app;
    private int _unchanged;

    private FakeCore(WebApplication app) => _app = app;

    public string Address { get; private set; } = null!;

    /// <summary>The whole list; what is no list is sent all the same.</summary>
    public byte[] Hotlist { get; set; } = EdgeHotlist.Empty.Bytes.ToArray();

    /// <summary>What it answers instead of the list; null for the list.</summary>
    public int? Refusal { get; set; }

    /// <summary>How often it said that the list has not changed.</summary>
    public int Unchanged => Volatile.Read(ref _unchanged);

    public IReadOnlyList<Camera> Cameras { get; set; } = [];

    public static async Task<FakeCore> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var core = new FakeCore(builder.Build());
        core._app.MapGet("/api/edge/hotlist", core.AnswerHotlist);
        core._app.MapGet("/api/edge/configuration", core.AnswerConfiguration);
        await core._app.StartAsync(TestContext.Current.CancellationToken);
        core.Address = core._app.Urls.Single();
        return core;
    }

    /// <summary>The link is cut: nothing answers any more.</summary>
    public Task StopAsync() => _app.StopAsync(CancellationToken.None);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static bool IsAllowed(HttpRequest request) => request.Headers.Authorization == $"Bearer {Key}" && request.Query["station"] == CameraStation.Station;

    private IResult AnswerHotlist(HttpRequest request)
    {
        if (!IsAllowed(request) || Refusal is not null)
        {
            return Results.StatusCode(Refusal ?? StatusCodes.Status401Unauthorized);
        }

        var version = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(System.IO.Hashing.XxHash128.Hash(Hotlist))}\"");
        if (request.Headers.IfNoneMatch == version.ToString())
        {
            Interlocked.Increment(ref _unchanged);
            return Results.StatusCode(StatusCodes.Status304NotModified);
        }

        return Results.Bytes(Hotlist, "application/octet-stream", entityTag: version);
    }

    private IResult AnswerConfiguration(HttpRequest request) => IsAllowed(request)
        ? Results.Bytes(
            System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
                new EdgeConfiguration { Stations = [new() { Id = CameraStation.Station, Name = "Test", Latitude = 51.5, Longitude = -0.1, Cameras = Cameras }] },
                ContractsJson.Default.EdgeConfiguration),
            "application/json")
        : Results.Unauthorized();
}
