using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Hotlist;
using SmartCity.Edge.Mirroring;
using SmartCity.Edge.Publishing;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>Spool, delivery and mirror of one station as they run, without cameras.</summary>
internal sealed class EdgeTransport : IAsyncDisposable
{
    public const string Station = "london-a1";

    public static readonly DateTimeOffset Start = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    private readonly IHost _host;

    private EdgeTransport(IHost host) => _host = host;

    public SightingPublisher Publisher => _host.Services.GetRequiredService<SightingPublisher>();

    /// <summary>Where it was added.</summary>
    public HotlistWatch Hotlist => _host.Services.GetRequiredService<HotlistWatch>();

    public WorkerHealth Health => _host.Services.GetRequiredService<WorkerHealth>();

    public static async Task<EdgeTransport> StartAsync(Dictionary<string, string?> settings, Action<IServiceCollection>? more = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Configuration["Edge:Stations:0"] = Station;
        var services = builder.Services;
        services.AddLogging(logging => logging.ClearProviders());
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<WorkerHealth>();
        services.AddOptions<EdgeOptions>().BindConfiguration(EdgeOptions.Section);
        services.AddOptions<ConfigurationOptions>().BindConfiguration(ConfigurationOptions.Section);
        services.AddSingleton<ServedStations>();
        services.AddSpool();
        services.AddMirroring();
        more?.Invoke(services);
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new EdgeTransport(host);
    }

    /// <summary>The n-th vehicle past the camera, a second after the one before.</summary>
    public static ObservedVehicle Vehicle(int number, bool pictures = false, ActivityContext trace = default)
    {
        var at = Start.AddSeconds(number);
        var id = Guid.CreateVersion7(at);
        return new ObservedVehicle(
            new Sighting
            {
                Id = id,
                CapturedAt = at,
                StationId = Station,
                CameraId = "a1-n1",
                Plate = number % 10 == 9 ? null : $"LR{number % 100:00}TEE",
                Confidence = 0.97,
                Evidence = pictures ? Sighting.EvidenceKey(Station, at, id) : null,
            },
            pictures ? [0xFF, 0xD8, 1, (byte)number] : null,
            pictures ? [0xFF, 0xD8, 2, (byte)number] : null,
            trace);
    }

    public async Task<List<ObservedVehicle>> PublishAsync(int from, int to, bool pictures = false)
    {
        var vehicles = Enumerable.Range(from, to - from).Select(i => Vehicle(i, pictures)).ToList();
        await Task.WhenAll(vehicles.Select(v => Publisher.PublishAsync(v, TestContext.Current.CancellationToken).AsTask()));
        return vehicles;
    }

    public Task IsSettled() => Eventually.IsTrue(() => Publisher.TotalWaiting == 0, "everything is delivered");

    /// <summary>Waits for a background service that is expected to fail, and throws what it failed with.</summary>
    public Task Ended(string service) =>
        _host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Single(s => s.GetType().Name == service).ExecuteTask!;

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        if (_host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }
}
