using Confluent.Kafka;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>Reads everything of a topic from its beginning, as somebody from outside would.</summary>
internal sealed class TopicReader : IDisposable
{
    private readonly IConsumer<byte[]?, byte[]?> _consumer;

    public TopicReader(string bootstrapServers, string topic, int partitions)
    {
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = "reader", EnableAutoCommit = false, FetchWaitMaxMs = 20 })
            .SetErrorHandler((_, _) => { })
            .Build();
        _consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
    }

    public List<ConsumeResult<byte[]?, byte[]?>> Records { get; } = [];

    /// <summary>Takes what has arrived; returns how many there are by now.</summary>
    public int Take()
    {
        while (_consumer.Consume(TimeSpan.FromMilliseconds(100)) is { } record)
        {
            Records.Add(record);
        }

        return Records.Count;
    }

    public void Dispose() => _consumer.Dispose();
}
