using System.Diagnostics;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tracking;

/// <summary>
/// Follows plates over a camera's frames by place and size, unless what was read says that it is another vehicle, and says when one is to be reported:
/// as soon as its frames agree, at the latest when it has left; and again, as the same vehicle, when later frames show more of its plate or show it better. Every <c>at</c> is a frame's moment and never less than the one before. Not thread-safe; one for a camera.
/// </summary>
/// <param name="saysMore">Whether more is known of a vehicle that has left than its sighting says, beside the plate; null where nobody asks.</param>
public sealed class Tracker(Func<IReadOnlyList<PlateRead>, PlateRead> fuse, Func<Track, bool>? saysMore = null) : IDisposable
{
    // The detector's score of a plate that was there even if a single frame shows it and it cannot be read.
    private const double ClearlyThere = 0.95;

    // Probability of the vote that is certain enough to report a vehicle while it is still in view, by how many frames read the same: the more
    // agree, the less another frame would change. An alert has a second, and a vehicle that waits until it has left has used it up.
    private static readonly double[] CertainWith = [double.PositiveInfinity, double.PositiveInfinity, 0.97, 0.93, 0.9, 0.85];
    private const int FewestFrames = 2;

    // Of a vehicle that stands in view for hours no more is learnt.
    private const int MostReads = 100;

    // A vehicle that was not seen for so long, or for some frames of a slow camera, has left. It counts in the second that an alert has.
    private static readonly TimeSpan ShortestPatience = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(10);
    private const int PatienceFrames = 3;
    private const int IntervalsKept = 8;

    private readonly List<Track> _tracks = [];
    private readonly List<Track> _gone = [];
    private readonly List<(Track Track, PlateQuad Quad)> _followed = [];
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
    /// <param name="live">The moment is when it arrived, and not its place in a recording: it may have been held up.</param>
    public void FrameAt(TimeSpan at, bool live = true)
    {
        if (_frameAt is { } before && at > before)
        {
            var interval = at - before;
            if (live && _intervals.Count > 0 && interval > ShortestPatience && interval > PatienceFrames * _intervals.Min())
            {
                _reported.Silent(interval);
            }

            _intervals.Enqueue(interval);
            if (_intervals.Count > IntervalsKept)
            {
                _intervals.Dequeue();
            }
        }

        _frameAt = at;
    }

    /// <summary>The plates of a frame that need reading: those of reported vehicles are only followed while their place alone says whose they are.</summary>
    public IReadOnlyList<PlateQuad> ToRead(IReadOnlyList<PlateQuad> quads, TimeSpan at)
    {
        var left = new List<PlateQuad>(quads.Count);
        _followed.Clear();
        var own = Assignment.Of(quads.Count, _tracks.Count, (q, t) => _tracks[t].Continues(quads[q], at, Patience) ? Square(_tracks[t].Off(quads[q], at)) : null);
        for (var q = 0; q < quads.Count; q++)
        {
            var quad = quads[q];
            if (own[q] >= 0 && _tracks[own[q]] is { Reported: true } known && known.IsSurely(quad, at) && !known.ShowsMore(quad)
                && quads.Count(o => known.IsSurely(o, at)) == 1 && _tracks.Count(t => t.IsSurely(quad, at)) == 1)
            {
                _followed.Add((known, quad));
            }
            else
            {
                left.Add(quad);
            }
        }

        foreach (var (track, quad) in _followed)
        {
            track.Seen(quad, at);
        }

        return left;
    }

    /// <summary>Takes a frame's reads; gives the vehicles that are to be reported now. The caller makes the sighting at once.</summary>
    public IReadOnlyList<(Track Track, PlateRead Vote)> Observe(IReadOnlyList<PlateRead> reads, Mat picture, TimeSpan at, DateTimeOffset capturedAt, ActivityContext trace, string? origin = null)
    {
        var due = Expire(at).ToList();
        var free = _tracks.Except(_followed.Select(f => f.Track)).ToList();
        _followed.Clear();
        var own = Assignment.Of(reads.Count, free.Count, (r, t) => Cost(free[t], reads[r], at));

        // Another vehicle has taken its place.
        var others = reads.Where((_, r) => own[r] < 0).ToList();
        due.AddRange(Leave(track => free.IndexOf(track) is >= 0 and var t && !own.Contains(t) && others.Exists(r => track.Continues(r.Quad, at, Patience) && track.IsOther(r, at))));
        for (var r = 0; r < reads.Count; r++)
        {
            var read = reads[r];
            if (own[r] < 0)
            {
                _tracks.Add(new Track(read.Quad, at, trace) { Origin = origin });
            }

            var track = own[r] < 0 ? _tracks[^1] : free[own[r]];
            track.Seen(read.Quad, at);
            if (track.Reported && track.Reads.Count >= MostReads)
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
        Dismiss();
        var due = Leave(t => at - t.SeenAt > Patience);
        _reported.Forget(at);
        return due;
    }

    /// <summary>Whatever is followed has left; what was reported stays known. Gives what <see cref="Expire"/> gives.</summary>
    public IReadOnlyList<(Track Track, PlateRead Vote)> End()
    {
        Dismiss();
        return Leave(_ => true);
    }

    public void Dispose()
    {
        _tracks.ForEach(t => t.Dispose());
        _gone.ForEach(t => t.Dispose());
    }

    private void Dismiss()
    {
        _gone.ForEach(t => t.Dispose());
        _gone.Clear();
    }

    private List<(Track Track, PlateRead Vote)> Leave(Func<Track, bool> left)
    {
        var due = new List<(Track, PlateRead)>();
        foreach (var track in _tracks.Where(left).ToList())
        {
            _tracks.Remove(track);
            _gone.Add(track);
            if ((track.Reported || track.Reads.Count >= FewestFrames || track.Reads.Any(r => r.Plate is not null || r.Quad.Score >= ClearlyThere)) && LastVote(track) is var vote && Report(track, vote))
            {
                due.Add((track, vote));
            }
            else if (track is { ReportedVote: { } reported, Sighting: not null } && saysMore?.Invoke(track) == true)
            {
                due.Add((track, reported));
            }
        }

        return due;
    }

    private PlateRead? Vote(Track track)
    {
        var voters = track.Voters;
        var agreeing = voters.Select(r => r.Plate).OfType<string>().CountBy(p => p, StringComparer.Ordinal).Select(g => g.Value).DefaultIfEmpty(0).Max();
        var certain = CertainWith[Math.Min(agreeing, CertainWith.Length - 1)];
        if (track.IsComing || double.IsPositiveInfinity(certain))
        {
            return null;
        }

        var vote = Limited(track, fuse(voters));
        return vote.Plate is not null && vote.Confidence >= certain ? vote : null;
    }

    private PlateRead LastVote(Track track) => Limited(track, fuse(track.Voters));

    // Nobody knows what was hidden or cut off: a person looks.
    private static PlateRead Limited(Track track, PlateRead vote) =>
        track.IsInPart || track.IsMostlyInPart(vote.BestGuess) ? Reading.InPart(vote) : vote;

    private bool Report(Track track, PlateRead vote)
    {
        if (track.ReportedVote is not { } before)
        {
            track.ReportedVote = vote;
            return _reported.Add(track, vote.Plate);
        }

        if (track.Sighting is null || !IsBetter(vote, before))
        {
            return false;
        }

        track.ReportedVote = vote;
        _reported.Correct(track, vote.Plate!);
        return true;
    }

    // More of the plate, or the same number of characters read better. Of what leaves the picture, or goes behind something, less is seen.
    private static bool IsBetter(PlateRead vote, PlateRead before) =>
        vote is { Plate: { } plate, Confidence: >= Sighting.LeastSure }
        && (before.Plate is not { } known
            || (plate == known ? before.Confidence < Sighting.LeastSure : !known.Contains(plate, StringComparison.Ordinal) && (plate.Contains(known, StringComparison.Ordinal) || vote.Confidence > before.Confidence)));

    // Nearest to where it should be, but before all what was read in it.
    private double? Cost(Track track, PlateRead read, TimeSpan at)
    {
        const double sameText = 100;
        if (!track.Continues(read.Quad, at, Patience) || track.IsOther(read, at))
        {
            return null;
        }

        return Square(track.Off(read.Quad, at)) - (read.Plate is not null && read.Plate == track.Surest?.Plate ? sameText : 0);
    }

    private static double Square(double value) => value * value;
}
