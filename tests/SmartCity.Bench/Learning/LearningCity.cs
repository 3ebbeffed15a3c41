using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;

namespace SmartCity.Bench.Learning;

/// <summary>A city with an edge for each station and a core, each a process of its own, and the network cameras that they look through.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal sealed class LearningCity : IAsyncDisposable
{
    private const string Key = "a key of the bench that may do everything";
    private const string EdgeKey = "a key of the bench for the edges";
    private const int MostSightings = 500;

    private readonly string _folder;
    private readonly IReadOnlyList<ShownCamera> _cameras;
    private readonly Stack<IAsyncDisposable> _started = new();

    private LearningCity(string folder, IReadOnlyList<ShownCamera> cameras) => (_folder, _cameras) = (folder, cameras);

    /// <summary>The core's API, with a key that may do everything.</summary>
    public HttpClient Api { get; private set; } = null!;

    public IReadOnlyList<string> Stations => [.. _cameras.Select(c => c.Station).Distinct()];

    /// <param name="ringTime">The least time that a ring runs a new version; everything else of a rollout is as the program has it.</param>
    public static async Task<LearningCity> StartAsync(string folder, IReadOnlyList<ShownCamera> cameras, TimeSpan ringTime, CancellationToken cancellationToken)
    {
        var city = new LearningCity(folder, cameras);
        try
        {
            await city.StartAsync(ringTime, cancellationToken);
            return city;
        }
        catch
        {
            await city.DisposeAsync();
            throw;
        }
    }

    public async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) => (await Api.GetFromJsonAsync<T>(path, JsonSerializerOptions.Web, cancellationToken))!;

    /// <exception cref="InvalidOperationException">The core refuses; the message has what it says.</exception>
    public async Task<T> PostAsync<T>(string path, object body, CancellationToken cancellationToken)
    {
        using var answer = await Api.PostAsJsonAsync(path, body, JsonSerializerOptions.Web, cancellationToken);
        return answer.IsSuccessStatusCode
            ? (await answer.Content.ReadFromJsonAsync<T>(JsonSerializerOptions.Web, cancellationToken))!
            : throw new InvalidOperationException($"POST {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
    }

    /// <summary>What the core has of a time on, each with the vehicle that was shown then; without those of vehicles that were not shown to their end.</summary>
    public async Task<IReadOnlyList<(SightingView Sighting, ShownPass Shown)>> SightingsAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        var found = new List<(SightingView, ShownPass)>();
        var shown = _cameras.ToDictionary(c => c.Id, c => c.Since(since));
        foreach (var station in Stations)
        {
            for (string? next = null; ;)
            {
                var page = await GetAsync<Page<SightingView>>(
                    string.Create(CultureInfo.InvariantCulture, $"api/sightings?station={station}&from={Uri.EscapeDataString(since.ToString("O", CultureInfo.InvariantCulture))}&limit={MostSightings}{(next is null ? "" : "&after=" + Uri.EscapeDataString(next))}"), cancellationToken);
                found.AddRange(page.Items.Select(s => (s, shown[s.CameraId].LastOrDefault(p => p.From <= s.CapturedAt))).Where(s => s.Item2 is not null)!);
                next = page.Next;
                if (next is null)
                {
                    break;
                }
            }
        }

        return found;
    }

    /// <summary>The folder in which an edge keeps a version that it has fetched.</summary>
    public string Fetched(string manifestSha256) => Path.Combine(Spool(Stations[0]), ".models", manifestSha256);

    public async ValueTask DisposeAsync()
    {
        Api?.Dispose();
        while (_started.TryPop(out var started))
        {
            await started.DisposeAsync();
        }
    }

    private async Task StartAsync(TimeSpan ringTime, CancellationToken cancellationToken)
    {
        var streets = await ServeCamerasAsync(cancellationToken);
        var file = Path.Combine(_folder, "city.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(Described(streets), JsonSerializerOptions.Web), cancellationToken);
        City.Load(file);
        ModelKeys.Ensure(_folder);
        var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(_folder, "postgres"), cancellationToken);
        _started.Push(postgres);
        var coreKafka = new InProcessBroker(KafkaTopics.OfCore(Stations));
        _started.Push(new Ending(coreKafka));
        var core = new ServiceProcess("SmartCity.Core", "core", _folder, CoreSettings(file, postgres.ConnectionString, coreKafka.BootstrapServers, ringTime));
        _started.Push(core);
        core.Start();
        await core.WhenReadyAsync(cancellationToken);
        Api = new HttpClient { BaseAddress = core.Address, Timeout = TimeSpan.FromMinutes(5) };
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        Api.DefaultRequestHeaders.Add("Audit-Reason", "bench learning");
        foreach (var station in Stations)
        {
            var kafka = new InProcessBroker(KafkaTopics.OfEdge());
            _started.Push(new Ending(kafka));
            var edge = new ServiceProcess("SmartCity.Edge", $"edge-{station}", _folder, EdgeSettings(station, file, kafka.BootstrapServers, coreKafka.BootstrapServers, core.Address));
            _started.Push(edge);
            edge.Start();
            await edge.WhenReadyAsync(cancellationToken);
        }
    }

    private async Task<Uri> ServeCamerasAsync(CancellationToken cancellationToken)
    {
        var address = new Uri($"http://127.0.0.1:{Processes.FreePort()}/");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address.ToString());
        var app = builder.Build();
        foreach (var camera in _cameras)
        {
            camera.Paint();
            app.MapGet($"/{camera.Id}", camera.SendAsync);
        }

        _started.Push(app);
        await app.StartAsync(cancellationToken);
        return address;
    }

    private object Described(Uri streets) => new
    {
        id = "learning",
        name = "The city of bench learning",
        country = "GB",
        stations = _cameras.GroupBy(c => c.Station).Select((s, i) => new
        {
            id = s.Key,
            name = s.Key,
            latitude = 51.5 + i * 0.01,
            longitude = -0.1,
            cameras = s.Select((c, lane) => new { id = c.Id, lane = lane + 1, direction = "inbound", source = new Uri(streets, c.Id).ToString() }).ToArray(),
        }).ToArray(),
    };

    private Dictionary<string, string> CoreSettings(string city, string postgres, string kafka, TimeSpan ringTime)
    {
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings:postgres"] = postgres,
            ["ConnectionStrings:core-kafka"] = kafka,
            ["ConnectionStrings:objects"] = Path.Combine(_folder, "objects"),
            ["Core:CityFile"] = city,
            ["Core:Secrets:KeyFile"] = Path.Combine(_folder, "core-secret"),
            ["Core:Access:RowsAnHour"] = "10000000",
            ["Core:Access:ServiceKeys:bench:Name"] = "bench",
            ["Core:Access:ServiceKeys:bench:Key"] = Key,
            ["Core:Access:ServiceKeys:edge:Name"] = "edge",
            ["Core:Access:ServiceKeys:edge:Key"] = EdgeKey,
            ["Core:Access:ServiceKeys:edge:Scopes:0"] = Scope.EdgeConfig,
            ["Core:Models:SigningKeyPath"] = ModelKeys.Private(_folder),
            ["Core:Models:RingTime"] = ringTime.ToString("c", CultureInfo.InvariantCulture),
            ["Core:Models:Training:WorkPath"] = Path.Combine(_folder, DataFolder.Trainings),
        };
        foreach (var scope in Scope.All)
        {
            settings[$"Core:Access:ServiceKeys:bench:Scopes:{scope.Replace(':', '_')}"] = scope;
        }

        return settings;
    }

    private Dictionary<string, string> EdgeSettings(string station, string city, string kafka, string coreKafka, Uri core) => new()
    {
        ["ConnectionStrings:edge-kafka"] = kafka,
        ["ConnectionStrings:core-kafka"] = coreKafka,
        ["ConnectionStrings:objects"] = Path.Combine(_folder, "objects"),
        ["Edge:CityFile"] = city,
        ["Edge:Stations:0"] = station,
        ["Edge:SpoolPath"] = Spool(station),
        ["Edge:BrokerPartitionBytes"] = InProcessBroker.PartitionBytes.ToString(CultureInfo.InvariantCulture),
        ["Edge:Configuration:Address"] = core.ToString(),
        ["Edge:Configuration:Key"] = EdgeKey,
        ["Edge:Configuration:CityFileFirst"] = "true",
        ["Edge:Models:PublicKeyPath"] = ModelKeys.Public(_folder),
        ["Mirror:Stations:0"] = station,
        ["Mirror:CorePartitionBytes"] = InProcessBroker.PartitionBytes.ToString(CultureInfo.InvariantCulture),
        ["Mirror:CoreReaders:0"] = "core-ingest",
    };

    private string Spool(string station) => Path.Combine(_folder, $"spool-{station}");
}
