using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using SmartCity.AllInOne.Infrastructure;

namespace SmartCity.Bench.Crashes;

/// <summary>Three Kafka brokers on this machine, each record on all of them and acknowledged by two, any of which can be killed.</summary>
internal sealed class KafkaCluster : IAsyncDisposable
{
    private const int Brokers = 3;
    private const int HeapMegabytes = 320;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(3);

    private readonly KafkaInstallation _kafka;
    private readonly string _folder;
    private readonly int[] _ports = [.. Enumerable.Range(0, Brokers).Select(_ => Processes.FreePort())];
    private readonly int[] _controllers = [.. Enumerable.Range(0, Brokers).Select(_ => Processes.FreePort())];
    private readonly Process?[] _processes = new Process?[Brokers];

    private KafkaCluster(KafkaInstallation kafka, string folder) => (_kafka, _folder) = (kafka, folder);

    public string BootstrapServers => string.Join(',', _ports.Select(p => $"127.0.0.1:{p}"));

    public static async Task<KafkaCluster> StartAsync(string home, string folder, IEnumerable<(string Topic, int Partitions)> topics, CancellationToken cancellationToken)
    {
        var cluster = new KafkaCluster(await KafkaInstallation.FindAsync(home, cancellationToken), folder);
        try
        {
            for (var i = 0; i < Brokers; i++)
            {
                Directory.CreateDirectory(cluster.Folder(i));
                await File.WriteAllTextAsync(cluster.Settings(i), cluster.Properties(i), cancellationToken);
                var format = cluster._kafka.Command("kafka.tools.StorageTool", 128, null, ["format", "-t", "sThreeBrokersOfABench1", "-c", cluster.Settings(i)]);
                await Processes.RunAsync(format[0], format.Skip(1), cancellationToken);
                cluster.Start(i);
            }

            await cluster.WhenAllAreInAsync(cancellationToken);
            using var admin = cluster.Admin();
            await admin.CreateTopicsAsync(topics.Select(t => new TopicSpecification { Name = t.Topic, NumPartitions = t.Partitions, ReplicationFactor = Brokers }));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>kill -9, and a start at once.</summary>
    public async Task CrashAsync(int number, CancellationToken cancellationToken)
    {
        var i = number % Brokers;
        _processes[i]!.Kill(entireProcessTree: true);
        await _processes[i]!.WaitForExitAsync(cancellationToken);
        Start(i);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.OfType<Process>())
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private void Start(int i)
    {
        var output = Path.Combine(Folder(i), "output");
        var command = _kafka.Command("kafka.Kafka", HeapMegabytes, null, [Settings(i)]);
        _processes[i]?.Dispose();
        _processes[i] = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", output, .. command]))!;
    }

    private async Task WhenAllAreInAsync(CancellationToken cancellationToken)
    {
        using var admin = Admin();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (admin.GetMetadata(TimeSpan.FromSeconds(2)).Brokers.Count == Brokers)
                {
                    return;
                }
            }
            catch (KafkaException) when (Stopwatch.GetElapsedTime(started) < ReadyWithin)
            {
                // not yet
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
            if (Stopwatch.GetElapsedTime(started) > ReadyWithin)
            {
                throw new InvalidOperationException($"The brokers are not up after {ReadyWithin.TotalSeconds:0} s; {Folder(0)}/output says why.");
            }
        }
    }

    private IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    private string Folder(int i) => Path.Combine(_folder, $"broker-{i + 1}");

    private string Settings(int i) => Path.Combine(Folder(i), "server.properties");

    private string Properties(int i) => string.Create(CultureInfo.InvariantCulture, $"""
        process.roles=broker,controller
        node.id={i + 1}
        controller.quorum.voters={string.Join(',', _controllers.Select((port, n) => $"{n + 1}@127.0.0.1:{port}"))}
        listeners=PLAINTEXT://127.0.0.1:{_ports[i]},CONTROLLER://127.0.0.1:{_controllers[i]}
        advertised.listeners=PLAINTEXT://127.0.0.1:{_ports[i]}
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
        controller.listener.names=CONTROLLER
        inter.broker.listener.name=PLAINTEXT
        log.dirs={Path.Combine(Folder(i), "data")}
        default.replication.factor={Brokers}
        min.insync.replicas=2
        offsets.topic.replication.factor={Brokers}
        offsets.topic.num.partitions=4
        transaction.state.log.replication.factor={Brokers}
        transaction.state.log.min.isr=2
        broker.session.timeout.ms=6000
        group.initial.rebalance.delay.ms=0

        """);
}
