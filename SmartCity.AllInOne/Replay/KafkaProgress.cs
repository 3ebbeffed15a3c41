using Confluent.Kafka;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.AllInOne.Replay;

/// <summary>How far a station's sightings are on their way through both Kafkas.</summary>
internal sealed class KafkaProgress : IDisposable
{
    private const string Ingest = "core-ingest";
    private static readonly TimeSpan Ask = TimeSpan.FromSeconds(5);

    private readonly IConsumer<Ignore, Ignore> _edge;
    private readonly IConsumer<Ignore, Ignore> _core;
    private readonly string _mirrored;

    public KafkaProgress(IConfiguration configuration, string stationId)
    {
        _edge = Reader(KafkaConnection.Edge(configuration, stationId));
        _core = Reader(KafkaConnection.Core(configuration));
        _mirrored = Topics.Mirrored(stationId, Topics.Sightings);
    }

    /// <summary>Whether all that the edge's Kafka holds is in the core's, and all that the core's holds is stored. The mirror adds records and takes none away.</summary>
    public bool IsSettled()
    {
        var edge = Ends(_edge, Topics.Sightings).Sum(e => e.Value);
        var core = Ends(_core, _mirrored);
        if (core.Values.Sum() < edge)
        {
            return false;
        }

        var written = core.Where(e => e.Value > 0).ToDictionary();
        return written.Count == 0
            || _core.Committed(written.Keys, Ask).TrueForAll(c => !c.Offset.IsSpecial && c.Offset.Value >= written[c.TopicPartition]);
    }

    public void Dispose()
    {
        _edge.Dispose();
        _core.Dispose();
    }

    private static Dictionary<TopicPartition, long> Ends(IConsumer<Ignore, Ignore> consumer, string topic)
    {
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        return admin.GetMetadata(topic, Ask).Topics[0].Partitions
            .Select(p => new TopicPartition(topic, p.PartitionId))
            .ToDictionary(p => p, p => consumer.QueryWatermarkOffsets(p, Ask).High.Value);
    }

    private static IConsumer<Ignore, Ignore> Reader(KafkaConnection connection) =>
        new ConsumerBuilder<Ignore, Ignore>(connection.Consumer("smartcity-replay", Ingest)).SetLogHandler((_, _) => { }).Build();
}
