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
    private Made? _made;
    private IAdminClient? _admin;

    /// <summary>Asks this Kafka through the producer's own connections. Not to be kept: it goes with a producer that is made anew.</summary>
    public IAdminClient Admin
    {
        get
        {
            lock (_gate)
            {
                return _admin ??= new DependentAdminClientBuilder(Current().Producer.Handle).Build();
            }
        }
    }

    internal Handle Handle => Current().Producer.Handle;

    /// <summary>Returns when all replicas have the record, with its place. Records of one caller keep their order.</summary>
    /// <exception cref="KafkaException">It was not acknowledged in time; it may have arrived all the same.</exception>
    public async Task<TopicPartitionOffset> ProduceAsync(TopicPartition to, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken = default)
    {
        var made = Current();
        try
        {
            return (await made.Producer.ProduceAsync(to, message, cancellationToken).WaitAsync(made.Gone)).TopicPartitionOffset;
        }
        catch (Exception e) when ((e is ObjectDisposedException or OperationCanceledException) && !ReferenceEquals(_made, made) && !cancellationToken.IsCancellationRequested)
        {
            throw new KafkaException(new Error(ErrorCode.Local_Fatal, "The producer failed and was made anew."), e);
        }
    }

    public void Dispose() => End(_made, _admin);

    private Made Current()
    {
        lock (_gate)
        {
            return _made ??= new Made(new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig(config) { EnableIdempotence = true, Acks = Acks.All })
                .SetErrorHandler(Hear)
                .SetLogHandler((_, message) => logger?.LogDebug("{Facility}: {Message}", message.Facility, message.Message))
                .Build());
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

        Made? gone;
        IAdminClient? admin;
        lock (_gate)
        {
            if (!ReferenceEquals(_made?.Producer, producer))
            {
                return;
            }

            (gone, _made, admin, _admin) = (_made, null, _admin, null);
        }

        logger?.LogError("The producer for Kafka at {Servers} failed and is made anew: {Error}", config.BootstrapServers, error.Reason);

        // What it still holds is answered, with an error, before it goes; not by its own thread, which this is.
        _ = Task.Run(() => End(gone, admin));
    }

    private static void End(Made? made, IAdminClient? admin)
    {
        admin?.Dispose();
        made?.Producer.Flush(FlushAtEnd);
        made?.Dispose();
    }

    // What a broker has not answered when the producer goes is never answered by it.
    private sealed class Made(IProducer<byte[]?, byte[]?> producer) : IDisposable
    {
        private readonly CancellationTokenSource _gone = new();

        public IProducer<byte[]?, byte[]?> Producer => producer;

        public CancellationToken Gone => _gone.Token;

        public void Dispose()
        {
            producer.Dispose();
            _gone.Cancel();
            _gone.Dispose();
        }
    }
}
