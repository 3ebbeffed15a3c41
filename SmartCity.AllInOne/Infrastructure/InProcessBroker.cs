using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>
/// A Kafka broker inside this process: librdkafka's mock cluster, from the very library that Confluent.Kafka loads.
/// It speaks the protocol on a loopback port. A partition keeps 5 MB, and nothing survives the process.
/// </summary>
internal sealed partial class InProcessBroker : IDisposable
{
    /// <summary>What a partition keeps; older records vanish, read or not.</summary>
    public const long PartitionBytes = 5_000_000;

    private const string Native = "librdkafka-of-confluent";
    private const int Producer = 0;

    // Records of a partition that stay when they were read, and how many more of them come together before some go.
    private const int RecordsKept = 50;

    private static readonly Lock Loading = new();
    private static readonly ConcurrentDictionary<string, InProcessBroker> Running = new(StringComparer.Ordinal);
    private static bool _loaded;

    // librdkafka wants a client for a cluster, and one carries as many as are wanted: each client costs three threads and some hundred kilobytes.
    private static nint _client;
    private static int _clusters;

    private readonly Dictionary<TopicPartition, long> _forgotten = new();
    private nint _cluster;

    /// <summary>Starts a broker with the topics given; other topics appear on first use.</summary>
    /// <exception cref="InvalidOperationException">librdkafka could not make the cluster.</exception>
    public InProcessBroker(params ReadOnlySpan<(string Topic, int Partitions)> topics)
    {
        Load();
        lock (Loading)
        {
            _client = _clusters > 0 ? _client : NewClient();
            _cluster = NewCluster(_client, 1);
            if (_cluster == 0)
            {
                Release();
                throw new InvalidOperationException("The broker in the process could not start: librdkafka did not create a mock cluster.");
            }

            _clusters++;
        }

        SetRebalanceDelay(_cluster, 50);
        foreach (var (topic, partitions) in topics)
        {
            CreateTopic(topic, partitions);
        }

        BootstrapServers = Marshal.PtrToStringUTF8(Bootstraps(_cluster))!;
        Running[BootstrapServers] = this;
    }

    /// <summary><c>127.0.0.1:port</c>.</summary>
    public string BootstrapServers { get; }

    public void CreateTopic(string topic, int partitions)
    {
        var code = CreateTopic(_cluster, topic, partitions, 1);
        if (code != 0)
        {
            throw new InvalidOperationException($"The broker in the process could not create the topic {topic}: {new Error((ErrorCode)code).Reason}.");
        }
    }

    /// <summary>
    /// What lies before an offset was read by whom it was for and may go, if the address is that of a broker in this process; the last few records
    /// are kept for whoever looks.
    /// </summary>
    public static void Forget(string bootstrapServers, TopicPartitionOffset read)
    {
        if (Running.TryGetValue(bootstrapServers, out var broker))
        {
            broker.Forget(read);
        }
    }

    public void Dispose()
    {
        Running.TryRemove(BootstrapServers, out _);
        lock (_forgotten)
        {
            if (_cluster == 0)
            {
                return;
            }

            DestroyCluster(_cluster);
            _cluster = 0;
        }

        lock (Loading)
        {
            _clusters--;
            Release();
        }
    }

    private void Forget(TopicPartitionOffset read)
    {
        var before = read.Offset.Value - RecordsKept;
        lock (_forgotten)
        {
            if (_cluster == 0 || before - _forgotten.GetValueOrDefault(read.TopicPartition) < RecordsKept)
            {
                return;
            }

            var code = DeleteRecords(_cluster, read.Topic, read.Partition.Value, before);
            if (code != 0)
            {
                throw new InvalidOperationException($"The broker in the process could not forget {read.TopicPartition} before {before}: {new Error((ErrorCode)code).Reason}.");
            }

            _forgotten[read.TopicPartition] = before;
        }
    }

    private static nint NewClient()
    {
        var error = new byte[512];
        var configuration = NewConfiguration();
        Configure(configuration, "log_level", "3", error, (nuint)error.Length); // the client only carries clusters and has no servers to complain of
        var client = New(Producer, configuration, error, (nuint)error.Length);
        return client != 0 ? client : throw new InvalidOperationException($"The broker in the process could not start: {Text(error)}");
    }

    private static void Release()
    {
        if (_clusters == 0)
        {
            Destroy(_client);
            _client = 0;
        }
    }

    private static void Load()
    {
        lock (Loading)
        {
            if (_loaded)
            {
                return;
            }

            // Confluent.Kafka picks a variant for the system; take the same file, so that one copy is in the process.
            Library.Load();
            using var process = Process.GetCurrentProcess();
            var path = process.Modules.Cast<ProcessModule>().FirstOrDefault(m => m.ModuleName.Contains("librdkafka", StringComparison.Ordinal))?.FileName
                ?? throw new InvalidOperationException("librdkafka is not loaded in this process; Confluent.Kafka's native library is missing for this system.");
            NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => name == Native ? NativeLibrary.Load(path) : 0);
            _loaded = true;
        }
    }

    private static string Text(byte[] text) => System.Text.Encoding.UTF8.GetString(text.AsSpan(0, Math.Max(0, Array.IndexOf(text, (byte)0))));

    [LibraryImport(Native, EntryPoint = "rd_kafka_conf_new")]
    private static partial nint NewConfiguration();

    [LibraryImport(Native, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Configure(nint configuration, string name, string value, byte[] error, nuint size);

    [LibraryImport(Native, EntryPoint = "rd_kafka_new")]
    private static partial nint New(int type, nint configuration, byte[] error, nuint size);

    [LibraryImport(Native, EntryPoint = "rd_kafka_destroy")]
    private static partial void Destroy(nint client);

    [LibraryImport(Native, EntryPoint = "rd_kafka_mock_cluster_new")]
    private static partial nint NewCluster(nint client, int brokers);

    [LibraryImport(Native, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    private static partial void DestroyCluster(nint cluster);

    [LibraryImport(Native, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    private static partial nint Bootstraps(nint cluster);

    [LibraryImport(Native, EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateTopic(nint cluster, string topic, int partitions, int replicas);

    [LibraryImport(Native, EntryPoint = "rd_kafka_mock_partition_delete_records", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DeleteRecords(nint cluster, string topic, int partition, long before);

    [LibraryImport(Native, EntryPoint = "rd_kafka_mock_group_initial_rebalance_delay_ms")]
    private static partial void SetRebalanceDelay(nint cluster, int milliseconds);
}
