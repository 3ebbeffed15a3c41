using System.Collections.Concurrent;
using Confluent.Kafka;

namespace SmartCity.ServiceDefaults.Kafka;

/// <summary>
/// Keeps a producer from filling a broker that deletes records before they are read: it waits while readers have not committed more than half of what
/// a partition keeps. Thread-safe for one sender.
/// </summary>
public sealed class PartitionBudget : IDisposable
{
    private static readonly TimeSpan Ask = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly IConsumer<Ignore, Ignore>[] _readers;
    private readonly long _allowed;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<TopicPartition, Unread> _unread = new();

    /// <param name="groups">Consumer groups that must have read a record before the broker may delete it.</param>
    /// <param name="partitionBytes">How many bytes a partition keeps.</param>
    public PartitionBudget(KafkaConnection connection, IEnumerable<string> groups, long partitionBytes, TimeProvider time)
    {
        _allowed = partitionBytes / 2;
        _time = time;
        _readers = [.. groups.Select(group => new ConsumerBuilder<Ignore, Ignore>(connection.Consumer($"budget-{group}", group)).Build())];
    }

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
            Forget(full);
            if (full.Any(p => _unread[p].Bytes > _allowed))
            {
                await Task.Delay(Pause, _time, cancellationToken);
            }
        }
    }

    public void Dispose()
    {
        foreach (var reader in _readers)
        {
            reader.Dispose();
        }
    }

    private void Forget(List<TopicPartition> partitions)
    {
        var lowest = partitions.ToDictionary(p => p, _ => long.MaxValue);
        foreach (var reader in _readers)
        {
            foreach (var committed in reader.Committed(partitions, Ask))
            {
                lowest[committed.TopicPartition] = Math.Min(lowest[committed.TopicPartition], committed.Offset.IsSpecial ? 0 : committed.Offset.Value);
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

    private sealed class Unread
    {
        public Queue<(long Offset, int Bytes)> Records { get; } = new();

        public long Bytes { get; set; }
    }
}
