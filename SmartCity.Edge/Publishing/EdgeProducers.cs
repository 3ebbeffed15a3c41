using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using SmartCity.Bricks.Kafka;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Edge.Publishing;

/// <summary>One producer for each Kafka: stations that share a Kafka share the producer.</summary>
internal sealed class EdgeProducers(IConfiguration configuration, ILogger<EdgeProducers> logger) : IDisposable
{
    // After this the caller hears of it and tries again; librdkafka's own five minutes would hide an outage.
    private const int GiveUpMilliseconds = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, KafkaProducer> _producers = new(StringComparer.Ordinal);

    public KafkaProducer For(string stationId) => For(KafkaConnection.Edge(configuration, stationId));

    public KafkaProducer For(KafkaConnection connection)
    {
        lock (_gate)
        {
            return _producers.TryGetValue(connection.Name, out var known)
                ? known
                : _producers[connection.Name] = Build(connection);
        }
    }

    // Each takes a part of a second to end.
    public void Dispose() => Parallel.ForEach(_producers.Values, producer => producer.Dispose());

    private KafkaProducer Build(KafkaConnection connection)
    {
        var config = connection.Producer("smartcity-edge");
        config.MessageTimeoutMs ??= GiveUpMilliseconds;
        return new KafkaProducer(config, logger);
    }
}
