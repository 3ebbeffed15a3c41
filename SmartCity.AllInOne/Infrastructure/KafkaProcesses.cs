using System.Collections.Concurrent;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>Apache Kafka processes, one for the core and one for each station, and one MirrorMaker 2 that carries the stations' topics to the core.</summary>
internal sealed class KafkaProcesses : IAsyncDisposable
{
    private const string CoreName = "core";

    private readonly ConcurrentDictionary<string, KafkaNode> _nodes = new(StringComparer.Ordinal);
    private MirrorMakerProcess? _mirror;

    private KafkaProcesses()
    {
    }

    /// <summary>Connection string by its name: <c>core-kafka</c>, <c>edge-kafka-{station}</c>.</summary>
    public IEnumerable<(string Name, string ConnectionString)> Connections =>
        _nodes.Select(n => (n.Key == CoreName ? "core-kafka" : $"edge-kafka-{n.Key}", n.Value.BootstrapServers));

    /// <exception cref="InvalidOperationException">Kafka is not there or did not start; the message says what to do.</exception>
    public static async Task<KafkaProcesses> StartAsync(InfrastructurePlan plan, IConfiguration configuration, DataFolder data, WorkerHealth health, ILogger logger, CancellationToken cancellationToken)
    {
        var kafka = await KafkaInstallation.FindAsync(plan.KafkaHome!, cancellationToken);
        var processes = new KafkaProcesses();
        try
        {
            var nodes = plan.EdgeBrokers.Select(s => (Name: s, Topics: KafkaTopics.OfEdge())).ToList();
            if (plan.StartsCoreKafka)
            {
                nodes.Insert(0, (CoreName, KafkaTopics.OfCore(plan.Stations.Select(s => s.Id))));
            }

            logger.LogInformation("Starting {Count} real Apache Kafka brokers ({Version}, {Java}) …", nodes.Count, kafka.Version, kafka.Java);
            var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(nodes, options, async (node, token) =>
                processes._nodes[node.Name] = await KafkaNode.StartAsync(
                    kafka, node.Name, null, data.Below("kafka", node.Name), KafkaLog.Of(data, $"kafka-{node.Name}"), node.Topics, health, logger, token));
            if (plan.UsesMirrorMaker)
            {
                await processes.StartMirrorAsync(kafka, plan, configuration, data, health, logger, cancellationToken);
            }

            return processes;
        }
        catch
        {
            await processes.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_mirror is not null)
        {
            await _mirror.DisposeAsync();
        }

        await Task.WhenAll(_nodes.Values.Select(n => n.DisposeAsync().AsTask()));
    }

    private async Task StartMirrorAsync(KafkaInstallation kafka, InfrastructurePlan plan, IConfiguration configuration, DataFolder data, WorkerHealth health, ILogger logger, CancellationToken cancellationToken)
    {
        var sources = plan.Mirrored.Select(s => (s, Bootstrap(s) ?? configuration.GetConnectionString($"edge-kafka-{s}") ?? configuration.GetConnectionString("edge-kafka")!)).ToList();
        var core = Bootstrap(CoreName) ?? configuration.GetConnectionString("core-kafka")!;
        _mirror = await MirrorMakerProcess.StartAsync(kafka, sources, core, data, health, logger, cancellationToken);
    }

    private string? Bootstrap(string name) => _nodes.TryGetValue(name, out var node) ? node.BootstrapServers : null;
}
