namespace SmartCity.Edge.Publishing;

/// <summary>Wanted vehicles' sightings that go before their turn, and which of them have gone. Thread-safe.</summary>
internal sealed class SpoolAhead
{
    private const int Most = 1_000;

    private readonly Lock _gate = new();

    // Those that wait, oldest first; and those that were sent before their turn.
    private readonly List<SpooledSighting> _waiting = [];
    private readonly HashSet<PictureName> _sent = [];

    public void Add(SpooledSighting spooled)
    {
        lock (_gate)
        {
            _waiting.Add(spooled);
            if (_waiting.Count > Most)
            {
                _waiting.RemoveAt(0); // it goes in its turn
            }
        }
    }

    /// <summary>Up to so many that wait, the newest first.</summary>
    public List<SpooledSighting> Next(int most)
    {
        lock (_gate)
        {
            return [.. Enumerable.Reverse(_waiting).Take(most)];
        }
    }

    /// <summary>These were sent before their turn, and are left out when it comes.</summary>
    public void Mark(IReadOnlyList<SpooledSighting> sent)
    {
        lock (_gate)
        {
            var names = sent.Select(s => s.Name).ToHashSet();
            _waiting.RemoveAll(s => names.Contains(s.Name));
            _sent.UnionWith(names);
        }
    }

    /// <summary>Those of a batch that were not sent before their turn.</summary>
    public List<SpooledSighting> InTurn(List<SpooledSighting> batch)
    {
        lock (_gate)
        {
            return _sent.Count == 0 ? batch : batch.FindAll(s => !_sent.Contains(s.Name));
        }
    }

    /// <summary>The turn of these is over.</summary>
    public void Forget(IReadOnlyList<SpooledSighting> delivered)
    {
        lock (_gate)
        {
            if (_sent.Count > 0 || _waiting.Count > 0)
            {
                var names = delivered.Select(s => s.Name).ToHashSet();
                _sent.ExceptWith(names);
                _waiting.RemoveAll(s => names.Contains(s.Name));
            }
        }
    }
}
