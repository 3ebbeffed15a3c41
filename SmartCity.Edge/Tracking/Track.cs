using System.Diagnostics;
using OpenCvSharp;
using SmartCity.Edge.Recognition;

namespace SmartCity.Edge.Tracking;

/// <summary>One vehicle in front of one camera: where its plate is, what was read, and the frame that shows it best. Owns that picture.</summary>
public sealed class Track : IDisposable
{
    // A plate moves about its own width in this time, and further in more.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);
    private const double FurthestSteps = 2.5;

    private readonly List<PlateRead> _reads = [];
    private double _bestValue = double.MinValue;

    internal Track(PlateQuad quad, TimeSpan at, ActivityContext trace)
    {
        Quad = quad;
        SeenAt = at;
        Trace = trace;
    }

    /// <summary>The plate in the newest frame that shows it.</summary>
    public PlateQuad Quad { get; private set; }

    /// <summary>Moment of that frame.</summary>
    public TimeSpan SeenAt { get; private set; }

    public ActivityContext Trace { get; }

    public IReadOnlyList<PlateRead> Reads => _reads;

    /// <summary>A sighting was made of it; it is followed on, so that it is not reported again.</summary>
    public bool Reported { get; internal set; }

    /// <summary>What is remembered of it; null when it was not reported.</summary>
    internal ReportedVehicles.Vehicle? ReportedAs { get; set; }

    /// <summary>Seen more than once and always in the same place.</summary>
    internal bool Stands => _reads.Count > 1 && ReportedVehicles.Overlap(_reads[0].Quad.Box, Quad.Box) > 0.8;

    /// <summary>The frame that shows the plate best: its picture, its capture time and the plate in it.</summary>
    public (Mat Picture, DateTimeOffset At, PlateQuad Quad) Best { get; private set; }

    /// <summary>Origin of the frames that show it; null for live ones.</summary>
    public string? Origin { get; internal init; }

    internal void Seen(PlateQuad quad, TimeSpan at)
    {
        Quad = quad;
        SeenAt = at;
    }

    internal void Add(PlateRead read, Mat picture, DateTimeOffset capturedAt)
    {
        _reads.Add(read);
        var box = read.Quad.Box;
        var value = read.Confidence + Math.Log(box.Width * (double)box.Height) / 10;
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
        var dx = now.X + now.Width / 2.0 - (before.X + before.Width / 2.0);
        var dy = now.Y + now.Height / 2.0 - (before.Y + before.Height / 2.0);
        return at - SeenAt <= patience && size is > 0.5 and < 2 && dx * dx + dy * dy <= reach * reach;
    }

    public void Dispose() => Best.Picture?.Dispose();
}
