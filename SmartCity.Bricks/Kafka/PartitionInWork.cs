using Confluent.Kafka;

namespace SmartCity.Bricks.Kafka;

/// <summary>A partition for as long as this member has it. Records may be done in any order; the position that is stored is where all before it is done.</summary>
/// <param name="store">Stores a position.</param>
internal sealed class PartitionInWork(Action<long> store)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Stretch> _stretches = new();
    private volatile bool _gone;
    private bool _closed;
    private Stretch? _open;

    public bool IsGone => _gone;

    /// <summary>Nothing of it is begun any more; what is in work may end.</summary>
    public void Leave() => _gone = true;

    /// <summary>Nothing of it is stored any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            (_gone, _closed) = (true, true);
        }
    }

    /// <summary>The stretch that a record belongs to.</summary>
    public Stretch Take(ConsumeResult<byte[]?, byte[]?> record)
    {
        _open ??= new Stretch(this);
        _open.Add(record);
        return _open;
    }

    /// <summary>Ends the stretch: its records go to work.</summary>
    public void EndStretch()
    {
        if (_open is { } stretch)
        {
            lock (_gate)
            {
                _stretches.AddLast(stretch.Node);
            }

            _open = null;
        }
    }

    public void Done(Stretch stretch)
    {
        lock (_gate)
        {
            // Stretches that are done and lie side by side are one, so that there are no more of them than records that wait.
            if (stretch.Node is { List: not null, Previous: { Value.IsDone: true } before })
            {
                _stretches.Remove(before);
            }

            if (stretch.Node is { List: not null, Next.Value.IsDone: true })
            {
                _stretches.Remove(stretch.Node);
            }

            if (_stretches.First is { Value.IsDone: true } first)
            {
                _stretches.RemoveFirst();
                if (!_closed)
                {
                    store(first.Value.Next);
                }
            }
        }
    }
}
