using Confluent.Kafka;
using Microsoft.Extensions.Configuration;

namespace SmartCity.ServiceDefaults.Kafka;

/// <summary>
/// A Kafka connection string: bootstrap servers, then librdkafka settings where needed:
/// <c>broker1:9092,broker2:9092;security.protocol=SASL_SSL;sasl.mechanisms=PLAIN;sasl.username=…;sasl.password=…</c>.
/// The settings under <c>Aspire:Confluent:Kafka</c> apply as well; where both have one, that of the connection string counts.
/// </summary>
public sealed class KafkaConnection
{
    private IReadOnlyList<KafkaSetting> _producer = [];
    private IReadOnlyList<KafkaSetting> _consumer = [];
    private IReadOnlyList<KafkaSetting> _admin = [];

    private KafkaConnection(string name, string bootstrapServers) => (Name, BootstrapServers) = (name, bootstrapServers);

    /// <summary>The name of the connection, such as <c>core-kafka</c>: connections of the same name are the same.</summary>
    public string Name { get; }

    public string BootstrapServers { get; }

    /// <summary>Reads <c>ConnectionStrings:{name}</c>, else the connection string in <c>Aspire:Confluent:Kafka</c>, and the settings there.</summary>
    /// <exception cref="InvalidOperationException">It is not configured or not valid; the message names it.</exception>
    public static KafkaConnection Get(IConfiguration configuration, string name)
    {
        var (origin, value) = configuration.GetConnectionString(name) is { } given
            ? ($"ConnectionStrings:{name}", given)
            : KafkaSettings.ConnectionString(configuration, name)
                ?? throw new InvalidOperationException($"ConnectionStrings:{name} is not configured; give the Kafka bootstrap servers, such as localhost:9092.");
        var (servers, settings) = Split(value, origin);
        return new KafkaConnection(name, servers)
        {
            _producer = Checked(KafkaSettings.OfProducer(configuration, name), settings),
            _consumer = Checked(KafkaSettings.OfConsumer(configuration, name), settings),
            _admin = Checked(KafkaSettings.OfAdmin(configuration, name), settings),
        };
    }

    /// <summary>The edge Kafka of a station: the connection <c>edge-kafka-{station}</c>, else <c>edge-kafka</c>.</summary>
    public static KafkaConnection Edge(IConfiguration configuration, string stationId)
    {
        var own = $"{KafkaSettings.EdgeName}-{stationId}";
        return KafkaSettings.HasConnectionString(configuration, own) ? Get(configuration, own) : Get(configuration, "edge-kafka");
    }

    /// <summary>The core Kafka: the connection <c>core-kafka</c>.</summary>
    public static KafkaConnection Core(IConfiguration configuration) => Get(configuration, "core-kafka");

    /// <summary>A connection string without further settings.</summary>
    public static KafkaConnection Parse(string connectionString)
    {
        var (servers, settings) = Split(connectionString, "Kafka connection string");
        var read = Checked([], settings);
        return new KafkaConnection(servers, servers) { _producer = read, _consumer = read, _admin = read };
    }

    private static (string Servers, IReadOnlyList<KafkaSetting> Settings) Split(string connectionString, string origin)
    {
        var parts = connectionString.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0 || parts[0].Contains('=', StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{origin} must begin with bootstrap servers, such as localhost:9092; it has {parts.Length} parts and begins otherwise.");
        }

        return (parts[0], [.. parts.Skip(1).Select(part =>
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            return equals > 0
                ? new KafkaSetting($"{part[..equals]} in {origin}", part[..equals], part[(equals + 1)..], IsOfAnyClient: true)
                : throw new InvalidOperationException($"{origin}: each part after the servers must be setting=value.");
        })]);
    }

    private static List<KafkaSetting> Checked(IEnumerable<KafkaSetting> settings, IEnumerable<KafkaSetting> ofConnectionString)
    {
        List<KafkaSetting> all = [.. settings, .. ofConnectionString];
        all.ForEach(KafkaGuarantees.Check);
        return all;
    }

    /// <summary>An idempotent producer that waits for all replicas and compresses.</summary>
    public ProducerConfig Producer(string clientId) => Apply(_producer, new ProducerConfig
    {
        ClientId = clientId,
        EnableIdempotence = true,
        Acks = Acks.All,
        CompressionType = CompressionType.Lz4,
        LingerMs = 5,
        EnableDeliveryReports = true,
    });

    /// <summary>A consumer that starts at the beginning and commits only what <c>StoreOffset</c> was called for, after the work.</summary>
    public ConsumerConfig Consumer(string clientId, string group) => Apply(_consumer, new ConsumerConfig
    {
        ClientId = clientId,
        GroupId = group,
        AutoOffsetReset = AutoOffsetReset.Earliest,
        EnableAutoCommit = true,
        EnableAutoOffsetStore = false,
        AutoCommitIntervalMs = 1000,
        TopicMetadataRefreshIntervalMs = 2000,
        AllowAutoCreateTopics = false,
        PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
        FetchWaitMaxMs = 50,
    });

    public AdminClientConfig Admin(string clientId) => Apply(_admin, new AdminClientConfig { ClientId = clientId });

    private T Apply<T>(IReadOnlyList<KafkaSetting> settings, T config)
        where T : ClientConfig
    {
        config.BootstrapServers = BootstrapServers;
        foreach (var setting in settings)
        {
            config.Set(setting.Key, setting.Value);
        }

        return config;
    }
}
