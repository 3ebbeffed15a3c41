using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Database;
using SmartCity.Core.Tests.Database;
using SmartCity.ServiceDefaults;

namespace SmartCity.Core.Tests.Hosting;

/// <summary>The core as it runs: its own process module, a database of its own, a broker of its own, HTTP on a free loopback port.</summary>
public sealed class CoreHost(PostgresServer server) : IAsyncLifetime
{
    public const string AdministratorPassword = "a long first password";

    /// <summary>What the database does not have.</summary>
    public const string Secret = "a secret of the tests that is long enough";

    private const string Key = "a key of the tests that may do everything";

    private readonly DirectoryInfo _objects = Directory.CreateTempSubdirectory("smartcity-objects");
    private WebApplication? _app;
    private IProducer<byte[]?, byte[]?>? _producer;

    /// <summary>What is set beside the usual, before it starts.</summary>
    public Dictionary<string, string?>? Settings { get; set; }

    /// <summary>Whether Postgres may take longer to answer than where a core really runs: here all tests share one server and its machine.</summary>
    public bool IsPatient { get; init; } = true;

    public PostgresFixture Postgres { get; } = new(server);

    /// <summary>Where its objects lie.</summary>
    public string ObjectsFolder => _objects.FullName;

    // The broker forms a group anew only when the old one's session has run out, so the topics are there before the core is.
    internal InProcessBroker Broker { get; } = new(
        [.. City.Load(null).Stations.Select(s => (Topics.Mirrored(s.Id, Topics.Sightings), 1)), .. City.Load(null).Stations.Select(s => (Topics.Mirrored(s.Id, Topics.StationHeartbeats), 1)), (Topics.DeadLetters, 1), (Topics.Alerts, 1), (Topics.Events, 1)]);

    public HttpClient Http { get; private set; } = null!;

    public IServiceProvider Services => _app!.Services;

    public async ValueTask InitializeAsync()
    {
        await Postgres.InitializeAsync();
        _app = Build(Postgres.ConnectionString, Settings);
        await _app.StartAsync();
        await _app.Services.GetRequiredService<DatabaseStartup>().Ready;
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Http = new HttpClient { BaseAddress = new Uri(address) };
        Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        _producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = Broker.BootstrapServers, LingerMs = 1 }).Build();
    }

    /// <summary>Another core beside this one, with the same broker and objects; nothing of it runs yet.</summary>
    public WebApplication Build(string postgres, Dictionary<string, string?>? settings = null, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:postgres"] = postgres,
            ["ConnectionStrings:core-kafka"] = Broker.BootstrapServers,
            ["ConnectionStrings:objects"] = _objects.FullName,
            ["Core:Secrets:Key"] = Secret,
            ["Core:Access:FirstPassword"] = AdministratorPassword,
            ["Core:Access:ServiceKeys:0:Name"] = "tests",
            ["Core:Access:ServiceKeys:0:Key"] = Key,
            ["Core:Faces:Enabled"] = "true",
            ["Core:Webhooks:AllowPrivate"] = "true",
            ["Core:Webhooks:FirstRetry"] = "00:00:00.200",
            ["Core:Webhooks:Timeout"] = "00:00:10",
            ["Core:EdgeHotlist:Refresh"] = "00:00:00",
            ["Aspire:Confluent:Kafka:Consumer:Config:SessionTimeoutMs"] = "6000",
            ["Aspire:Confluent:Kafka:Consumer:Config:HeartbeatIntervalMs"] = "1000",
            ["urls"] = "http://127.0.0.1:0",
        });
        builder.Configuration.AddInMemoryCollection(Scope.All.Select((scope, i) => KeyValuePair.Create($"Core:Access:ServiceKeys:0:Scopes:{i}", (string?)scope)));
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        if (IsPatient)
        {
            builder.Services.AddSingleton(new DatabasePatience(TimeSpan.FromSeconds(30)));
        }

        builder.AddServiceDefaults();
        builder.AddCore();
        configure?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapCore();
        return app;
    }

    public async Task SendAsync(string topic, byte[] value, Headers? headers = null, byte[]? key = null) =>
        await _producer!.ProduceAsync(topic, new Message<byte[]?, byte[]?> { Key = key, Value = value, Headers = headers });

    public Task SendAsync(Sighting sighting, Headers? headers = null) =>
        SendAsync(
            Topics.Mirrored(sighting.StationId, Topics.Sightings),
            JsonSerializer.SerializeToUtf8Bytes(sighting, ContractsJson.Default.Sighting),
            headers,
            System.Text.Encoding.UTF8.GetBytes(sighting.Plate ?? "?"));

    /// <summary>Waits until the condition holds.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, int seconds = 90)
    {
        var deadline = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(seconds), $"Not after {seconds} s: {what}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _producer!.Dispose();
        await _app!.StopAsync();
        await _app.DisposeAsync();
        Broker.Dispose();
        await Postgres.DisposeAsync();
        _objects.Delete(recursive: true);
    }
}
