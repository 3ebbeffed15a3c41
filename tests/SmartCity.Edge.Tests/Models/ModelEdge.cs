using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenCvSharp;
using SmartCity.Contracts.Models;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Models;
using SmartCity.Edge.Tests.Cameras;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Tests.Models;

/// <summary>Recognition and models of an edge as they run, without cameras: the test reads pictures itself.</summary>
internal sealed class ModelEdge : IAsyncDisposable
{
    private readonly IHost _host;

    private ModelEdge(IHost host) => _host = host;

    public PlateRecogniser Recogniser => _host.Services.GetRequiredService<PlateRecogniser>();

    public ModelStore Store => _host.Services.GetRequiredService<ModelStore>();

    public WorkerHealth Health => _host.Services.GetRequiredService<WorkerHealth>();

    public ModelHeartbeat Beat => _host.Services.GetRequiredService<ModelBoard>().Beats.Single();

    public static async Task<ModelEdge> StartAsync(TemporaryFolder folder, FakeCore core, TestModels models, Dictionary<string, string?>? settings = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Edge:Stations:0"] = CameraStation.Station,
            ["Edge:SpoolPath"] = folder["spool"],
            ["Edge:Configuration:Address"] = core.Address,
            ["Edge:Configuration:Key"] = FakeCore.Key,
            ["Edge:Configuration:Interval"] = "00:00:00.100",
            ["Edge:Models:PublicKey"] = models.PublicKeyPem,
            ["Edge:Models:Interval"] = "00:00:00.050",
            ["Edge:Models:ShadowEvery"] = "1",
            ["Edge:Models:ShadowPlates"] = "3",
            ["Edge:Models:MostTimes"] = "100",
            ["Edge:Models:Watched"] = "00:10:00",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        var services = builder.Services;
        services.AddLogging(logging => logging.ClearProviders());
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<WorkerHealth>();
        services.AddOptions<EdgeOptions>().BindConfiguration(EdgeOptions.Section);
        services.AddConfiguration();
        services.AddRecognition();
        var edge = new ModelEdge(builder.Build());
        await edge._host.StartAsync(TestContext.Current.CancellationToken);
        return edge;
    }

    /// <summary>Reads the picture of a vehicle.</summary>
    public PlateRead Read()
    {
        using var street = TestPictures.Street("LR33TEE");
        return Assert.Single(Recogniser.Recognise(street));
    }

    /// <summary>Reads on until something is so.</summary>
    public Task UntilAsync(Func<ModelHeartbeat, bool> condition, string what) => Eventually.IsTrue(
        () =>
        {
            Read();
            return condition(Beat);
        },
        what);

    /// <summary>The process dies: nothing ends in order.</summary>
    public void Die() => _host.Dispose();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }
}
