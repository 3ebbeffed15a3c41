using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using SmartCity.Bricks.Kafka;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Kafka;

/// <summary>The one producer of this process to the core Kafka.</summary>
public sealed class CoreProducer(IConfiguration configuration, ILogger<CoreProducer> logger) : IDisposable
{
    private readonly Lazy<KafkaProducer> _producer = new(() => new KafkaProducer(KafkaConnection.Core(configuration).Producer("smartcity-core"), logger));

    /// <summary>Sends a record; when this returns all replicas have it.</summary>
    /// <exception cref="KafkaException">It was not delivered.</exception>
    public Task ProduceAsync(string topic, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken) =>
        ProduceAsync(new TopicPartition(topic, Partition.Any), message, cancellationToken);

    /// <summary>Sends a record to a partition; when this returns all replicas have it.</summary>
    /// <exception cref="KafkaException">It was not delivered.</exception>
    public Task ProduceAsync(TopicPartition to, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken) =>
        Topics.IsWrittenByCore(to.Topic)
            ? _producer.Value.ProduceAsync(to, message, cancellationToken)
            : throw new ArgumentException($"The core has no right to write to the topic {to.Topic}: see {nameof(Topics)}.{nameof(Topics.IsWrittenByCore)}.", nameof(to));

    public void Dispose()
    {
        if (_producer.IsValueCreated)
        {
            _producer.Value.Dispose();
        }
    }
}
