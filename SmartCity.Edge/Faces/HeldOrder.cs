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

    /// <summary>Whether the core has heard that the templates are no more.</summary>
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

    /// <summary>The entry that a pooled look is near enough to; null when there is none.</summary>
    public (Guid Entry, double Distance)? Compare(FaceVector look, FaceDescriber describer)
    {
        lock (_gate)
        {
            if (_destroyedAt is not null)
            {
                return null;
            }

            _comparisons++;
            (Guid Entry, double Distance)? nearest = null;
            foreach (var (entry, template) in _templates)
            {
                var distance = describer.Distance(look, template);
                if (distance < Threshold && (nearest is null || distance < nearest.Value.Distance))
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
        }
    }

    public void GiveBack(FaceMatch match)
    {
        lock (_gate)
        {
            _underWay--;
            Keep(match);
        }
    }

    /// <summary>A match that the core refused: it is destroyed.</summary>
    public void Drop(FaceMatch match)
    {
        lock (_gate)
        {
            _underWay--;
            Lose(match);
        }
    }

    public FaceReport Report()
    {
        lock (_gate)
        {
            return new FaceReport(deployment, _run, _faces, new Dictionary<string, long>(_refused), _passes, _comparisons, _matches, _lost, _destroyedAt);
        }
    }

    /// <summary>The core has this report. It is the last when nothing has been counted since and no match is under way.</summary>
    public void Told(FaceReport report)
    {
        lock (_gate)
        {
            _told |= report.DestroyedAt is not null && _underWay == 0 && (report.Matches, report.Lost) == (_matches, _lost);
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

    private void Zero()
    {
        foreach (var (_, template) in _templates)
        {
            template.Dispose();
        }

        _templates = [];
    }
}
