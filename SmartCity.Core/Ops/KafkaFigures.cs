using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Ops;

/// <summary>
/// Measures the core's Kafka: where its topics end, how fast they grow, where the core's groups are. Asks only; joins no group. After a failure it asks
/// through a client of its own that is made anew: one that went through the end of a broker may never come back.
/// </summary>
internal sealed class KafkaFigures(IConfiguration configuration, IOptions<SightingOptions> sightings, TimeProvider time, ILogger<KafkaFigures> logger) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly string[] Own = [Topics.Alerts, Topics.DeadLetters, Topics.Events];

    private Dictionary<string, long> _ends = [];
    private long _measured;
    private IAdminClient? _admin;

    public KafkaMeasurement? Newest { get; private set; }

    /// <summary>Why the last measurement failed; null when it did not.</summary>
    public string? Error { get; private set; }

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        try
        {
            Newest = await MeasureAsync(_admin ??= Admin(), cancellationToken);
            Error = null;
        }
        catch (Exception e) when (e is KafkaException or TimeoutException)
        {
            Error = (e as KafkaException)?.Error.Reason ?? e.Message;
            Dispose();
        }
    }

    public void Dispose()
    {
        _admin?.Dispose();
        _admin = null;
    }

    private IAdminClient Admin() => new AdminClientBuilder(KafkaConnection.Core(configuration).Admin("smartcity-core-figures"))
        .SetErrorHandler((_, error) => logger.LogDebug("The core's Kafka reports a problem: {Error}", error.Reason))
        .SetLogHandler((_, message) => logger.LogDebug("{Facility}: {Message}", message.Facility, message.Message))
        .Build();

    private async Task<KafkaMeasurement> MeasureAsync(IAdminClient admin, CancellationToken cancellationToken)
    {
        // It blocks, seconds long when nobody answers.
        var metadata = await Task.Run(() => admin.GetMetadata(Timeout), cancellationToken);
        var topics = metadata.Topics.Where(t => IsOurs(t.Topic)).OrderBy(t => t.Topic, StringComparer.Ordinal).ToList();
        var partitions = topics.SelectMany(t => t.Partitions.Select(p => new TopicPartition(t.Topic, p.PartitionId))).ToList();
        var begins = await OffsetsAsync(admin, partitions, OffsetSpec.Earliest());
        var ends = await OffsetsAsync(admin, partitions, OffsetSpec.Latest());
        var committed = await CommittedAsync(admin, [.. partitions.Where(p => p.Topic.EndsWith("." + Topics.Sightings, StringComparison.Ordinal))]);
        var now = Stopwatch.GetTimestamp();
        var since = _measured == 0 ? (TimeSpan?)null : Stopwatch.GetElapsedTime(_measured, now);
        var statuses = topics.ConvertAll(t => Topic(t, begins, ends, since));
        _ends = statuses.ToDictionary(t => t.Name, t => t.End, StringComparer.Ordinal);
        _measured = now;
        return new KafkaMeasurement(time.GetUtcNow(), metadata.Brokers.Count, statuses, Groups(committed, ends));
    }

    private static bool IsOurs(string topic) =>
        Own.Contains(topic) || topic.EndsWith("." + Topics.Sightings, StringComparison.Ordinal) || topic.EndsWith("." + Topics.StationHeartbeats, StringComparison.Ordinal);

    private static async Task<Dictionary<TopicPartition, long>> OffsetsAsync(IAdminClient admin, List<TopicPartition> partitions, OffsetSpec which)
    {
        if (partitions.Count == 0)
        {
            return [];
        }

        var answer = await admin.ListOffsetsAsync(partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = which }), new ListOffsetsOptions { RequestTimeout = Timeout })
            .WaitAsync(2 * Timeout);
        return answer.ResultInfos.Where(r => !r.TopicPartitionOffsetError.Error.IsError).ToDictionary(r => r.TopicPartitionOffsetError.TopicPartition, r => Math.Max(0, r.TopicPartitionOffsetError.Offset.Value));
    }

    private async Task<List<TopicPartitionOffset>> CommittedAsync(IAdminClient admin, List<TopicPartition> partitions)
    {
        if (partitions.Count == 0)
        {
            return [];
        }

        var answer = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(sightings.Value.Group, partitions)], new ListConsumerGroupOffsetsOptions { RequestTimeout = Timeout })
            .WaitAsync(2 * Timeout);
        return [.. answer.SelectMany(g => g.Partitions).Where(p => !p.Error.IsError).Select(p => p.TopicPartitionOffset)];
    }

    private TopicStatus Topic(TopicMetadata topic, Dictionary<TopicPartition, long> begins, Dictionary<TopicPartition, long> ends, TimeSpan? since)
    {
        var partitions = topic.Partitions.OrderBy(p => p.PartitionId).Select(p => new TopicPartition(topic.Topic, p.PartitionId))
            .Where(ends.ContainsKey)
            .Select(p => new PartitionStatus(p.Partition.Value, begins.GetValueOrDefault(p), ends[p]))
            .ToList();
        var end = partitions.Sum(p => p.End);
        double? rate = since is { } elapsed && _ends.TryGetValue(topic.Topic, out var before) ? Math.Round(Math.Max(0, end - before) / elapsed.TotalSeconds, 2) : null;
        return new TopicStatus(topic.Topic, topic.Partitions.Count, partitions.Sum(p => Math.Max(0, p.End - p.Begin)), end, rate, topic.Partitions.Count(p => p.InSyncReplicas.Length < p.Replicas.Length), partitions);
    }

    private List<GroupStatus> Groups(List<TopicPartitionOffset> committed, Dictionary<TopicPartition, long> ends) =>
    [
        .. committed.GroupBy(c => c.Topic).OrderBy(g => g.Key, StringComparer.Ordinal).Select(topic =>
        {
            // A partition with records of which the group has committed none waits whole.
            var places = topic.Select(c => (End: ends.GetValueOrDefault(c.TopicPartition), Committed: c.Offset.IsSpecial ? (long?)null : c.Offset.Value)).ToList();
            var known = places.TrueForAll(p => p.Committed is null) && places.Exists(p => p.End > 0) ? null : (long?)places.Sum(p => p.Committed ?? 0);
            return new GroupStatus(
                sightings.Value.Group, topic.Key, places.Count, known, places.Sum(p => p.End), known is null ? null : places.Sum(p => Math.Max(0, p.End - (p.Committed ?? 0))));
        }),
    ];
}

internal sealed record KafkaMeasurement(DateTimeOffset At, int Brokers, IReadOnlyList<TopicStatus> Topics, IReadOnlyList<GroupStatus> Groups);
