using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Faces;
using SmartCity.Contracts.Models;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>What an edge asks a core: which cameras run, which plates to look out for, and which of its sightings it has.</summary>
internal sealed class FakeCore : IAsyncDisposable
{
    public const string Key = "the key of the edges, long enough for all";

    private readonly WebApplication _app;
    private readonly string _station;
    private int _unchangedHotlists;
    private int _unchangedConfigurations;
    private int _faceExchanges;

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

    /// <summary>Hours that it asks the edge to compare at once; it asks once.</summary>
    public IReadOnlyList<DateTimeOffset>? CompareHours { get; set; }

    public IReadOnlyList<Camera> Cameras { get; set; } = [];

    /// <summary>Versions of models that the edge is to run; null from a core that does not say.</summary>
    public IReadOnlyList<ModelRelease>? Models { get; set; }

    /// <summary>Their files, by digest.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Until this is done, it sends half of each file; null: it sends all at once.</summary>
    public TaskCompletionSource? HoldsFiles { get; set; }

    /// <summary>The deployments that it orders.</summary>
    public IReadOnlyList<FaceOrder> FaceOrders { get; set; } = [];

    /// <summary>What edges said that they did under them, oldest first.</summary>
    public ConcurrentQueue<FaceReport> FaceReports { get; } = new();

    /// <summary>How often edges asked for them.</summary>
    public int FaceExchanges => Volatile.Read(ref _faceExchanges);

    /// <summary>Matches that it took.</summary>
    public ConcurrentQueue<FaceMatch> FaceMatches { get; } = new();

    /// <summary>Whether it refuses matches.</summary>
    public bool RefusesMatches { get; set; }

    /// <summary>Of the city; null from a core that does not say.</summary>
    public string? TimeZone { get; set; }

    /// <summary>Answers in its place, and says whether it has; null: it answers itself.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    /// <param name="station">The one whose edge may ask.</param>
    public static async Task<FakeCore> StartAsync(string station = CameraStation.Station)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var core = new FakeCore(builder.Build(), station);
        core._app.Use(async (context, next) =>
        {
            if (core.Instead is not { } instead || !await instead(context))
            {
                await next(context);
            }
        });
        core._app.MapGet("/api/edge/hotlist", core.AnswerHotlist);
        core._app.MapGet("/api/edge/configuration", core.AnswerConfiguration);
        core._app.MapGet("/api/edge/models/{sha256}", (string sha256, HttpRequest request) =>
            !core.IsAllowed(request) || !core.Files.TryGetValue(sha256, out var file) ? Results.NotFound() : core.HoldsFiles is { } hold ? Results.Stream(to => HalfAsync(file, to, hold.Task)) : Results.Bytes(file));
        core._app.MapGet("/api/edge/sightings", core.AnswerCounts);
        core._app.MapPost("/api/edge/sightings/missing", core.AnswerMissingAsync);
        core._app.MapPost("/api/edge/faces", core.AnswerFacesAsync);
        core._app.MapPost("/api/edge/faces/matches", core.TakeMatchAsync);
        await core._app.StartAsync(TestContext.Current.CancellationToken);
        core.Address = core._app.Urls.Single();
        return core;
    }

    /// <summary>The link is cut: nothing answers any more.</summary>
    public Task StopAsync() => _app.StopAsync(CancellationToken.None);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task HalfAsync(byte[] file, Stream to, Task hold)
    {
        await to.WriteAsync(file.AsMemory(0, file.Length / 2));
        await to.FlushAsync();
        await hold;
        await to.WriteAsync(file.AsMemory(file.Length / 2));
    }

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
        if (!IsAllowed(request))
        {
            return Results.Unauthorized();
        }

        var hours = CompareHours;
        CompareHours = null;
        return Results.Json(new EdgeSightings { SentTo = SentTo, Stretches = [.. stretches], CompareHours = hours }, ContractsJson.Default.EdgeSightings);
    }

    private async Task<IResult> AnswerMissingAsync(HttpRequest request)
    {
        var asked = await request.ReadFromJsonAsync(ContractsJson.Default.EdgeSightingsAsked);
        var missing = asked!.Ids.Where((id, i) => !DeadLetters.ContainsKey(id) && !(Sightings.TryGetValue(id, out var at) && at >= asked.From && at < asked.To && Revisions.GetValueOrDefault(id) >= asked.Revisions![i]));
        return IsAllowed(request) ? Results.Json(new EdgeSightingsMissing([.. missing]), ContractsJson.Default.EdgeSightingsMissing) : Results.Unauthorized();
    }

    private async Task<IResult> AnswerFacesAsync(HttpRequest request)
    {
        var exchange = await request.ReadFromJsonAsync(ContractsJson.Default.FaceExchange);
        if (!IsAllowed(request))
        {
            return Results.Unauthorized();
        }

        foreach (var report in exchange!.Reports)
        {
            FaceReports.Enqueue(report);
        }

        Interlocked.Increment(ref _faceExchanges);
        using var pair = new FaceKeyPair();
        using var seal = pair.With(exchange.Key);
        var orders = FaceOrders.Select(o => o with { Templates = [.. o.Templates.Select(t => t with { Sealed = seal.Close(o.Deployment, t.Entry, t.Sealed) })] });
        return Results.Json(new FaceOrders([.. orders], pair.PublicKey), ContractsJson.Default.FaceOrders);
    }

    private async Task<IResult> TakeMatchAsync(HttpRequest request)
    {
        var match = await request.ReadFromJsonAsync(ContractsJson.Default.FaceMatch);
        if (!IsAllowed(request) || RefusesMatches)
        {
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        FaceMatches.Enqueue(match!);
        return Results.Ok();
    }

    private IResult AnswerConfiguration(HttpRequest request)
    {
        if (!IsAllowed(request))
        {
            return Results.Unauthorized();
        }

        var configuration = new EdgeConfiguration { TimeZone = TimeZone, Models = Models, Stations = [new() { Id = _station, Name = "Test", Latitude = 51.5, Longitude = -0.1, Cameras = Cameras }] };
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
