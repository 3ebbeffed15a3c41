using Confluent.Kafka;
using Microsoft.Extensions.Configuration;

namespace SmartCity.ServiceDefaults.Kafka;

/// <summary>
/// A Kafka connection string: bootstrap servers, then librdkafka settings where needed:
/// <c>broker1:9092,broker2:9092;security.protocol=SASL_SSL;sasl.mechanisms=PLAIN;sasl.username=…;sasl.password=…</c>.
/// </summary>
public sealed class KafkaConnection
{
    private readonly Dictionary<string, string> _settings = new(StringComparer.Ordinal);

    private KafkaConnection(string bootstrapServers) => BootstrapServers = bootstrapServers;

    public string BootstrapServers { get; }

    /// <summary>Reads <c>ConnectionStrings:{name}</c>.</summary>
    /// <exception cref="InvalidOperationException">It is not configured or not valid; the message names it.</exception>
    public static KafkaConnection Get(IConfiguration configuration, string name) =>
        Parse(configuration.GetConnectionString(name)
            ?? throw new InvalidOperationException($"ConnectionStrings:{name} is not configured; give the Kafka bootstrap servers, such as localhost:9092."));

    /// <summary>The edge Kafka of a station: <c>ConnectionStrings:edge-kafka-{station}</c>, else <c>ConnectionStrings:edge-kafka</c>.</summary>
    public static KafkaConnection Edge(IConfiguration configuration, string stationId) =>
        Get(configuration, configuration.GetConnectionString($"edge-kafka-{stationId}") is null ? "edge-kafka" : $"edge-kafka-{stationId}");

    /// <summary>The core Kafka: <c>ConnectionStrings:core-kafka</c>.</summary>
    public static KafkaConnection Core(IConfiguration configuration) => Get(configuration, "core-kafka");

    public static KafkaConnection Parse(string connectionString)
    {
        var parts = connectionString.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0 || parts[0].Contains('=', StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"Kafka connection string must begin with bootstrap servers, such as localhost:9092; it has {parts.Length} parts and begins otherwise.");
        }

        var connection = new KafkaConnection(parts[0]);
        foreach (var part in parts.Skip(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new InvalidOperationException("Kafka connection string: each part after the servers must be setting=value.");
            }

            connection._settings[part[..equals]] = part[(equals + 1)..];
        }

        return connection;
    }

    /// <summary>An idempotent producer that waits for all replicas and compresses.</summary>
    public ProducerConfig Producer(string clientId) => Apply(new ProducerConfig
    {
        ClientId = clientId,
        EnableIdempotence = true,
        Acks = Acks.All,
        CompressionType = CompressionType.Lz4,
        LingerMs = 5,
        EnableDeliveryReports = true,
    });

    /// <summary>A consumer that starts at the beginning and commits only what <c>StoreOffset</c> was called for, after the work.</summary>
    public ConsumerConfig Consumer(string clientId, string group) => Apply(new ConsumerConfig
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

    public AdminClientConfig Admin(string clientId) => Apply(new AdminClientConfig { ClientId = clientId });

    private T Apply<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = BootstrapServers;
        foreach (var (key, value) in _settings)
        {
            config.Set(key, value);
        }

        return config;
    }
}
