using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Edge.Publishing;

/// <summary>One producer for each Kafka: stations that share a Kafka share the producer.</summary>
internal sealed class EdgeProducers(IConfiguration configuration, ILogger<EdgeProducers> logger) : IDisposable
{
    public static readonly TimeSpan FlushAtEnd = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, KafkaProducer> _producers = new(StringComparer.Ordinal);

    public KafkaProducer For(string stationId) => For(KafkaConnection.Edge(configuration, stationId));

    public KafkaProducer For(KafkaConnection connection)
    {
        lock (_gate)
        {
            return _producers.TryGetValue(connection.Name, out var known)
                ? known
                : _producers[connection.Name] = new KafkaProducer(connection, logger);
        }
    }

    public void Dispose()
    {
        // Each takes a part of a second to end.
        Parallel.ForEach(_producers.Values, producer =>
        {
            producer.Flush(FlushAtEnd);
            producer.Dispose();
        });
    }
}

/// <summary>An idempotent producer that is made anew after an error from which librdkafka does not come back.</summary>
internal sealed class KafkaProducer(KafkaConnection connection, ILogger logger) : IDisposable
{
    // After this the caller hears of it and tries again; librdkafka's own five minutes would hide an outage.
    private const int GiveUpMilliseconds = 10_000;

    private readonly Lock _gate = new();
    private IProducer<byte[]?, byte[]?> _producer = Build(connection, logger);
    private IAdminClient? _admin;

    /// <summary>Asks this Kafka through the producer's own connections. Not to be kept: it goes with a producer that is made anew.</summary>
    public IAdminClient Admin
    {
        get
        {
            lock (_gate)
            {
                return _admin ??= new DependentAdminClientBuilder(_producer.Handle).Build();
            }
        }
    }

    /// <summary>Returns when all replicas have the record. Records of one caller keep their order.</summary>
    /// <exception cref="KafkaException">It was not acknowledged in time; it may have arrived all the same.</exception>
    public async Task<TopicPartitionOffset> ProduceAsync(TopicPartition to, Message<byte[]?, byte[]?> message, CancellationToken cancellationToken)
    {
        var producer = _producer;
        try
        {
            return (await producer.ProduceAsync(to, message, cancellationToken)).TopicPartitionOffset;
        }
        catch (KafkaException e) when (e.Error.IsFatal || e.Error.Code == ErrorCode.Local_Fatal)
        {
            Renew(producer, e);
            throw;
        }
    }

    public void Flush(TimeSpan atMost) => _producer.Flush(atMost);

    public void Dispose()
    {
        _admin?.Dispose();
        _producer.Dispose();
    }

    private static IProducer<byte[]?, byte[]?> Build(KafkaConnection connection, ILogger logger)
    {
        var config = connection.Producer("smartcity-edge");
        config.MessageTimeoutMs ??= GiveUpMilliseconds;
        return new ProducerBuilder<byte[]?, byte[]?>(config)
            .SetErrorHandler((_, error) => logger.LogWarning("Kafka at {Servers} reports a problem: {Error}", connection.BootstrapServers, error.Reason))
            .SetLogHandler((_, message) => logger.LogDebug("{Facility}: {Message}", message.Facility, message.Message))
            .Build();
    }

    private void Renew(IProducer<byte[]?, byte[]?> failed, KafkaException error)
    {
        IAdminClient? admin;
        lock (_gate)
        {
            if (!ReferenceEquals(_producer, failed))
            {
                return;
            }

            logger.LogError(error, "The producer for Kafka at {Servers} failed and is started again.", connection.BootstrapServers);
            _producer = Build(connection, logger);
            (admin, _admin) = (_admin, null);
        }

        admin?.Dispose();
        // What it still holds is answered, with an error, before it goes.
        failed.Flush(EdgeProducers.FlushAtEnd);
        failed.Dispose();
    }
}
