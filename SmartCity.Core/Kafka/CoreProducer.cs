using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Kafka;

/// <summary>The one producer of this process to the core Kafka, made on first use.</summary>
public sealed class CoreProducer(IConfiguration configuration, ILogger<CoreProducer> logger) : IDisposable
{
    private static readonly TimeSpan FlushAtEnd = TimeSpan.FromSeconds(5);

    private readonly Lazy<IProducer<byte[]?, byte[]?>> _producer = new(() =>
        new ProducerBuilder<byte[]?, byte[]?>(KafkaConnection.Core(configuration).Producer("smartcity-core"))
            .SetErrorHandler((_, error) => logger.LogWarning("The core's Kafka reports a problem: {Error}", error.Reason))
            .SetLogHandler((_, message) => logger.LogDebug("{Facility}: {Message}", message.Facility, message.Message))
            .Build());

    private IAdminClient? _admin;

    /// <summary>Asks the core Kafka through the producer's own connections.</summary>
    public IAdminClient Admin => LazyInitializer.EnsureInitialized(ref _admin, () => new DependentAdminClientBuilder(_producer.Value.Handle).Build());

    /// <summary>Sends a record; when this returns all replicas have it.</summary>
    /// <exception cref="ProduceException{TKey,TValue}">It was not delivered.</exception>
    public Task ProduceAsync(string topic, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken) =>
        _producer.Value.ProduceAsync(topic, message, cancellationToken);

    /// <summary>Sends a record to a partition; when this returns all replicas have it.</summary>
    /// <exception cref="ProduceException{TKey,TValue}">It was not delivered.</exception>
    public Task ProduceAsync(TopicPartition to, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken) =>
        _producer.Value.ProduceAsync(to, message, cancellationToken);

    public void Dispose()
    {
        _admin?.Dispose();
        if (_producer.IsValueCreated)
        {
            _producer.Value.Flush(FlushAtEnd);
            _producer.Value.Dispose();
        }
    }
}
