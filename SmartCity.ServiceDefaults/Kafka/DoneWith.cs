using Confluent.Kafka;

namespace SmartCity.ServiceDefaults.Kafka;

/// <summary>Hears from this process' readers up to where they are done with a partition. A real Kafka keeps its records for others and needs none.</summary>
/// <param name="Hear">Bootstrap servers, and the offset before which every record's work is durable.</param>
public sealed record DoneWith(Action<string, TopicPartitionOffset> Hear)
{
    /// <summary>Tells all of them about a reader of one Kafka.</summary>
    public static Action<TopicPartitionOffset> Tell(IEnumerable<DoneWith> listeners, KafkaConnection connection)
    {
        DoneWith[] all = [.. listeners];
        return done => Array.ForEach(all, listener => listener.Hear(connection.BootstrapServers, done));
    }
}
