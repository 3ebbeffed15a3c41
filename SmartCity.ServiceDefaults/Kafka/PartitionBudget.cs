using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace SmartCity.ServiceDefaults.Kafka;

/// <summary>
/// Keeps a producer from filling a broker that deletes records before they are read: it waits while readers have not committed more than half of what
/// a partition keeps. Thread-safe for one sender.
/// </summary>
/// <param name="admin">Asks the broker.</param>
/// <param name="groups">Consumer groups that must have read a record before the broker may delete it.</param>
/// <param name="partitionBytes">How many bytes a partition keeps.</param>
/// <param name="time">The clock.</param>
public sealed class PartitionBudget(Func<IAdminClient> admin, IEnumerable<string> groups, long partitionBytes, TimeProvider time)
{
    private static readonly TimeSpan Ask = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string[] _groups = [.. groups];
    private readonly long _allowed = partitionBytes / 2;
    private readonly ConcurrentDictionary<TopicPartition, Unread> _unread = new();

    /// <summary>Records that a record of so many bytes, key and headers included, now lies at an offset.</summary>
    public void Sent(TopicPartitionOffset at, int bytes)
    {
        var unread = _unread.GetOrAdd(at.TopicPartition, _ => new Unread());
        lock (unread)
        {
            unread.Records.Enqueue((at.Offset.Value, bytes));
            unread.Bytes += bytes;
        }
    }

    /// <summary>Returns once every partition has room.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (_unread.Where(u => u.Value.Bytes > _allowed).Select(u => u.Key).ToList() is { Count: > 0 } full)
        {
            await ForgetAsync(full);
            if (full.Any(p => _unread[p].Bytes > _allowed))
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private async Task ForgetAsync(List<TopicPartition> partitions)
    {
        var lowest = partitions.ToDictionary(p => p, _ => long.MaxValue);
        foreach (var group in _groups)
        {
            foreach (var committed in await CommittedAsync(new ConsumerGroupTopicPartitions(group, partitions)))
            {
                lowest[committed.TopicPartition] = Math.Min(lowest[committed.TopicPartition], committed.Error.IsError || committed.Offset.IsSpecial ? 0 : committed.Offset.Value);
            }
        }

        foreach (var (partition, offset) in lowest)
        {
            var unread = _unread[partition];
            lock (unread)
            {
                while (unread.Records.TryPeek(out var first) && first.Offset < offset)
                {
                    unread.Records.Dequeue();
                    unread.Bytes -= first.Bytes;
                }
            }
        }
    }

    private async Task<List<TopicPartitionOffsetError>> CommittedAsync(ConsumerGroupTopicPartitions asked)
    {
        try
        {
            var answer = await admin().ListConsumerGroupOffsetsAsync([asked], new ListConsumerGroupOffsetsOptions { RequestTimeout = Ask }).WaitAsync(2 * Ask, time);
            return answer[0].Partitions;
        }
        catch (Exception e) when (e is TimeoutException or ObjectDisposedException)
        {
            // Its client was made anew meanwhile, and nobody will answer.
            throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"Group {asked.Group} could not be asked how far it is: {e.Message}"), e);
        }
    }

    private sealed class Unread
    {
        public Queue<(long Offset, int Bytes)> Records { get; } = new();

        public long Bytes { get; set; }
    }
}
