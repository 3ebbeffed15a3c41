using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>One Apache Kafka broker (KRaft, broker and controller in one process) with its data in a folder. Data and port survive a restart.</summary>
internal sealed class KafkaNode : IAsyncDisposable
{
    private const int HeapMegabytes = 256;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Ask = TimeSpan.FromSeconds(2);

    private readonly SupervisedProcess _process;

    private KafkaNode(string bootstrapServers, SupervisedProcess process)
    {
        BootstrapServers = bootstrapServers;
        _process = process;
    }

    public string BootstrapServers { get; }

    /// <param name="wantedPort">Null for the port of the last start, or a free one.</param>
    /// <exception cref="InvalidOperationException">It did not start; the message holds the end of its log.</exception>
    public static async Task<KafkaNode> StartAsync(
        KafkaInstallation kafka, string name, int? wantedPort, string folder, KafkaLog log, IReadOnlyList<(string Topic, int Partitions)> topics, WorkerHealth health, ILogger logger, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var ports = await KeptPorts.TakeAsync(Path.Combine(folder, "ports"), 2, wantedPort, cancellationToken);
        var (port, controller) = (ports[0], ports[1]);
        var properties = Path.Combine(folder, "server.properties");
        await File.WriteAllTextAsync(properties, Properties(folder, port, controller), cancellationToken);
        if (!File.Exists(Path.Combine(folder, "data", "meta.properties")))
        {
            var command = kafka.Command("kafka.tools.StorageTool", 128, null, ["format", "-t", ClusterId(), "-c", properties]);
            await Processes.RunAsync(command[0], command.Skip(1), cancellationToken);
        }

        var process = new SupervisedProcess($"kafka {name}", kafka.Command("kafka.Kafka", HeapMegabytes, log, [properties]), log.Output, health, logger);
        var node = new KafkaNode($"127.0.0.1:{port}", process);
        try
        {
            await process.WhenReadyAsync(_ => Task.Run(node.Answers, cancellationToken), ReadyWithin, cancellationToken);
            await node.CreateAsync(topics);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private bool Answers()
    {
        using var admin = Admin();
        try
        {
            return admin.GetMetadata(Ask).Brokers.Count > 0;
        }
        catch (KafkaException)
        {
            return false; // not yet
        }
    }

    private async Task CreateAsync(IReadOnlyList<(string Topic, int Partitions)> topics)
    {
        if (topics.Count == 0)
        {
            return;
        }

        using var admin = Admin();
        try
        {
            await admin.CreateTopicsAsync(topics.Select(t => new TopicSpecification { Name = t.Topic, NumPartitions = t.Partitions, ReplicationFactor = 1 }));
        }
        catch (CreateTopicsException e) when (e.Results.All(r => r.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists))
        {
            // From an earlier run: they keep what they hold.
        }
    }

    private IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).SetLogHandler((_, _) => { }).Build();

    private static string Properties(string folder, int port, int controller) => string.Create(CultureInfo.InvariantCulture, $"""
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:{controller}
        listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
        advertised.listeners=PLAINTEXT://127.0.0.1:{port}
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
        controller.listener.names=CONTROLLER
        inter.broker.listener.name=PLAINTEXT
        log.dirs={Path.Combine(folder, "data")}
        num.partitions=6
        num.network.threads=2
        num.io.threads=2
        background.threads=2
        offsets.topic.replication.factor=1
        offsets.topic.num.partitions=4
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        transaction.state.log.num.partitions=4
        share.coordinator.state.topic.replication.factor=1
        share.coordinator.state.topic.min.isr=1
        group.initial.rebalance.delay.ms=0
        log.retention.hours=72
        log.message.timestamp.type=LogAppendTime
        log.segment.bytes=67108864
        log.index.size.max.bytes=1048576
        log.cleaner.dedupe.buffer.size=16777216

        """);

    // The id of a cluster is 16 bytes in URL-safe base64; tools take one that begins with '-' for an option.
    private static string ClusterId() => "s" + Convert.ToBase64String(Guid.NewGuid().ToByteArray()).Replace('+', 'a').Replace('/', 'b')[1..22];
}
