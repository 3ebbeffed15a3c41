using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>The infrastructure that is not external, started before the modules, and the settings that lead them to it.</summary>
internal sealed class LocalInfrastructure : IAsyncDisposable
{
    private const int KeyBytes = 32;

    private readonly Stack<IAsyncDisposable> _started = new();
    private readonly Dictionary<string, string?> _settings = new(StringComparer.OrdinalIgnoreCase);

    private LocalInfrastructure()
    {
    }

    /// <summary>Connection strings and options for the modules' configuration.</summary>
    public IReadOnlyDictionary<string, string?> Settings => _settings;

    /// <exception cref="InvalidOperationException">Something could not be started; the message says what and what to do. What was started is stopped again.</exception>
    public static async Task<LocalInfrastructure> StartAsync(InfrastructurePlan plan, IConfiguration configuration, DataFolder data, WorkerHealth health, ILogger logger, CancellationToken cancellationToken)
    {
        var infrastructure = new LocalInfrastructure();
        try
        {
            var postgres = infrastructure.StartPostgresAsync(plan, data, logger, cancellationToken);
            var kafka = infrastructure.StartKafkaAsync(plan, configuration, data, health, logger, cancellationToken);
            await Task.WhenAll(postgres, kafka);
            infrastructure.Configure(plan, configuration, data);
            return infrastructure;
        }
        catch
        {
            await infrastructure.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_started.TryPop(out var started))
        {
            await started.DisposeAsync();
        }
    }

    private async Task StartPostgresAsync(InfrastructurePlan plan, DataFolder data, ILogger logger, CancellationToken cancellationToken)
    {
        if (!plan.StartsPostgres)
        {
            logger.LogInformation("Postgres is external: ConnectionStrings:postgres is set.");
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            throw new InvalidOperationException("On Windows, SmartCity does not start Postgres. Set ConnectionStrings__postgres to a server that runs.");
        }

        var postgres = await EmbeddedPostgres.StartAsync(data.Below("postgres"), cancellationToken);
        Started(postgres, "ConnectionStrings:postgres", postgres.ConnectionString);
        logger.LogInformation("Postgres is running, with its data in {Folder}.", data.Below("postgres"));
    }

    private async Task StartKafkaAsync(InfrastructurePlan plan, IConfiguration configuration, DataFolder data, WorkerHealth health, ILogger logger, CancellationToken cancellationToken)
    {
        if (plan.KafkaHome is not null && plan.StartsKafka)
        {
            var kafka = await KafkaProcesses.StartAsync(plan, configuration, data, health, logger, cancellationToken);
            lock (_started)
            {
                _started.Push(kafka);
            }

            foreach (var (name, connectionString) in kafka.Connections)
            {
                Set($"ConnectionStrings:{name}", connectionString);
            }

            return;
        }

        foreach (var station in plan.EdgeBrokers)
        {
            Started(new InProcessBroker(KafkaTopics.OfEdge()), $"ConnectionStrings:edge-kafka-{station}");
        }

        if (plan.StartsCoreKafka)
        {
            Started(new InProcessBroker(KafkaTopics.OfCore(plan.Stations.Select(s => s.Id))), "ConnectionStrings:core-kafka");
        }

        if (plan.Mirrored.Count == 0)
        {
            logger.LogInformation("Kafka is external at the edge and at the core, so you must run the MirrorMaker 2 between them.");
        }

        if (plan.BrokersForget)
        {
            logger.LogInformation("{Count} Kafka brokers run inside this process. They lose their records at a restart; the edges then publish them again from their spools.", plan.EdgeBrokers.Count + (plan.StartsCoreKafka ? 1 : 0));
        }
    }

    private void Configure(InfrastructurePlan plan, IConfiguration configuration, DataFolder data)
    {
        // The console and the core are one process: their key is made up anew each time.
        var consoleKey = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        Set("Console:CoreKey", consoleKey);
        Set("Core:Access:ServiceKeys:0:Name", "console");
        Set("Core:Access:ServiceKeys:0:Key", consoleKey);
        Set("Core:Access:ServiceKeys:0:Scopes:0", Scope.LiveRead);
        Set("Core:Access:ServiceKeys:0:Scopes:1", Scope.AlertsRead);
        Set("Core:Access:ServiceKeys:0:Scopes:2", Scope.ChargesRead);
        // Where nothing else is said, the edges are in this process too; `run` gives them the core's address.
        var edgeKey = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        Set("Edge:Configuration:Key", edgeKey);
        Set("Core:Access:ServiceKeys:1:Name", "edge");
        Set("Core:Access:ServiceKeys:1:Key", edgeKey);
        Set("Core:Access:ServiceKeys:1:Scopes:0", Scope.EdgeConfig);
        if (configuration["Core:Secrets:Key"] is null && configuration["Core:Secrets:KeyFile"] is null)
        {
            Set("Core:Secrets:KeyFile", data.Below(DataFolder.SecretFile));
        }

        Set("Console:KeysPath", data.Below("console-keys"));
        Set("Edge:SpoolPath", data.Below("spool"));
        if (configuration["Core:Models:SigningKey"] is null && configuration["Core:Models:SigningKeyPath"] is null)
        {
            ModelKeys.Ensure(data.Path);
            Set("Core:Models:SigningKeyPath", ModelKeys.Private(data.Path));
            Set("Edge:Models:PublicKeyPath", ModelKeys.Public(data.Path));
        }

        if (configuration["Core:Models:Training:WorkPath"] is null)
        {
            Set("Core:Models:Training:WorkPath", data.Below(DataFolder.Trainings));
        }

        for (var i = 0; i < plan.Stations.Count; i++)
        {
            Set(string.Create(CultureInfo.InvariantCulture, $"Edge:Stations:{i}"), plan.Stations[i].Id);
        }

        if (plan.Objects is null)
        {
            Set("ConnectionStrings:objects", data.Below("objects"));
        }

        if (plan.UsesMirrorMaker)
        {
            return;
        }

        for (var i = 0; i < plan.Mirrored.Count; i++)
        {
            Set(string.Create(CultureInfo.InvariantCulture, $"Mirror:Stations:{i}"), plan.Mirrored[i]);
        }

        var limit = InProcessBroker.PartitionBytes.ToString(CultureInfo.InvariantCulture);
        if (plan.BrokersForget && plan.EdgeBrokers.Count > 0)
        {
            Set("Edge:BrokerPartitionBytes", limit);
        }

        if (plan.BrokersForget && plan.StartsCoreKafka)
        {
            Set("Mirror:CorePartitionBytes", limit);
            Set("Mirror:CoreReaders:0", "core-ingest");
        }
    }

    private void Started(InProcessBroker broker, string name) => Started(new Ending(broker), name, broker.BootstrapServers);

    private void Started(IAsyncDisposable started, string name, string connectionString)
    {
        lock (_started)
        {
            _started.Push(started);
            _settings[name] = connectionString;
        }
    }

    private void Set(string name, string value)
    {
        lock (_started)
        {
            _settings[name] = value;
        }
    }
}

/// <summary>Topics that are made before anybody uses them.</summary>
internal static class KafkaTopics
{
    private const int SightingPartitions = 6;

    public static (string Topic, int Partitions)[] OfEdge() => [(Topics.Sightings, SightingPartitions), (Topics.StationHeartbeats, 1)];

    public static (string Topic, int Partitions)[] OfCore(IEnumerable<string> stations) =>
    [
        .. stations.SelectMany(s => OfEdge().Select(t => (Topics.Mirrored(s, t.Topic), t.Partitions))),
        (Topics.Alerts, 1),
        (Topics.DeadLetters, 1),
        (Topics.Events, 1),
    ];
}
