using System.Diagnostics;
using OpenCvSharp;
using SmartCity.Edge.Recognition;

namespace SmartCity.Edge.Tracking;

/// <summary>
/// Follows plates over a camera's frames by place and size, never by likeness of text, and says when a vehicle is to be reported:
/// as soon as its frames agree, at the latest when it has left. Every <c>at</c> is a frame's moment and never less than the one before. Not thread-safe; one for a camera.
/// </summary>
public sealed class Tracker(Func<IReadOnlyList<PlateRead>, PlateRead> fuse) : IDisposable
{
    private const double Sure = 0.9;

    // Probability of the vote that is certain enough to report a vehicle while it is still in view, by how many frames read the same: the more
    // agree, the less another frame would change. An alert has a second, and a vehicle that waits until it has left has used it up.
    private static readonly double[] CertainWith = [double.PositiveInfinity, double.PositiveInfinity, 0.97, 0.93, 0.9, 0.85];
    private const int FewestFrames = 2;

    // A vehicle that was not seen for so long, or for some frames of a slow camera, has left. It counts in the second that an alert has.
    private static readonly TimeSpan ShortestPatience = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(10);
    private const int PatienceFrames = 3;
    private const int IntervalsKept = 8;

    private readonly List<Track> _tracks = [];
    private readonly List<Track> _gone = [];
    private readonly ReportedVehicles _reported = new();
    private readonly Queue<TimeSpan> _intervals = new();
    private TimeSpan? _frameAt;

    /// <summary>Whether every plate that is followed was reported already.</summary>
    public bool AllReported => _tracks.Count > 0 && _tracks.TrueForAll(t => t.Reported);

    // The shortest of the last intervals is the camera's: the others had frames left out, or nothing to show.
    private TimeSpan Patience
    {
        get
        {
            var interval = _intervals.Count == 0 ? TimeSpan.Zero : PatienceFrames * _intervals.Min();
            return interval < ShortestPatience ? ShortestPatience : interval > LongestPatience ? LongestPatience : interval;
        }
    }

    /// <summary>Hears of every frame of the camera, read or not.</summary>
    public void FrameAt(TimeSpan at)
    {
        if (_frameAt is { } before && at > before)
        {
            _intervals.Enqueue(at - before);
            if (_intervals.Count > IntervalsKept)
            {
                _intervals.Dequeue();
            }
        }

        _frameAt = at;
    }

    /// <summary>The plates of a frame that need reading: those of reported vehicles are only followed.</summary>
    public IReadOnlyList<PlateQuad> ToRead(IReadOnlyList<PlateQuad> quads, TimeSpan at)
    {
        var left = new List<PlateQuad>(quads.Count);
        foreach (var quad in quads)
        {
            if (_tracks.Find(t => t.Reported && t.Continues(quad, at, Patience)) is { } known)
            {
                known.Seen(quad, at);
            }
            else
            {
                left.Add(quad);
            }
        }

        return left;
    }

    /// <summary>Takes a frame's reads; gives the vehicles that are to be reported now. The caller makes the sighting at once.</summary>
    public IReadOnlyList<(Track Track, PlateRead Vote)> Observe(IReadOnlyList<PlateRead> reads, Mat picture, TimeSpan at, DateTimeOffset capturedAt, ActivityContext trace, string? origin = null)
    {
        var due = Expire(at).ToList();
        var taken = new HashSet<Track>();
        foreach (var read in reads)
        {
            var track = _tracks.Where(t => !taken.Contains(t) && t.Continues(read.Quad, at, Patience)).MinBy(t => Distance(t.Quad, read.Quad));
            if (track is null)
            {
                track = new Track(read.Quad, at, trace) { Origin = origin };
                _tracks.Add(track);
            }

            taken.Add(track);
            track.Seen(read.Quad, at);
            if (track.Reported)
            {
                continue;
            }

            track.Add(read, picture, capturedAt);
            if (Vote(track) is { } vote && Report(track, vote))
            {
                due.Add((track, vote));
            }
        }

        _reported.Observed(_tracks, at);
        return due;
    }

    /// <summary>Nothing has moved since the last frame that was observed: a car that stood there stands there still. Gives what <see cref="Expire"/> gives.</summary>
    public IReadOnlyList<(Track Track, PlateRead Vote)> Still(TimeSpan at)
    {
        _reported.Still(at);
        return Expire(at);
    }

    /// <summary>Gives the vehicles that have left unreported, until the next call, and forgets them and those that left before.</summary>
    public IReadOnlyList<(Track Track, PlateRead Vote)> Expire(TimeSpan at)
    {
        var due = Leave(t => at - t.SeenAt > Patience);
        _reported.Forget(at);
        return due;
    }

    /// <summary>Whatever is followed has left; what was reported stays known. Gives what <see cref="Expire"/> gives.</summary>
    public IReadOnlyList<(Track Track, PlateRead Vote)> End() => Leave(_ => true);

    public void Dispose()
    {
        _tracks.ForEach(t => t.Dispose());
        _gone.ForEach(t => t.Dispose());
    }

    private List<(Track, PlateRead)> Leave(Func<Track, bool> left)
    {
        _gone.ForEach(t => t.Dispose());
        _gone.Clear();
        var due = new List<(Track, PlateRead)>();
        foreach (var track in _tracks.Where(left).ToList())
        {
            _tracks.Remove(track);
            _gone.Add(track);
            if (!track.Reported && (track.Reads.Count >= FewestFrames || track.Reads.Any(r => r.Confidence >= Sure)) && fuse(track.Reads) is var vote && Report(track, vote))
            {
                due.Add((track, vote));
            }
        }

        return due;
    }

    private PlateRead? Vote(Track track)
    {
        var agreeing = track.Reads.Select(r => r.Plate).OfType<string>().CountBy(p => p, StringComparer.Ordinal).Select(g => g.Value).DefaultIfEmpty(0).Max();
        var certain = CertainWith[Math.Min(agreeing, CertainWith.Length - 1)];
        if (double.IsPositiveInfinity(certain))
        {
            return null;
        }

        var vote = fuse(track.Reads);
        return vote.Plate is not null && vote.Confidence >= certain ? vote : null;
    }

    private bool Report(Track track, PlateRead vote)
    {
        track.Reported = true;
        return _reported.Add(track, vote.Plate);
    }

    private static double Distance(PlateQuad a, PlateQuad b)
    {
        var (p, q) = (a.Box, b.Box);
        return Math.Abs(p.X + p.Width / 2.0 - q.X - q.Width / 2.0) + Math.Abs(p.Y + p.Height / 2.0 - q.Y - q.Height / 2.0);
    }
}
