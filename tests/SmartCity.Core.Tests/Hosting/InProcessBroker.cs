using System.Runtime.InteropServices;
using System.Text;

namespace SmartCity.Core.Tests.Hosting;

/// <summary>librdkafka's mock cluster: a broker on a loopback port that speaks Kafka's protocol, groups and offsets included.</summary>
public sealed class InProcessBroker : IDisposable
{
    private const int Producer = 0;

    private readonly IntPtr _handle;
    private readonly IntPtr _cluster;

    // Confluent.Kafka ships one build for each C library; it takes the first that loads, and so does this.
    static InProcessBroker() => NativeLibrary.SetDllImportResolver(typeof(InProcessBroker).Assembly, (name, assembly, path) =>
        name == "librdkafka"
            ? new[] { "librdkafka", "centos8-librdkafka", "alpine-librdkafka" }.Select(n => NativeLibrary.TryLoad(n, assembly, path, out var library) ? library : IntPtr.Zero).FirstOrDefault(l => l != IntPtr.Zero)
            : IntPtr.Zero);

    public InProcessBroker()
    {
        var error = new byte[512];
        _handle = rd_kafka_new(Producer, IntPtr.Zero, error, error.Length);
        if (_handle == IntPtr.Zero)
        {
            throw new InvalidOperationException(Encoding.UTF8.GetString(error));
        }

        _cluster = rd_kafka_mock_cluster_new(_handle, 1);
        Bootstrap = Marshal.PtrToStringUTF8(rd_kafka_mock_cluster_bootstraps(_cluster))!;
    }

    public string Bootstrap { get; }

    public void CreateTopic(string name, int partitions) => Assert.Equal(0, rd_kafka_mock_topic_create(_cluster, name, partitions, 1));

    public void Dispose()
    {
        rd_kafka_mock_cluster_destroy(_cluster);
        rd_kafka_destroy(_handle);
    }

#pragma warning disable CA5392, SYSLIB1054, CA2101 // the library lies beside the test and was loaded by Confluent.Kafka
    [DllImport("librdkafka")]
    private static extern IntPtr rd_kafka_new(int type, IntPtr conf, byte[] error, nint size);

    [DllImport("librdkafka")]
    private static extern void rd_kafka_destroy(IntPtr handle);

    [DllImport("librdkafka")]
    private static extern IntPtr rd_kafka_mock_cluster_new(IntPtr handle, int brokers);

    [DllImport("librdkafka")]
    private static extern void rd_kafka_mock_cluster_destroy(IntPtr cluster);

    [DllImport("librdkafka")]
    private static extern IntPtr rd_kafka_mock_cluster_bootstraps(IntPtr cluster);

    [DllImport("librdkafka")]
    private static extern int rd_kafka_mock_topic_create(IntPtr cluster, [MarshalAs(UnmanagedType.LPUTF8Str)] string topic, int partitions, int replicas);
#pragma warning restore CA5392, SYSLIB1054, CA2101
}
