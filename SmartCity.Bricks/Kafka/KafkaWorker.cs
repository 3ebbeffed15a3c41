using System.Diagnostics;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace SmartCity.Bricks.Kafka;

/// <summary>
/// Runs a flow on a topic. Records are taken in batches, and a partition's position is stored where all before it is done or a dead letter. Events of one key
/// keep their order, also when their partition moves to another member: what is in work ends before. While the work cannot keep up, partitions are paused, so
/// this member stays in its group.
/// </summary>
/// <param name="config">Servers, group and security. Committing and where a new group begins (<c>earliest</c>) are set here.</param>
/// <param name="topic">A topic, or a pattern that begins with ^.</param>
public sealed class KafkaWorker<T>(Flow<T> flow, ConsumerConfig config, string topic)
{
    private const int FewBatches = 10;

    // Milliseconds: how long a first record is waited for, and further ones while there is enough to do.
    private const int Idle = 100;
    private const int Further = 5;

    private static readonly TimeSpan FullBeforePause = TimeSpan.FromSeconds(20);

    private readonly RecordReader<T> _reader = new(flow.Json, flow.Clock);
    private readonly Dictionary<(string Topic, int Partition), PartitionInWork> _partitions = [];
    private ((string Topic, int Partition) Name, PartitionInWork Partition)? _last;
    private volatile Func<string?>? _unburied;

    /// <summary>Records of a batch at most.</summary>
    public int BatchRecords { get; init; } = 100;

    /// <summary>Where dead letters go that <see cref="Flow{T}.DeadLetters"/> does not take.</summary>
    public string DeadLetterTopic { get; init; } = "dead-letters";

    /// <summary>What Kafka said last, or why a dead letter has found no place yet; null while nothing is wrong.</summary>
    public string? Trouble
    {
        get => _unburied?.Invoke() ?? field;
        private set;
    }

    /// <summary>Works until a stop is asked for, then ends what it has in work. Positions of what is done are committed before it returns.</summary>
    /// <exception cref="KafkaException">Kafka cannot be used any more.</exception>
    /// <exception cref="OperationCanceledException">What was in work did not end within <see cref="Flow{T}.Drain"/>; it comes again.</exception>
    public Task RunAsync(CancellationToken stop) => Task.Factory.StartNew(() => Run(stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

    private async Task Run(CancellationToken stop)
    {
        using var dead = flow.DeadLetters is null ? new KafkaSink<byte[]>(new ProducerConfig(Clients()), DeadLetterTopic) : null;
        using var lanes = new Lanes<T>(flow, _reader, FewBatches * BatchRecords, dead is null ? null : dead.SendAsync, stop);
        _unburied = () => lanes.Trouble;
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig(config)
        {
            EnableAutoCommit = true,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
        })
            .SetErrorHandler((_, error) => Trouble = error.Reason)
            .SetPartitionsRevokedHandler((c, revoked) => LetGo(c, lanes, revoked))
            .SetPartitionsLostHandler((_, lost) => lost.ForEach(p => Leave(p.TopicPartition)?.Close()))
            .Build();
        consumer.Subscribe(topic);
        try
        {
            var batch = new List<Arrival<T>>(BatchRecords);
            while (!stop.IsCancellationRequested && !lanes.Ended.IsCancellationRequested)
            {
                batch.Clear();
                Gather(consumer, lanes, batch, stop);
                lanes.Add(CollectionsMarshal.AsSpan(batch));
                WaitForRoom(consumer, lanes, stop);
            }

            await lanes.FinishAsync();

            // While the group is being divided anew, closing may take so long that its own commit is refused.
            Commit(consumer);
        }
        catch when (!lanes.Ended.IsCancellationRequested)
        {
            // Another member may work on the same records by now.
            await lanes.AbandonAsync();
            throw;
        }
        finally
        {
            foreach (var partition in _partitions.Values)
            {
                partition.Close();
            }

            consumer.Close();
        }
    }

    private void Gather(IConsumer<byte[]?, byte[]?> consumer, Lanes<T> lanes, List<Arrival<T>> batch, CancellationToken stop)
    {
        var bytes = 0L;
        for (var wait = Idle; batch.Count < BatchRecords && bytes < flow.MostWaitingBytes && !stop.IsCancellationRequested; wait = lanes.IsBusy ? Further : 0)
        {
            if (Consume(consumer, wait) is not { Message: not null } record)
            {
                break;
            }

            Trouble = null;
            var arrival = _reader.Take(record, PartitionOf(consumer, record).Take(record));
            batch.Add(arrival);
            bytes += arrival.Bytes;
        }

        foreach (var partition in _partitions.Values)
        {
            partition.EndStretch();
        }
    }

    private PartitionInWork PartitionOf(IConsumer<byte[]?, byte[]?> consumer, ConsumeResult<byte[]?, byte[]?> record)
    {
        var name = (record.Topic, record.Partition.Value);
        if (_last is { } last && last.Name == name)
        {
            return last.Partition;
        }

        if (!_partitions.TryGetValue(name, out var partition))
        {
            var of = record.TopicPartition;
            partition = _partitions[name] = new PartitionInWork(next => Store(consumer, new TopicPartitionOffset(of, next)));
        }

        _last = (name, partition);
        return partition;
    }

    private PartitionInWork? Leave(TopicPartition gone)
    {
        _last = null;
        _partitions.Remove((gone.Topic, gone.Partition.Value), out var partition);
        partition?.Leave();
        return partition;
    }

    // Called by the client's own thread, within Consume or Close. The next member begins when this returns, so it cannot overtake what is in work here.
    private void LetGo(IConsumer<byte[]?, byte[]?> consumer, Lanes<T> lanes, List<TopicPartitionOffset> revoked)
    {
        var gone = revoked.Select(p => Leave(p.TopicPartition)).OfType<PartitionInWork>().ToList();
        if (gone.Count == 0)
        {
            return;
        }

#pragma warning disable RS0030 // This thread is the client's own.
        lanes.LetGoAsync().Wait();
#pragma warning restore RS0030
        gone.ForEach(p => p.Close());
        Commit(consumer);
    }

    private void Commit(IConsumer<byte[]?, byte[]?> consumer)
    {
        try
        {
            consumer.Commit();
        }
        catch (KafkaException e)
        {
            // What is not committed comes again.
            Trouble = e.Error.Code == ErrorCode.Local_NoOffset ? Trouble : e.Error.Reason;
        }
    }

    private ConsumeResult<byte[]?, byte[]?>? Consume(IConsumer<byte[]?, byte[]?> consumer, int milliseconds)
    {
        try
        {
            return consumer.Consume(milliseconds);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            Trouble = e.Error.Reason;
            return null;
        }
    }

    // The client is asked for records while the batch waits, or its group would take its partitions away.
    private void WaitForRoom(IConsumer<byte[]?, byte[]?> consumer, Lanes<T> lanes, CancellationToken stop)
    {
        var room = lanes.RoomAsync();
        if (room.IsCompletedSuccessfully)
        {
            return;
        }

        var waiting = room.AsTask();
        if (Ended(waiting, FullBeforePause, stop))
        {
            return;
        }

        consumer.Pause(consumer.Assignment);
        while (!Ended(waiting, TimeSpan.FromMilliseconds(Idle), stop))
        {
            // Partitions that this member is given meanwhile are not paused; what they bring is read again.
            if (Consume(consumer, 0) is { Message: not null } early)
            {
                consumer.Seek(early.TopicPartitionOffset);
                consumer.Pause([early.TopicPartition]);
            }
        }

        if (!stop.IsCancellationRequested)
        {
            consumer.Resume(consumer.Assignment);
        }
    }

    private static bool Ended(Task waiting, TimeSpan within, CancellationToken stop)
    {
        try
        {
#pragma warning disable RS0030 // This thread is the client's own.
            return waiting.Wait((int)within.TotalMilliseconds, stop);
#pragma warning restore RS0030
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private static void Store(IConsumer<byte[]?, byte[]?> consumer, TopicPartitionOffset position)
    {
        try
        {
            consumer.StoreOffset(position);
        }
        catch (KafkaException e) when (e.Error.Code is ErrorCode.Local_State or ErrorCode.Local_UnknownPartition)
        {
            // Another member has the partition now and reads these records again.
            Debug.WriteLine(e.Error.Reason);
        }
    }

    // What a producer may know of the consumer's settings: servers and security.
    private ClientConfig Clients()
    {
        var clients = new ClientConfig();
        foreach (var (name, value) in config.Where(s => s.Key is "bootstrap.servers" or "client.id" || s.Key.StartsWith("sasl.", StringComparison.Ordinal) || s.Key.StartsWith("ssl.", StringComparison.Ordinal) || s.Key.StartsWith("security.", StringComparison.Ordinal)))
        {
            clients.Set(name, value);
        }

        return clients;
    }
}
