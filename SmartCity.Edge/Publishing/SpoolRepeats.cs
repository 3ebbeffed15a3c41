namespace SmartCity.Edge.Publishing;

/// <summary>Sightings of a log that are sent again, in the order in which they were asked for. Asked for by anybody; read by the one that delivers.</summary>
internal sealed class SpoolRepeats(Spool log) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<SpoolAgain> _asked = new();
    private IEnumerator<SpooledSighting>? _sending;

    public void Add(SpoolAgain again)
    {
        lock (_gate)
        {
            _asked.Enqueue(again);
        }
    }

    /// <summary>Up to so many; empty if there are none.</summary>
    public List<SpooledSighting> Next(int most)
    {
        var batch = new List<SpooledSighting>();
        while (batch.Count < most)
        {
            _sending ??= NextAsked();
            if (_sending is null)
            {
                break;
            }

            if (_sending.MoveNext())
            {
                batch.Add(_sending.Current);
                continue;
            }

            _sending.Dispose();
            _sending = null;
        }

        return batch;
    }

    /// <summary>The sightings from one position to another.</summary>
    public IEnumerable<SpooledSighting> Read(SpoolPosition first, SpoolPosition end) =>
        log.From(first).TakeWhile(r => r.At.CompareTo(end) < 0).Select(r => SpooledSighting.TryRead(r.Payload, out var spooled) ? spooled : null).OfType<SpooledSighting>();

    public void Dispose() => _sending?.Dispose();

    private IEnumerator<SpooledSighting>? NextAsked()
    {
        lock (_gate)
        {
            return _asked.TryDequeue(out var again) ? Read(again).GetEnumerator() : null;
        }
    }

    private IEnumerable<SpooledSighting> Read(SpoolAgain again)
    {
        foreach (var spooled in again.Parts.SelectMany(r => Read(r.First, r.End)).Where(s => again.Ids.Contains(s.Sighting.Id)))
        {
            yield return spooled;
        }

        again.IsDone = true;
    }
}
