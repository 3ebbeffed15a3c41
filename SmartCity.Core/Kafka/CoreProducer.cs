using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Kafka;

/// <summary>The one producer of this process to the core Kafka, made on first use, and made anew after an error from which librdkafka does not come back.</summary>
public sealed class CoreProducer(IConfiguration configuration, ILogger<CoreProducer> logger) : IDisposable
{
    private static readonly TimeSpan FlushAtEnd = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private IProducer<byte[]?, byte[]?>? _producer;

    /// <summary>Sends a record; when this returns all replicas have it.</summary>
    /// <exception cref="ProduceException{TKey,TValue}">It was not delivered.</exception>
    public Task ProduceAsync(string topic, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken) =>
        ProduceAsync(new TopicPartition(topic, Partition.Any), message, cancellationToken);

    /// <summary>Sends a record to a partition; when this returns all replicas have it.</summary>
    /// <exception cref="ProduceException{TKey,TValue}">It was not delivered.</exception>
    public async Task ProduceAsync(TopicPartition to, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken)
    {
        if (!Topics.IsWrittenByCore(to.Topic))
        {
            throw new ArgumentException($"The core has no right to write to the topic {to.Topic}: see {nameof(Topics)}.{nameof(Topics.IsWrittenByCore)}.", nameof(to));
        }

        var producer = Current();
        try
        {
            await producer.ProduceAsync(to, message, cancellationToken);
        }
        catch (KafkaException e) when (e.Error.IsFatal || e.Error.Code == ErrorCode.Local_Fatal)
        {
            Forget(producer, e);
            throw;
        }
    }

    public void Dispose() => End(_producer);

    private IProducer<byte[]?, byte[]?> Current()
    {
        lock (_gate)
        {
            return _producer ??= new ProducerBuilder<byte[]?, byte[]?>(KafkaConnection.Core(configuration).Producer("smartcity-core"))
                .SetErrorHandler((_, error) => logger.LogWarning("The core's Kafka reports a problem: {Error}", error.Reason))
                .SetLogHandler((_, message) => logger.LogDebug("{Facility}: {Message}", message.Facility, message.Message))
                .Build();
        }
    }

    private void Forget(IProducer<byte[]?, byte[]?> failed, KafkaException error)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_producer, failed))
            {
                return;
            }

            _producer = null;
        }

        logger.LogError(error, "The producer for the core's Kafka failed and is made anew.");
        // What it still holds is answered, with an error, before it goes.
        End(failed);
    }

    private static void End(IProducer<byte[]?, byte[]?>? producer)
    {
        producer?.Flush(FlushAtEnd);
        producer?.Dispose();
    }
}
