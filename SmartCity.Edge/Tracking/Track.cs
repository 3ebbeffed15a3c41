using System.Diagnostics;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tracking;

/// <summary>One vehicle in front of one camera: where its plate is, what was read, and the frame that shows it best. Owns that picture.</summary>
public sealed class Track : IDisposable
{
    // A plate moves about its own width in this time, and further in more.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);
    private const double FurthestSteps = 2.5;

    // In so short a time one vehicle does not make room for the next in the same place.
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(600);
    private const double SamePlace = 0.5;
    private const double Sure = 0.9;

    // A plate that grows by more from one frame to the next, or in width more than in height, is still coming into view.
    private const double FastGrowth = 1.25;
    private const double Widening = 1.12;

    private readonly List<PlateRead> _reads = [];
    private readonly HashSet<PlateRead> _partial = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<PlateRead> _inPart = new(ReferenceEqualityComparer.Instance);
    private double _bestValue = double.MinValue;
    private const int MostSteps = 256;

    private readonly List<Step> _path = [];
    private Point2d _speed;

    internal Track(PlateQuad quad, TimeSpan at, ActivityContext trace)
    {
        Quad = quad;
        SeenAt = at;
        Trace = trace;
        _path.Add(new Step(at, quad.Box));
    }

    /// <summary>The plate in the newest frame that shows it.</summary>
    public PlateQuad Quad { get; private set; }

    /// <summary>Moment of that frame.</summary>
    public TimeSpan SeenAt { get; private set; }

    public ActivityContext Trace { get; }

    public IReadOnlyList<PlateRead> Reads => _reads;

    /// <summary>Where it was, from the first frame on; of one that stays for long, where it came from and where it is now.</summary>
    internal IReadOnlyList<Step> Path => _path;

    /// <summary>It was reported; it is followed on, so that it is not reported again unless later frames show more.</summary>
    public bool Reported => ReportedVote is not null;

    /// <summary>The vote that it was reported with last; null before.</summary>
    public PlateRead? ReportedVote { get; internal set; }

    /// <summary>The sighting that was made of it, in its newest revision; null if none was. Set by who makes it.</summary>
    public Sighting? Sighting { get; set; }

    /// <summary>What is remembered of it; null when it was not reported.</summary>
    internal ReportedVehicles.Vehicle? ReportedAs { get; set; }

    /// <summary>Seen more than once and always in the same place.</summary>
    internal bool Stands => _reads.Count > 1 && ReportedVehicles.Overlap(_reads[0].Quad.Box, Quad.Box) > 0.8;

    /// <summary>The frame that shows the plate best: its picture, its capture time and the plate in it.</summary>
    public (Mat Picture, DateTimeOffset At, PlateQuad Quad) Best { get; private set; }

    /// <summary>Origin of the frames that show it; null for live ones.</summary>
    public string? Origin { get; internal init; }

    /// <summary>The surest reading of the whole plate; of a part of it while there is no other.</summary>
    internal PlateRead? Surest { get; private set; }

    /// <summary>Whether the newest reading may be of a part of the plate, so that the next may say more.</summary>
    internal bool IsComing => _reads.Count > 0 && _partial.Contains(_reads[^1]);

    /// <summary>Whether no reading is of more than what the picture's edge left of the plate, or something else that hides a part of it.</summary>
    internal bool IsInPart => _reads.Count > 0 && _reads.TrueForAll(_inPart.Contains);

    /// <summary>Whether the frames that gave a plate speak against all of it being seen: one that seemed to show it may have been taken in, and one in slight doubt is not the last word.</summary>
    internal bool IsMostlyInPart(string plate) => _reads.Where(r => r.BestGuess == plate).Sum(r => r.SeenInPart ? Math.Max(r.Appearance.Whole, PlateAppearance.CertainlyInPart) : 1) < 0;

    /// <summary>The readings that vote: those of the whole plate, or else those that saw most of it.</summary>
    internal IReadOnlyList<PlateRead> Voters
    {
        get
        {
            var whole = _reads.FindAll(r => !_partial.Contains(r));
            if (whole.Count == 0)
            {
                whole = _reads.FindAll(r => !_inPart.Contains(r)) is { Count: > 0 } within ? within : _reads;
                var widest = whole.Max(r => r.Quad.Box.Width);
                whole = whole.FindAll(r => r.Quad.Box.Width * Widening > widest);
            }

            // What was read from further away and is a part of what was read from near.
            var longest = whole.FindLast(r => r.Confidence >= Sure && r.Plate is { } plate && whole.TrueForAll(o => o.Plate is null || o.Plate.Length <= plate.Length));
            return longest is null
                ? whole
                : whole.FindAll(r => r.Plate is not { } part || part.Length == longest.Plate!.Length || !longest.Plate.Contains(part, StringComparison.Ordinal) || r.Quad.Box.Width >= longest.Quad.Box.Width);
        }
    }

    /// <summary>Whether a plate, known to be this one by its place, may show more than what was read of it so far.</summary>
    internal bool ShowsMore(PlateQuad quad)
    {
        var widest = _reads.MaxBy(r => r.Quad.Box.Width)!.Quad.Box;
        var (wider, higher) = (quad.Box.Width / (double)Math.Max(1, widest.Width), quad.Box.Height / (double)Math.Max(1, widest.Height));
        return wider > FastGrowth || wider > Widening * Math.Max(1, higher) || ReportedVote is { Confidence: < Sighting.LeastSure };
    }

    internal void Seen(PlateQuad quad, TimeSpan at)
    {
        if (at > SeenAt)
        {
            _speed = at - SeenAt <= Soon ? (Middle(quad) - Middle(Quad)) * (1 / (at - SeenAt).TotalSeconds) : default;
        }

        if (at > _path[^1].At)
        {
            _path.Add(new Step(at, quad.Box));
            if (_path.Count > MostSteps)
            {
                _path.RemoveAt(MostSteps / 2);
            }
        }

        Quad = quad;
        SeenAt = at;
    }

    internal void Add(PlateRead read, Mat picture, DateTimeOffset capturedAt)
    {
        NoteParts(read, picture);
        _reads.Add(read);
        if (Surest is null || (_partial.Contains(Surest) && !_partial.Contains(read)) || (read.Confidence > Surest.Confidence && !_partial.Contains(read)))
        {
            Surest = read;
        }

        var box = read.Quad.Box;
        var value = read.Confidence + Math.Log(box.Width * (double)box.Height) / 10 - (_inPart.Contains(read) ? 1 : 0);
        if (value > _bestValue)
        {
            _bestValue = value;
            Best.Picture?.Dispose();
            // The same pixels, which go when the last of their holders goes.
            Best = (new Mat(picture, new Rect(0, 0, picture.Width, picture.Height)), capturedAt, read.Quad);
        }
    }

    /// <summary>Whether a plate in a frame can be this one: near where it was, of like size, soon after.</summary>
    internal bool Continues(PlateQuad quad, TimeSpan at, TimeSpan patience)
    {
        var (before, now) = (Quad.Box, quad.Box);
        var reach = 1.2 * Math.Max(before.Width, now.Width) * Math.Clamp((at - SeenAt) / Step, 1, FurthestSteps);
        var size = (double)now.Width / Math.Max(1, before.Width);
        return at - SeenAt <= patience && size is > 0.5 and < 2 && Middle(quad).DistanceTo(Middle(Quad)) <= reach;
    }

    /// <summary>How far a plate is from where this one should be by now, in widths of it.</summary>
    internal double Off(PlateQuad quad, TimeSpan at) =>
        Middle(quad).DistanceTo(Middle(Quad) + _speed * (at - SeenAt).TotalSeconds) / Math.Max(1, Math.Max(quad.Box.Width, Quad.Box.Width));

    /// <summary>Whether a plate can be no other than this one by its place alone.</summary>
    internal bool IsSurely(PlateQuad quad, TimeSpan at) => at - SeenAt <= Soon && Off(quad, at) <= SamePlace && quad.Box.Width / (double)Math.Max(1, Quad.Box.Width) is > 0.75 and < 1.33;

    /// <summary>Whether a reading cannot be of this vehicle: both are sure and differ by more than a doubtful character, or it comes late and hardly anything agrees.</summary>
    internal bool IsOther(PlateRead read, TimeSpan at)
    {
        const int doubtful = 1, several = 3;
        if (Surest is null)
        {
            return false;
        }

        var difference = PlateDifference.Of(Surest, read);
        return read is { Plate: not null, Confidence: >= Sure } && Surest is { Plate: not null, Confidence: >= Sure }
            ? difference > (IsSurely(read.Quad, at) ? several : doubtful)
            : difference > several && at - SeenAt > Soon;
    }

    public void Dispose() => Best.Picture?.Dispose();

    private void NoteParts(PlateRead read, Mat picture)
    {
        var box = read.Quad.Box;
        if (read.SeenInPart || PlateRules.IsCutOff(box, picture.Size()))
        {
            _inPart.Add(read);
            _partial.Add(read);
        }

        if (_reads.Count > 0 && _reads[^1].Quad.Box is var before)
        {
            var (wider, higher) = (box.Width / (double)Math.Max(1, before.Width), box.Height / (double)Math.Max(1, before.Height));
            if (wider > FastGrowth || wider > Widening * Math.Max(1, higher))
            {
                _partial.UnionWith(_reads);
                _partial.Add(read);
            }
        }
    }

    private static Point2d Middle(PlateQuad quad) => new(quad.Box.X + quad.Box.Width / 2.0, quad.Box.Y + quad.Box.Height / 2.0);
}
