using System.Collections.Immutable;
using SmartCity.Contracts;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// How many sightings of each stretch of capture time a spool keeps, where they lie, when they were sent last, and which stretches the core has
/// whole. Thread-safe.
/// </summary>
internal sealed class SpoolStretches(DateTimeOffset startedAt)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<DateTimeOffset, SpoolStretch> _stretches = [];

    /// <summary>All of them, oldest first.</summary>
    public List<SpoolStretch> All()
    {
        lock (_gate)
        {
            return [.. _stretches.Values];
        }
    }

    public void Add(Sighting sighting, SpoolPosition at, SpoolPosition next) => Change(EdgeSightings.StretchOf(sighting.CapturedAt), s => s.With(at, next, sighting.Revision == 0), isNew: true);

    /// <summary>By hour, the sightings that lie before a position.</summary>
    public List<PublishedHour> Published(SpoolPosition delivered) =>
    [
        .. All().Where(s => s.End.CompareTo(delivered) <= 0).GroupBy(s => PublishedHour.HourOf(s.From))
            .Select(h => new PublishedHour(h.Key, h.Sum(s => s.Parts.Values.Sum(p => p.Sightings)), h.Max(s => s.SentAt))),
    ];

    /// <summary>Kafka acknowledged a sighting of this capture time.</summary>
    public void Sent(DateTimeOffset capturedAt, DateTimeOffset now) => Change(EdgeSightings.StretchOf(capturedAt), s => s with { SentAt = now });

    /// <summary>The core has all of a stretch, at these counts of the edge and of the core.</summary>
    public void IsWhole(SpoolStretch stretch, long stored) => Change(stretch.From, s => s with { Whole = (stretch.Count, stored), Tries = 0, AtOnce = false });

    /// <summary>Some of a stretch is sent again.</summary>
    public void IsSentAgain(SpoolStretch stretch, SpoolAgain again) => Change(stretch.From, s => s with { Again = again, Tries = s.Tries + 1, AtOnce = false });

    /// <summary>What lies in segments before this one is deleted.</summary>
    public void Trim(long segment)
    {
        lock (_gate)
        {
            foreach (var (start, stretch) in _stretches.Where(s => s.Value.Parts.Keys.Any(k => k < segment)).ToList())
            {
                var left = stretch.Parts.RemoveRange(stretch.Parts.Keys.Where(k => k < segment));
                if (left.IsEmpty)
                {
                    _stretches.Remove(start);
                }
                else
                {
                    _stretches[start] = stretch with { Parts = left };
                }
            }
        }
    }

    /// <summary>Nothing is known any more of what the core has, and nothing is on its way: what the core does not have is sent again without waiting.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            foreach (var (start, stretch) in _stretches.ToList())
            {
                _stretches[start] = stretch with { Whole = null, AtOnce = true };
            }
        }
    }

    /// <summary>The core lacks some of these hours: they are compared, and sent again, without waiting. False when none of them is kept.</summary>
    public bool Ask(IReadOnlyCollection<DateTimeOffset> hours)
    {
        lock (_gate)
        {
            var asked = _stretches.Where(s => hours.Contains(PublishedHour.HourOf(s.Key))).ToList();
            foreach (var (start, stretch) in asked)
            {
                _stretches[start] = stretch with { Whole = null, AtOnce = true };
            }

            return asked.Count > 0;
        }
    }

    /// <summary>The core is asked for all of them again.</summary>
    public void Reexamine()
    {
        lock (_gate)
        {
            foreach (var (start, stretch) in _stretches.ToList())
            {
                _stretches[start] = stretch with { Whole = null };
            }
        }
    }

    private void Change(DateTimeOffset from, Func<SpoolStretch, SpoolStretch> change, bool isNew = false)
    {
        lock (_gate)
        {
            if (_stretches.TryGetValue(from, out var stretch))
            {
                _stretches[from] = change(stretch);
            }
            else if (isNew)
            {
                _stretches[from] = change(new SpoolStretch(from) { SentAt = startedAt });
            }
        }
    }
}

/// <summary>A stretch of capture time.</summary>
/// <param name="From">Its beginning.</param>
internal sealed record SpoolStretch(DateTimeOffset From)
{
    // A record may be on its way for so long after the core has stored what was sent later: partitions are read one before the other.
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMinutes(2);

    // Where nothing tells how far the way is.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private const int MostDoubled = 6;

    /// <summary>Where its records lie, by segment: how many, from where to where.</summary>
    public ImmutableSortedDictionary<long, SpoolPart> Parts { get; init; } = ImmutableSortedDictionary<long, SpoolPart>.Empty;

    public long Count => Parts.Values.Sum(p => p.Count);

    public SpoolPosition End => Parts.Values.Max(p => p.End);

    /// <summary>When Kafka acknowledged the last of its sightings; of an earlier process, when this one started.</summary>
    public DateTimeOffset SentAt { get; init; }

    /// <summary>How often some of it was sent again.</summary>
    public int Tries { get; init; }

    /// <summary>The counts of the edge and of the core at which nothing was missing; null if that is not known.</summary>
    public (long Kept, long Stored)? Whole { get; init; }

    /// <summary>Nothing of it is on its way.</summary>
    public bool AtOnce { get; init; }

    /// <summary>What is sent again of it; null if nothing was.</summary>
    public SpoolAgain? Again { get; init; }

    /// <param name="isFirst">It is no later revision of a sighting.</param>
    public SpoolStretch With(SpoolPosition at, SpoolPosition next, bool isFirst)
    {
        var part = Parts.TryGetValue(at.Segment, out var known) ? known : new SpoolPart(0, 0, at, next);
        return this with { Parts = Parts.SetItem(at.Segment, new SpoolPart(part.Count + 1, part.Sightings + (isFirst ? 1 : 0), at.CompareTo(part.First) < 0 ? at : part.First, next.CompareTo(part.End) > 0 ? next : part.End)) };
    }

    /// <summary>Whether what the core does not have of it is lost, rather than on its way.</summary>
    /// <param name="sentTo">When the newest of the records was sent that the core stored last.</param>
    public bool IsDue(DateTimeOffset? sentTo, DateTimeOffset now)
    {
        var doubled = 1 << Math.Min(Tries, MostDoubled);
        return AtOnce || sentTo >= SentAt + (OnItsWay * doubled) || now >= SentAt + (Patience * doubled);
    }
}

/// <summary>Records of a stretch in one segment.</summary>
/// <param name="Sightings">Those of the records that are no later revision.</param>
internal sealed record SpoolPart(long Count, long Sightings, SpoolPosition First, SpoolPosition End);

/// <summary>Sightings that are sent again: parts of the log, and which of them.</summary>
internal sealed class SpoolAgain(IReadOnlyList<SpoolPart> parts, IReadOnlySet<Guid> ids)
{
    public IReadOnlyList<SpoolPart> Parts { get; } = parts;

    public IReadOnlySet<Guid> Ids { get; } = ids;

    /// <summary>All of them were sent.</summary>
    public bool IsDone { get; set; }
}
