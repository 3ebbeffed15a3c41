using System.Collections.Concurrent;
using System.Globalization;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>Apache Kafka processes, one for the core and one for each station, and one MirrorMaker 2 that carries the stations' topics to the core.</summary>
internal sealed class KafkaProcesses : IAsyncDisposable
{
    private const int MirrorHeapMegabytes = 384;
    private const string CoreName = "core";

    private readonly ConcurrentDictionary<string, KafkaNode> _nodes = new(StringComparer.Ordinal);
    private SupervisedProcess? _mirror;

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
            Directory.CreateDirectory(data.Below("logs"));
            var nodes = plan.EdgeBrokers.Select(s => (Name: s, Topics: KafkaTopics.OfEdge())).ToList();
            if (plan.StartsCoreKafka)
            {
                nodes.Insert(0, (CoreName, KafkaTopics.OfCore(plan.Stations.Select(s => s.Id))));
            }

            logger.LogInformation("Starting {Count} real Apache Kafka brokers ({Version}, {Java}) …", nodes.Count, kafka.Version, kafka.Java);
            var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(nodes, options, async (node, token) =>
                processes._nodes[node.Name] = await KafkaNode.StartAsync(
                    kafka, node.Name, data.Below("kafka", node.Name), data.Below("logs", $"kafka-{node.Name}.out"), Logging(data, $"kafka-{node.Name}"), node.Topics, health, logger, token));
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
        var sources = plan.Mirrored.Select(s => (s, Plain(Bootstrap(s) ?? configuration.GetConnectionString($"edge-kafka-{s}") ?? configuration.GetConnectionString("edge-kafka")!, s))).ToList();
        var core = Plain(Bootstrap(CoreName) ?? configuration.GetConnectionString("core-kafka")!, CoreName);
        var properties = data.Below("kafka", "mirror-maker.properties");
        var text = MirrorMaker.Properties(sources, core) + string.Create(CultureInfo.InvariantCulture, $"listeners=http://127.0.0.1:{Processes.FreePort()}\n");
        await File.WriteAllTextAsync(properties, text, cancellationToken);
        var log = data.Below("logs", "mirror-maker.log");
        var from = File.Exists(log) ? new FileInfo(log).Length : 0;
        var command = kafka.Command("org.apache.kafka.connect.mirror.MirrorMaker", MirrorHeapMegabytes, Logging(data, "mirror-maker"), [properties, "--clusters", MirrorMaker.Core]);
        _mirror = new SupervisedProcess("mirror-maker", command, data.Below("logs", "mirror-maker.out"), health, logger);
        await _mirror.WhenReadyAsync(token => SaidAsync(log, from, "Kafka MirrorMaker started", token), TimeSpan.FromSeconds(120), cancellationToken);
        logger.LogInformation("MirrorMaker 2 carries the records of {Stations} to the core's Kafka at {Core}. Logs of the brokers and of MirrorMaker 2 are in {Folder}.", string.Join(", ", plan.Mirrored), core, data.Below("logs"));
    }

    private string? Bootstrap(string name) => _nodes.TryGetValue(name, out var node) ? node.BootstrapServers : null;

    private static string Plain(string connectionString, string name) => connectionString.Contains(';', StringComparison.Ordinal)
        ? throw new InvalidOperationException($"The Kafka of {name} needs more settings than its servers, which the MirrorMaker 2 that SmartCity starts does not support. Run a MirrorMaker 2 of your own, or unset KAFKA_HOME to use the built-in mirror.")
        : connectionString;

    private static async Task<bool> SaidAsync(string log, long from, string text, CancellationToken cancellationToken)
    {
        if (!File.Exists(log))
        {
            return false;
        }

        await using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = Math.Min(from, file.Length);
        using var reader = new StreamReader(file);
        return (await reader.ReadToEndAsync(cancellationToken)).Contains(text, StringComparison.Ordinal);
    }

    /// <summary>log4j2's file for one process: 10 MB and one older file.</summary>
    private static string Logging(DataFolder data, string name)
    {
        var file = data.Below("logs", $".{name}.xml");
        var log = System.Security.SecurityElement.Escape(data.Below("logs", $"{name}.log"));
        File.WriteAllText(file, $"""
            <Configuration status="ERROR">
              <Appenders>
                <RollingFile name="file" fileName="{log}" filePattern="{log}.%i">
                  <PatternLayout pattern="%d %-5p %c{1}: %m%n"/>
                  <SizeBasedTriggeringPolicy size="10MB"/>
                  <DefaultRolloverStrategy max="1"/>
                </RollingFile>
              </Appenders>
              <Loggers><Root level="INFO"><AppenderRef ref="file"/></Root></Loggers>
            </Configuration>
            """);
        return file;
    }
}
