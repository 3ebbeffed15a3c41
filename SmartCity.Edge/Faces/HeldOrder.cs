using System.Security.Cryptography;
using SmartCity.Contracts.Faces;
using SmartCity.Faces;

namespace SmartCity.Edge.Faces;

/// <summary>A deployment in force at a station: its watch-list, in memory alone, and what was done under it. Thread-safe.</summary>
internal sealed class HeldOrder(string stationId, Guid deployment)
{
    private readonly Lock _gate = new();
    private readonly Guid _run = Guid.NewGuid();
    private readonly Dictionary<string, long> _refused = new(StringComparer.Ordinal);
    private readonly Queue<FaceMatch> _waiting = [];
    private List<(Guid Entry, FaceVector Template)> _templates = [];
    private long _faces;
    private long _passes;
    private long _comparisons;
    private long _matches;
    private long _lost;
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _cameras;
    private int _underWay;
    private DateTimeOffset? _destroyedAt;
    private bool _told;

    public string StationId => stationId;

    public Guid Deployment => deployment;

    public IReadOnlyList<string> Cameras { get; private set; } = [];

    public DateTimeOffset From { get; private set; }

    public DateTimeOffset Until { get; private set; }

    /// <summary>When it ends unless the core gives it again, on a clock that nobody can set.</summary>
    public TimeSpan LeaseEnds { get; private set; }

    public double Threshold { get; private set; }

    public int Templates
    {
        get
        {
            lock (_gate)
            {
                return _templates.Count;
            }
        }
    }

    public bool IsDestroyed
    {
        get
        {
            lock (_gate)
            {
                return _destroyedAt is not null;
            }
        }
    }

    /// <summary>Completes when it is destroyed, no camera holds anything of people who were seen under it, and no match is under way: its counts rise no more.</summary>
    public Task Settled => _settled.Task;

    /// <summary>Whether the core has heard that the templates are no more, with the last counts.</summary>
    public bool IsTold
    {
        get
        {
            lock (_gate)
            {
                return _told;
            }
        }
    }

    /// <summary>The order as the core gives it now.</summary>
    /// <exception cref="CryptographicException">Its templates are not sealed for this exchange.</exception>
    public void Renew(FaceOrder order, FaceSeal seal, TimeSpan now)
    {
        var templates = Opened(order, seal);
        lock (_gate)
        {
            Zero();
            (_templates, Cameras, From, Until, Threshold, LeaseEnds) = (templates, order.Cameras, order.From, order.Until, order.Threshold, now + order.Lease);
            if (_destroyedAt is not null)
            {
                Zero();
            }
        }
    }

    public bool IsOver(DateTimeOffset now, TimeSpan moment) => now >= Until || moment >= LeaseEnds;

    /// <summary>A camera begins to look at people under it, until it has called <see cref="Leave"/>.</summary>
    /// <returns>False if it is destroyed.</returns>
    public bool Enter()
    {
        lock (_gate)
        {
            _cameras += _destroyedAt is null ? 1 : 0;
            return _destroyedAt is null;
        }
    }

    /// <summary>The camera holds nothing under it any more, and has counted all that it saw.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _cameras--;
            Settle();
        }
    }

    /// <summary>Zeroes the templates, and what waits to be sent; nothing is compared with them any more.</summary>
    public void Destroy(DateTimeOffset now)
    {
        lock (_gate)
        {
            _destroyedAt ??= now;
            Zero();
            while (_waiting.TryDequeue(out var match))
            {
                Lose(match);
            }

            Settle();
        }
    }

    public void Seen(int faces)
    {
        lock (_gate)
        {
            _faces += faces;
        }
    }

    public void Refused(string reason)
    {
        lock (_gate)
        {
            _refused[reason] = _refused.GetValueOrDefault(reason) + 1;
        }
    }

    public void Passed()
    {
        lock (_gate)
        {
            _passes++;
        }
    }

    /// <summary>Holds a pooled look against the list.</summary>
    /// <returns>The entry that it is near enough to, without one if there is none. Null if the order is destroyed: then nothing was compared or counted.</returns>
    public (Guid? Entry, double Distance)? Compare(FaceVector look, FaceDescriber describer)
    {
        lock (_gate)
        {
            if (_destroyedAt is not null)
            {
                return null;
            }

            _comparisons++;
            (Guid? Entry, double Distance) nearest = (null, Threshold);
            foreach (var (entry, template) in _templates)
            {
                var distance = describer.Distance(look, template);
                if (distance < nearest.Distance)
                {
                    nearest = (entry, distance);
                }
            }

            return nearest;
        }
    }

    public void Matched(FaceMatch match)
    {
        lock (_gate)
        {
            _matches++;
            Keep(match);
        }
    }

    /// <summary>The next match to be sent. What becomes of it is told by <see cref="Sent"/>, <see cref="GiveBack"/> or <see cref="Drop"/>.</summary>
    public FaceMatch? TakeWaiting()
    {
        lock (_gate)
        {
            _underWay += _waiting.Count > 0 ? 1 : 0;
            return _waiting.TryDequeue(out var match) ? match : null;
        }
    }

    /// <summary>The core has the match: here it is destroyed.</summary>
    public void Sent(FaceMatch match)
    {
        CryptographicOperations.ZeroMemory(match.Picture);
        lock (_gate)
        {
            _underWay--;
            Settle();
        }
    }

    public void GiveBack(FaceMatch match)
    {
        lock (_gate)
        {
            _underWay--;
            Keep(match);
            Settle();
        }
    }

    /// <summary>A match that the core refused: it is destroyed.</summary>
    public void Drop(FaceMatch match)
    {
        lock (_gate)
        {
            _underWay--;
            Lose(match);
            Settle();
        }
    }

    /// <summary>What was counted. It says that the templates are destroyed once nothing can be counted any more.</summary>
    public FaceReport Report()
    {
        lock (_gate)
        {
            return new FaceReport(deployment, _run, _faces, new Dictionary<string, long>(_refused), _passes, _comparisons, _matches, _lost, Settled.IsCompleted ? _destroyedAt : null);
        }
    }

    /// <summary>The core has this report.</summary>
    public void Told(FaceReport report)
    {
        lock (_gate)
        {
            _told |= report.DestroyedAt is not null;
        }
    }

    private static List<(Guid Entry, FaceVector Template)> Opened(FaceOrder order, FaceSeal seal)
    {
        var templates = new List<(Guid Entry, FaceVector Template)>(order.Templates.Count);
        try
        {
            foreach (var template in order.Templates)
            {
                var opened = new FaceVector((template.Sealed.Length - FaceSeal.Overhead) / sizeof(float));
                templates.Add((template.Entry, opened));
                seal.Open(order.Deployment, template.Entry, template.Sealed, opened.Bytes);
            }

            return templates;
        }
        catch
        {
            templates.ForEach(t => t.Template.Dispose());
            throw;
        }
    }

    private void Keep(FaceMatch match)
    {
        if (_destroyedAt is null)
        {
            _waiting.Enqueue(match);
        }
        else
        {
            Lose(match);
        }
    }

    private void Lose(FaceMatch match)
    {
        CryptographicOperations.ZeroMemory(match.Picture);
        _lost++;
    }

    private void Settle()
    {
        if (_destroyedAt is not null && _cameras == 0 && _underWay == 0)
        {
            _settled.TrySetResult();
        }
    }

    private void Zero()
    {
        foreach (var (_, template) in _templates)
        {
            template.Dispose();
        }

        _templates = [];
    }
}
