using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Contracts;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Hotlist;
using SmartCity.Edge.Inbox;
using SmartCity.Edge.Publishing;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>Cameras, recognition and spool of one station as they run, and its upload endpoint, at a time that the test sets. Nothing is delivered.</summary>
internal sealed class CameraStation : IAsyncDisposable
{
    public const string Station = "test-station";
    public const string UploadKey = "a-key-of-sixteen-characters";

    private readonly WebApplication _app;

    private CameraStation(WebApplication app) => _app = app;

    public FakeTimeProvider Time { get; private init; } = null!;

    public HttpClient Http { get; } = new();

    public CameraSources Sources => _app.Services.GetRequiredService<CameraSources>();

    /// <summary>Sightings that were spooled, oldest first.</summary>
    public List<Sighting> Sightings
    {
        get
        {
            var log = _app.Services.GetRequiredService<SightingPublisher>().Spools.Single().Log;
            return [.. log.From(log.Start).Select(r => SpooledSighting.TryRead(r.Payload, out var spooled) ? spooled.Sighting : throw new InvalidDataException("The spool has a record that is no sighting."))];
        }
    }

    /// <param name="recogniser">Reads the plates; null when no camera is to run.</param>
    /// <param name="folder">Where the city file and the spool go.</param>
    /// <param name="cameras">Id and source of each.</param>
    /// <param name="prepare">Done before the cameras run.</param>
    /// <param name="masks">Privacy masks by camera.</param>
    /// <param name="log">Takes what is logged.</param>
    /// <param name="clock">What the machine says of its clock.</param>
    /// <param name="motion">What movement means, of each camera, as in a city file.</param>
    public static async Task<CameraStation> StartAsync(
        Recogniser? recogniser, TemporaryFolder folder, (string Id, string Source)[] cameras, Dictionary<string, string?>? settings = null, Action<CameraStation>? prepare = null, Dictionary<string, double[][][]>? masks = null, ILoggerProvider? log = null, SetClock? clock = null, object? motion = null)
    {
        var city = new { id = "test", name = "Test", country = "GB", stations = new[] { new { id = Station, name = "Test", latitude = 51.5, longitude = -0.1, cameras = cameras.Select(c => new { id = c.Id, source = c.Source, lane = 2, direction = "inbound", masks = masks?.GetValueOrDefault(c.Id) ?? [], motion }) } } };
        await File.WriteAllTextAsync(folder["city.json"], JsonSerializer.Serialize(city), TestContext.Current.CancellationToken);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Edge:CityFile"] = folder["city.json"],
            ["Edge:SpoolPath"] = folder["spool"],
            ["ConnectionStrings:objects"] = folder["objects"],
            ["Edge:ShedPicturesBelowBytes"] = "0",
            ["Edge:UploadKey"] = UploadKey,
        });
        builder.Configuration.AddInMemoryCollection(settings);
        var services = builder.Services;
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero));
        services.AddSingleton<TimeProvider>(time);
        services.AddSingleton<WorkerHealth>();
        services.AddOptions<EdgeOptions>().BindConfiguration(EdgeOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddConfiguration();
        services.AddHotlist();
        services.AddSingleton<IObjectWriter>(provider => provider.GetRequiredService<IObjectStore>());
        services.AddSingleton<SightingPublisher>();
        services.AddSingleton<StationClock>().AddSingleton<IClockSource>(clock ?? new SetClock(null)).AddHostedService(provider => provider.GetRequiredService<StationClock>());
        services.AddCameras();
        services.AddInbox();
        if (recogniser is null)
        {
            services.Remove(services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType == typeof(CameraWorker)));
        }
        else
        {
            services.AddSingleton(recogniser.Models);
        }

        var app = builder.Build();
        app.MapUploads();
        var station = new CameraStation(app) { Time = time };
        prepare?.Invoke(station);
        await app.StartAsync(TestContext.Current.CancellationToken);
        station.Http.BaseAddress = new Uri(app.Urls.Single());
        return station;
    }

    /// <summary>Whether sightings wait because the disk does not take them.</summary>
    public bool Waits => _app.Services.GetRequiredService<SightingPublisher>().Spools.Single().Trouble is not null;

    /// <summary>Looks vehicles up as the cameras do.</summary>
    public HotlistWatch Hotlist => _app.Services.GetRequiredService<HotlistWatch>();

    public StationClock Clock => _app.Services.GetRequiredService<StationClock>();

    public WorkerHealth Health => _app.Services.GetRequiredService<WorkerHealth>();

    /// <summary>Ids of the cameras that run.</summary>
    public IEnumerable<string> Running => _app.Services.GetRequiredService<CameraBoard>().Of(Station).Select(c => c.CameraId);

    public CameraStatistics Camera(string id) => _app.Services.GetRequiredService<CameraBoard>()[id];

    /// <summary>What a heartbeat would say of a camera.</summary>
    public CameraHeartbeat Beat(string id) => Camera(id).Heartbeat(0, TimeSpan.FromSeconds(1));

    /// <summary>Lets time go on until something is so.</summary>
    public Task Until(Func<bool> condition, string what) => Eventually.IsTrue(
        () =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(250));
            return condition();
        },
        what);

    public Task UntilFinished(string camera) => Until(() => Camera(camera).IsFinished, $"camera {camera} has given all its frames");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
