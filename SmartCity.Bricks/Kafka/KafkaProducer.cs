using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace SmartCity.Bricks.Kafka;

/// <summary>Sends records as they are, idempotently and to all replicas; made on first use, and made anew after an error from which librdkafka does not come back. Thread-safe.</summary>
/// <param name="config">Idempotence and acknowledgement by all replicas are set here.</param>
/// <param name="logger">Is told what Kafka says; null for nobody.</param>
public sealed class KafkaProducer(ProducerConfig config, ILogger? logger = null) : IDisposable
{
    private static readonly TimeSpan FlushAtEnd = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private IProducer<byte[]?, byte[]?>? _producer;
    private IAdminClient? _admin;

    /// <summary>Asks this Kafka through the producer's own connections. Not to be kept: it goes with a producer that is made anew.</summary>
    public IAdminClient Admin
    {
        get
        {
            var handle = Current().Handle;
            lock (_gate)
            {
                return _admin ??= new DependentAdminClientBuilder(handle).Build();
            }
        }
    }

    internal Handle Handle => Current().Handle;

    /// <summary>Returns when all replicas have the record, with its place. Records of one caller keep their order.</summary>
    /// <exception cref="KafkaException">It was not acknowledged in time; it may have arrived all the same.</exception>
    public async Task<TopicPartitionOffset> ProduceAsync(TopicPartition to, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken = default)
    {
        var producer = Current();
        try
        {
            return (await producer.ProduceAsync(to, message, cancellationToken)).TopicPartitionOffset;
        }
        catch (ObjectDisposedException e) when (!ReferenceEquals(_producer, producer))
        {
            throw new KafkaException(new Error(ErrorCode.Local_Fatal, "The producer failed and was made anew."), e);
        }
    }

    public void Dispose() => End(_producer, _admin);

    private IProducer<byte[]?, byte[]?> Current()
    {
        lock (_gate)
        {
            return _producer ??= new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig(config) { EnableIdempotence = true, Acks = Acks.All })
                .SetErrorHandler(Hear)
                .SetLogHandler((_, message) => logger?.LogDebug("{Facility}: {Message}", message.Facility, message.Message))
                .Build();
        }
    }

    // A record that is sent after a fatal error is refused with the error that was there first, which does not say that it is fatal: only this does.
    private void Hear(IProducer<byte[]?, byte[]?> producer, Error error)
    {
        if (!error.IsFatal)
        {
            logger?.LogWarning("Kafka at {Servers} reports a problem: {Error}", config.BootstrapServers, error.Reason);
            return;
        }

        IAdminClient? admin;
        lock (_gate)
        {
            if (!ReferenceEquals(_producer, producer))
            {
                return;
            }

            (_producer, admin, _admin) = (null, _admin, null);
        }

        logger?.LogError("The producer for Kafka at {Servers} failed and is made anew: {Error}", config.BootstrapServers, error.Reason);

        // What it still holds is answered, with an error, before it goes; not by its own thread, which this is.
        _ = Task.Run(() => End(producer, admin));
    }

    private static void End(IProducer<byte[]?, byte[]?>? producer, IAdminClient? admin)
    {
        admin?.Dispose();
        producer?.Flush(FlushAtEnd);
        producer?.Dispose();
    }
}
