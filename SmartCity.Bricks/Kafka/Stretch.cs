using Confluent.Kafka;

namespace SmartCity.Bricks.Kafka;

/// <summary>Records of one partition that came one after another.</summary>
internal sealed class Stretch
{
    private readonly PartitionInWork _partition;
    private int _left;

    public Stretch(PartitionInWork partition)
    {
        _partition = partition;
        Node = new LinkedListNode<Stretch>(this);
    }

    /// <summary>Another member has the partition now, or gets it at once.</summary>
    public bool IsGone => _partition.IsGone;

    /// <summary>Where the partition is read on after this.</summary>
    public long Next { get; private set; }

    public bool IsDone => Volatile.Read(ref _left) == 0;

    public LinkedListNode<Stretch> Node { get; }

    public void Add(ConsumeResult<byte[]?, byte[]?> record)
    {
        _left++;
        Next = record.Offset.Value + 1;
    }

    /// <summary>One of its records is done.</summary>
    public void Done()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _partition.Done(this);
        }
    }
}
