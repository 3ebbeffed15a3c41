using OpenCvSharp;
using SmartCity.Recognition;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Edge.Tests.Recognition;
using Track = SmartCity.Edge.Tracking.Track;
using Tracker = SmartCity.Edge.Tracking.Tracker;

namespace SmartCity.Edge.Tests.Tracking;

/// <summary>A tracker with the real vote, and plates put in front of it.</summary>
internal sealed class Street(PlateRecogniser models) : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(125);

    private readonly Mat _picture = new(360, 640, MatType.CV_8UC3, Scalar.Black);

    public Tracker Tracker { get; } = new(models.Fuse);

    /// <summary>Between two frames of this camera.</summary>
    public TimeSpan Interval { get; init; } = Frame;

    /// <summary>Its frames are a recording's.</summary>
    public bool Recorded { get; init; }

    /// <summary>Time of the next frame.</summary>
    public DateTimeOffset At { get; set; } = Start;

    public TimeSpan Moment => At - Start;

    public static PlateQuad Plate(float x, float y = 200, float width = 120, float? height = null, float score = 0.9f) =>
        new(new(x, y), new(x + width, y), new(x + width, y + (height ?? width / 4)), new(x, y + (height ?? width / 4)), score);

    /// <summary>The reading of a plate whose characters were seen so.</summary>
    public static PlateRead Read(PlateQuad quad, CharacterGrid grid)
    {
        var decoded = Decoded.From(grid, PlateAppearance.Neutral, Recogniser.HomeCountry)!;
        return new PlateRead
        {
            Plate = decoded.Confidence >= new RecognitionOptions().AbstainBelow ? decoded.Plate : null,
            BestGuess = decoded.Plate,
            Country = decoded.Country,
            Format = decoded.Format,
            Confidence = decoded.Confidence,
            Characters = decoded.Characters,
            Alternatives = decoded.Alternatives,
            Quad = quad,
            Grid = grid,
        };
    }

    public static PlateRead Read(PlateQuad quad, string plate, float probability = 0.995f) => Read(quad, Grids.Seen(plate, probability));

    /// <summary>One frame with these plates, taken as the pipeline does.</summary>
    public List<(Track Track, PlateRead Vote)> Sees(params PlateRead[] reads)
    {
        Tracker.FrameAt(Moment, live: !Recorded);
        var wanted = Tracker.ToRead([.. reads.Select(r => r.Quad)], Moment);
        var due = Tracker.Observe([.. reads.Where(r => wanted.Contains(r.Quad))], _picture, Moment, At, default);
        At += Interval;
        return [.. due];
    }

    /// <summary>A vehicle that comes nearer over so many frames.</summary>
    public List<(Track Track, PlateRead Vote)> Passes(string plate, int frames = 8, float lane = 100) =>
        [.. Enumerable.Range(0, frames).SelectMany(i => Sees(Read(Plate(lane + 10 * i, 150 + 8 * i, 100 + 5 * i), plate)))];

    /// <summary>Nothing for a while.</summary>
    public List<(Track Track, PlateRead Vote)> Waits(TimeSpan time)
    {
        At += time;
        return [.. Tracker.Expire(Moment)];
    }

    public void Dispose()
    {
        Tracker.Dispose();
        _picture.Dispose();
    }
}
