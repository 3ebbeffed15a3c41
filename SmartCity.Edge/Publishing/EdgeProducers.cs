using System.Collections.Concurrent;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Edge.Publishing;

/// <summary>One producer for each Kafka: stations that share a Kafka share the producer.</summary>
internal sealed class EdgeProducers(IConfiguration configuration) : IDisposable
{
    private static readonly TimeSpan FlushAtEnd = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Lazy<IProducer<byte[]?, byte[]?>>> _producers = new(StringComparer.Ordinal);

    public IProducer<byte[]?, byte[]?> For(string stationId)
    {
        var connection = KafkaConnection.Edge(configuration, stationId);
        return _producers.GetOrAdd(connection.BootstrapServers, _ => new(() =>
            new ProducerBuilder<byte[]?, byte[]?>(connection.Producer("smartcity-edge")).Build())).Value;
    }

    public void Dispose()
    {
        foreach (var producer in _producers.Values.Where(p => p.IsValueCreated))
        {
            producer.Value.Flush(FlushAtEnd);
            producer.Value.Dispose();
        }
    }
}
