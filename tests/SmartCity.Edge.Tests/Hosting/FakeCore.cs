using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>What an edge asks a core: which cameras run, which plates to look out for, and which of its sightings it has.</summary>
internal sealed class FakeCore : IAsyncDisposable
{
    public const string Key = "the key of the edges, long enough for all";

    private readonly WebApplication _app;
    private readonly string _station;
    private int _unchangedHotlists;
    private int _unchangedConfigurations;

    private FakeCore(WebApplication app, string station) => (_app, _station) = (app, station);

    public string Address { get; private set; } = null!;

    /// <summary>The whole list; what is no list is sent all the same.</summary>
    public byte[] Hotlist { get; set; } = EdgeHotlist.Empty.Bytes.ToArray();

    /// <summary>What it sends instead of the list to an edge that has a list already; null where the core knows of no changes.</summary>
    public byte[]? HotlistChanges { get; set; }

    /// <summary>What it answers instead of the list; null for the list.</summary>
    public int? Refusal { get; set; }

    /// <summary>How often it said that the list has not changed.</summary>
    public int UnchangedHotlists => Volatile.Read(ref _unchangedHotlists);

    /// <summary>How often it said that the cameras have not changed.</summary>
    public int UnchangedConfigurations => Volatile.Read(ref _unchangedConfigurations);

    /// <summary>The sightings that it has, with their capture times.</summary>
    public ConcurrentDictionary<Guid, DateTimeOffset> Sightings { get; } = new();

    /// <summary>The revisions of those that it has in a later one.</summary>
    public ConcurrentDictionary<Guid, int> Revisions { get; } = new();

    /// <summary>Those that lie among its dead letters.</summary>
    public ConcurrentDictionary<Guid, bool> DeadLetters { get; } = new();

    /// <summary>When what it stored last was sent.</summary>
    public DateTimeOffset? SentTo { get; set; }

    public IReadOnlyList<Camera> Cameras { get; set; } = [];

    /// <summary>Of the city; null from a core that does not say.</summary>
    public string? TimeZone { get; set; }

    /// <param name="station">The one whose edge may ask.</param>
    public static async Task<FakeCore> StartAsync(string station = CameraStation.Station)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var core = new FakeCore(builder.Build(), station);
        core._app.MapGet("/api/edge/hotlist", core.AnswerHotlist);
        core._app.MapGet("/api/edge/configuration", core.AnswerConfiguration);
        core._app.MapGet("/api/edge/sightings", core.AnswerCounts);
        core._app.MapPost("/api/edge/sightings/missing", core.AnswerMissingAsync);
        await core._app.StartAsync(TestContext.Current.CancellationToken);
        core.Address = core._app.Urls.Single();
        return core;
    }

    /// <summary>The link is cut: nothing answers any more.</summary>
    public Task StopAsync() => _app.StopAsync(CancellationToken.None);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private bool IsAllowed(HttpRequest request) => request.Headers.Authorization == $"Bearer {Key}" && request.Query["station"] == _station;

    private IResult AnswerHotlist(HttpRequest request)
    {
        if (!IsAllowed(request) || Refusal is not null)
        {
            return Results.StatusCode(Refusal ?? StatusCodes.Status401Unauthorized);
        }

        if (HotlistChanges is { } changes && request.Headers["A-IM"].ToString().StartsWith($"{EdgeHotlistDelta.Manipulation}; base=", StringComparison.Ordinal))
        {
            request.HttpContext.Response.StatusCode = StatusCodes.Status226IMUsed;
            return Results.Bytes(changes, "application/octet-stream", entityTag: new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(changes))}\""));
        }

        return Answer(request, Hotlist, "application/octet-stream", ref _unchangedHotlists);
    }

    private IResult AnswerCounts(HttpRequest request, DateTimeOffset from, DateTimeOffset to)
    {
        var stretches = Sightings.Where(s => s.Value >= from && s.Value < to).GroupBy(s => EdgeSightings.StretchOf(s.Value)).Select(g => new StretchCount(g.Key, g.Sum(s => 1L + Revisions.GetValueOrDefault(s.Key))));
        return IsAllowed(request) ? Results.Json(new EdgeSightings { SentTo = SentTo, Stretches = [.. stretches] }, ContractsJson.Default.EdgeSightings) : Results.Unauthorized();
    }

    private async Task<IResult> AnswerMissingAsync(HttpRequest request)
    {
        var asked = await request.ReadFromJsonAsync(ContractsJson.Default.EdgeSightingsAsked);
        var missing = asked!.Ids.Where((id, i) => !DeadLetters.ContainsKey(id) && !(Sightings.TryGetValue(id, out var at) && at >= asked.From && at < asked.To && Revisions.GetValueOrDefault(id) >= asked.Revisions![i]));
        return IsAllowed(request) ? Results.Json(new EdgeSightingsMissing([.. missing]), ContractsJson.Default.EdgeSightingsMissing) : Results.Unauthorized();
    }

    private IResult AnswerConfiguration(HttpRequest request)
    {
        if (!IsAllowed(request))
        {
            return Results.Unauthorized();
        }

        var configuration = new EdgeConfiguration { TimeZone = TimeZone, Stations = [new() { Id = _station, Name = "Test", Latitude = 51.5, Longitude = -0.1, Cameras = Cameras }] };
        return Answer(request, JsonSerializer.SerializeToUtf8Bytes(configuration, ContractsJson.Default.EdgeConfiguration), "application/json", ref _unchangedConfigurations);
    }

    private static IResult Answer(HttpRequest request, byte[] body, string type, ref int unchanged)
    {
        var version = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(System.IO.Hashing.XxHash128.Hash(body))}\"");
        if (request.Headers.IfNoneMatch == version.ToString())
        {
            Interlocked.Increment(ref unchanged);
            return Results.StatusCode(StatusCodes.Status304NotModified);
        }

        return Results.Bytes(body, type, entityTag: version);
    }
}
