using System.Diagnostics;
using System.Threading.Channels;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace SmartCity.ServiceDefaults.Kafka;

/// <summary>
/// Reads records in batches. librdkafka is polled on a thread of its own, so that this member stays in its group however long a batch takes.
/// While the queue is full nothing is taken, and before the group would remove this member the partitions are paused, also those that it is given
/// meanwhile. Offsets are committed for what <see cref="Store"/> was called with, never before.
/// </summary>
public sealed class BatchReader : IAsyncDisposable
{
    public const long UsualBytes = 64_000_000;

    private static readonly TimeSpan LagInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FaultLasts = TimeSpan.FromSeconds(15);

    // Where to begin is asked again after so long.
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);


    private readonly Channel<ConsumeResult<byte[]?, byte[]?>> _queue = Channel.CreateUnbounded<ConsumeResult<byte[]?, byte[]?>>();
    private readonly CancellationTokenSource _stop = new();
    private readonly IConsumer<byte[]?, byte[]?> _consumer;
    private readonly int _capacity;
    private readonly ILogger _logger;
    private readonly Action<TopicPartitionOffset>? _doneWith;
    private readonly Func<IReadOnlyList<TopicPartition>, CancellationToken, Task<IReadOnlyList<TopicPartitionOffset>>>? _beginAt;
    private readonly Task _polling;
    private readonly Dictionary<TopicPartition, long> _done = [];
    private volatile IReadOnlyList<PartitionLag> _lags = [];
    private volatile ReaderFault? _fault;
    private volatile int _partitions;
    private long _bytes;
    private bool _reassigned;

    /// <param name="capacity">Records that wait at most; a rebalance may bring a few more.</param>
    /// <param name="doneWith">Hears of what <see cref="Store"/> was called with.</param>
    /// <param name="beginAt">Says where to begin with partitions that this member was given. It is asked until it answers, and nothing is read meanwhile. Without it, the group's committed offsets count.</param>
    public BatchReader(
        ConsumerConfig config,
        string subscription,
        int capacity,
        ILogger logger,
        Action<TopicPartitionOffset>? doneWith = null,
        Func<IReadOnlyList<TopicPartition>, CancellationToken, Task<IReadOnlyList<TopicPartitionOffset>>>? beginAt = null)
    {
        _doneWith = doneWith;
        _beginAt = beginAt;
        _capacity = capacity;
        _logger = logger;
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetErrorHandler((_, error) => Fail(error))
            .SetLogHandler((_, message) => logger.LogDebug("{Facility}: {Message}", message.Facility, message.Message))
            .SetPartitionsAssignedHandler((_, partitions) => Assigned(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => Forget(partitions, "Revoked"))
            .SetPartitionsLostHandler((_, partitions) => Forget(partitions, "Lost"))
            .Build();
        _consumer.Subscribe(subscription);
        _polling = Task.Factory.StartNew(Poll, _stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Records not yet stored, for each partition that this member has; a second old at most.</summary>
    public IReadOnlyList<PartitionLag> Lags => _lags;

    /// <summary>The problem that Kafka reported within the last 15 s (it repeats it while it lasts); null if there was none.</summary>
    public string? Fault => _fault is { } fault && Stopwatch.GetElapsedTime(fault.At) < FaultLasts ? fault.Reason : null;

    /// <summary>How long the queue is full before the partitions are paused. Pausing throws away what librdkafka has fetched ahead, so it is for work that is stuck, not for work that is busy.</summary>
    public TimeSpan PauseAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The queue is full at so many bytes as well: a record may have a megabyte, and usually has half a kilobyte.</summary>
    public long MostBytes { get; init; } = UsualBytes;

    /// <summary>Records that were read and are in no batch yet.</summary>
    public int Waiting => _queue.Reader.Count;

    /// <summary>Partitions that this member has.</summary>
    public int Partitions => _partitions;

    /// <summary>Waits up to <paramref name="idle"/> for a first record (then an empty batch) and up to <paramref name="linger"/> for the batch to fill.</summary>
    public async Task<List<ConsumeResult<byte[]?, byte[]?>>> ReadAsync(int most, TimeSpan linger, TimeSpan idle, CancellationToken cancellationToken)
    {
        var batch = new List<ConsumeResult<byte[]?, byte[]?>>();
        if (!await WaitAsync(idle, cancellationToken))
        {
            return batch;
        }

        Drain(batch, most);
        var started = Stopwatch.GetTimestamp();
        while (batch.Count < most && linger - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } left && await WaitAsync(left, cancellationToken))
        {
            Drain(batch, most);
        }

        return batch;
    }

    /// <summary>Says that the work of these records is durable, so their offsets may be committed.</summary>
    public void Store(IReadOnlyList<ConsumeResult<byte[]?, byte[]?>> batch)
    {
        foreach (var partition in batch.GroupBy(r => r.TopicPartition))
        {
            var next = partition.Max(r => r.Offset.Value) + 1;
            try
            {
                _consumer.StoreOffset(new TopicPartitionOffset(partition.Key, next));
                lock (_done)
                {
                    _done[partition.Key] = next;
                }

                _doneWith?.Invoke(new TopicPartitionOffset(partition.Key, next));
            }
            catch (KafkaException e) when (e.Error.Code is ErrorCode.Local_State or ErrorCode.Local_UnknownPartition)
            {
                // Revoked meanwhile: whoever has the partition now reads these records again, which changes nothing.
                _logger.LogInformation("Partition {Partition} was assigned to another member. It reads {Count} records again that this one had not finished.", partition.Key, partition.Count());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _polling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _consumer.Dispose();
        _stop.Dispose();
    }

    private async Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(atMost);
        try
        {
            return await _queue.Reader.WaitToReadAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Drain(List<ConsumeResult<byte[]?, byte[]?>> batch, int most)
    {
        while (batch.Count < most && _queue.Reader.TryRead(out var record))
        {
            Interlocked.Add(ref _bytes, -BytesOf(record));
            batch.Add(record);
        }
    }

    private static long BytesOf(ConsumeResult<byte[]?, byte[]?> record) => (record.Message.Key?.Length ?? 0) + (record.Message.Value?.Length ?? 0);

    private bool IsFull => _queue.Reader.Count >= _capacity || Interlocked.Read(ref _bytes) >= MostBytes;

    private bool IsHalfEmpty => _queue.Reader.Count <= _capacity / 2 && Interlocked.Read(ref _bytes) <= MostBytes / 2;

    private void Poll()
    {
        var paused = false;
        long? full = null;
        var measured = Stopwatch.GetTimestamp();
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                if (Stopwatch.GetElapsedTime(measured) >= LagInterval)
                {
                    measured = Stopwatch.GetTimestamp();
                    MeasureLag();
                }

                if (!IsFull)
                {
                    full = null;
                    if (paused && IsHalfEmpty)
                    {
                        _consumer.Resume(_consumer.Assignment);
                        paused = false;
                    }
                }
                else if (!paused && Stopwatch.GetElapsedTime(full ??= Stopwatch.GetTimestamp()) < PauseAfter)
                {
                    _stop.Token.WaitHandle.WaitOne(1);
                    continue;
                }
                else if (!paused)
                {
                    _consumer.Pause(_consumer.Assignment);
                    paused = true;
                }

                _reassigned = false;
                var record = PollOnce(paused ? 5 : 100);
                if (_reassigned)
                {
                    _partitions = _consumer.Assignment.Count;
                    if (paused)
                    {
                        // It has got partitions of another member, which are not paused.
                        _consumer.Pause(_consumer.Assignment);
                    }
                }

                if (record is { Message: not null })
                {
                    Interlocked.Add(ref _bytes, BytesOf(record));
                    _queue.Writer.TryWrite(record);
                }
            }

            _consumer.Close();
            _queue.Writer.TryComplete();
        }
        catch (Exception e)
        {
            // Whoever reads gets it.
            _queue.Writer.TryComplete(e);
        }
    }

    private ConsumeResult<byte[]?, byte[]?>? PollOnce(int milliseconds)
    {
        try
        {
            return _consumer.Consume(milliseconds);
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            Fail(e.Error);
            return null;
        }
    }

    private void Fail(Error error)
    {
        // A subscribed pattern that no topic matches yet is no fault.
        if (error.Code == ErrorCode.UnknownTopicOrPart)
        {
            _logger.LogDebug("Kafka: {Error}", error.Reason);
            return;
        }

        _logger.LogWarning("Kafka reports a problem: {Error}", error.Reason);
        _fault = new ReaderFault(error.Reason, Stopwatch.GetTimestamp());
    }

    private void MeasureLag()
    {
        var lags = new List<PartitionLag>();
        foreach (var partition in _consumer.Assignment)
        {
            var high = _consumer.GetWatermarkOffsets(partition).High;
            if (high.IsSpecial)
            {
                continue;
            }

            long? done;
            lock (_done)
            {
                done = _done.TryGetValue(partition, out var next) ? next : null;
            }

            if (done is null && _consumer.Position(partition) is { IsSpecial: false } position && _queue.Reader.Count == 0)
            {
                done = position.Value;
            }

            if (done is not null)
            {
                lags.Add(new PartitionLag(partition, Math.Max(0, high.Value - done.Value)));
            }
        }

        _lags = lags;
    }

    private IEnumerable<TopicPartitionOffset> Assigned(List<TopicPartition> partitions)
    {
        _logger.LogDebug("Assigned {Partitions}.", string.Join(", ", partitions));
        _reassigned = true;
        while (_beginAt is not null && !_stop.IsCancellationRequested)
        {
            try
            {
                // On the thread of this reader alone. Whatever it reads before it knows the place would be read in vain.
                return _beginAt(partitions, _stop.Token).GetAwaiter().GetResult();
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                _logger.LogWarning("Where to begin reading could not be found out, so nothing is read yet: {Error}", e.Message);
                _fault = new ReaderFault($"where to begin reading could not be found out: {e.Message}", Stopwatch.GetTimestamp());
                _stop.Token.WaitHandle.WaitOne(AskAgain);
            }
            catch (OperationCanceledException)
            {
                // Nothing more is read.
            }
        }

        return partitions.ConvertAll(p => new TopicPartitionOffset(p, Offset.Unset));
    }

    private void Forget(IEnumerable<TopicPartitionOffset> partitions, string how)
    {
        _reassigned = true;
        foreach (var partition in partitions)
        {
            _logger.LogDebug("{How} {Partition}.", how, partition.TopicPartition);
            lock (_done)
            {
                _done.Remove(partition.TopicPartition);
            }
        }
    }

    private sealed record ReaderFault(string Reason, long At);
}

/// <summary>How far a reader is behind on a partition.</summary>
/// <param name="Records">Records of the partition that are not stored yet.</param>
public sealed record PartitionLag(TopicPartition Partition, long Records);
