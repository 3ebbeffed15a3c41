using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Edge.Faces;
using SmartCity.Edge.Publishing;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// One camera's newest frames, small, and the strips that are made of them: what was before a sighting and what came after it. A fixed number of small frames is in
/// memory, however many sightings wait for theirs. Not thread-safe.
/// </summary>
/// <param name="bystanders">Blurs faces in each frame of a strip, as in the evidence; null where no picture leaves.</param>
internal sealed class FrameStrips(EvidenceOptions options, BystanderBlur? bystanders) : IDisposable
{
    private const int Width = 320;
    private const int Quality = 70;

    // A vehicle is reported a little after the frame that shows it best.
    private const int Spare = 6;
    private const int MostWaiting = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // What is further away shows something else: a stream that was lost, or a clock that was set.
    private static readonly TimeSpan Furthest = TimeSpan.FromSeconds(20);
    private static readonly Counter<long> Failed = Telemetry.Meter.CreateCounter<long>("smartcity.camera.strips_failed", "{strip}", "Frames before and after sightings that were given up because they could not be drawn.");

    private readonly LinkedList<Small> _frames = [];
    private readonly Queue<Waiting> _waiting = new();
    private readonly List<ObservedStrip> _made = [];
    private TimeSpan _taken = TimeSpan.MinValue;

    private int Each => options.FramesAround;

    /// <summary>Looks at a frame that a camera's stream gave; a picture that stands alone has none before and after it.</summary>
    /// <param name="moves">Whether anything moves in it, or it was read.</param>
    public void See(Frame frame, bool moves)
    {
        if (Each == 0 || frame.Still || frame.Reading is not null)
        {
            return;
        }

        Try(() => Take(frame, moves));
    }

    /// <summary>A sighting was made: its strip is made when the frames after it have come.</summary>
    /// <param name="moment">Of the frame that let it be reported.</param>
    public void Expect(Sighting sighting, TimeSpan moment)
    {
        if (Each == 0 || _frames.Count == 0)
        {
            return;
        }

        if (_waiting.Count == MostWaiting)
        {
            Try(() => Make(_waiting.Dequeue()));
        }

        _waiting.Enqueue(new Waiting(sighting.Id, sighting.StationId, sighting.CapturedAt, moment));
    }

    /// <summary>No more frames come, or others than before: what waits is made of what is there.</summary>
    public void End() => Try(MakeAll);

    /// <summary>The strips that were made since the last call.</summary>
    public List<ObservedStrip> Made()
    {
        List<ObservedStrip> made = [.. _made];
        _made.Clear();
        return made;
    }

    public void Dispose() => Clear();

    private void Take(Frame frame, bool moves)
    {
        if (frame.Moment < _taken)
        {
            MakeAll();
        }

        if ((moves || _waiting.Count > 0) && (_frames.Count == 0 || frame.Moment - _taken >= options.FramesAroundEvery))
        {
            Keep(frame);
        }

        while (_waiting.TryPeek(out var next) && (_frames.Count(f => f.At > next.CapturedAt) >= Each || frame.Moment - next.Since >= (options.FramesAroundEvery * Each) + Patience))
        {
            Make(_waiting.Dequeue());
        }
    }

    private void MakeAll()
    {
        while (_waiting.TryDequeue(out var next))
        {
            Make(next);
        }

        Clear();
    }

    // They are worth less than a sighting: what fails here costs the strips that wait and nothing else.
    private void Try(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is OpenCVException or OpenCvSharpException or OutOfMemoryException or Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
        {
            Failed.Add(_waiting.Count + 1);
            _waiting.Clear();
            Clear();
        }
    }

    private void Clear()
    {
        foreach (var frame in _frames)
        {
            frame.Picture.Dispose();
        }

        _frames.Clear();
        _taken = TimeSpan.MinValue;
    }

    private void Keep(Frame frame)
    {
        var picture = frame.Image;
        var size = new Size(Math.Min(Width, picture.Width), Math.Max(1, (int)Math.Round(Math.Min(Width, picture.Width) * (double)picture.Height / picture.Width)));
        if (_frames.First is { } oldest && (oldest.Value.Picture.Size() != size || _frames.Count == (2 * Each) + Spare))
        {
            if (oldest.Value.Picture.Size() != size)
            {
                MakeAll();
            }
            else
            {
                oldest.Value.Picture.Dispose();
                _frames.RemoveFirst();
            }
        }

        _frames.AddLast(new Small(frame.CapturedAt, picture.Resize(size, 0, 0, InterpolationFlags.Area)));
        _taken = frame.Moment;
    }

    private void Make(Waiting sighting)
    {
        var near = _frames.Where(f => (f.At - sighting.CapturedAt).Duration() <= Furthest).ToList();
        List<Small> frames = [.. near.Where(f => f.At < sighting.CapturedAt).TakeLast(Each), .. near.Where(f => f.At > sighting.CapturedAt).Take(Each)];
        if (frames.Count == 0)
        {
            return;
        }

        var size = frames[0].Picture.Size();
        using var strip = new Mat(size.Height * ((frames.Count + EdgeStrip.Columns - 1) / EdgeStrip.Columns), size.Width * EdgeStrip.Columns, MatType.CV_8UC3, Scalar.Black);
        foreach (var (i, frame) in frames.Index())
        {
            using var covered = bystanders?.Cover(frame.Picture);
            using var place = strip.SubMat(new Rect(i % EdgeStrip.Columns * size.Width, i / EdgeStrip.Columns * size.Height, size.Width, size.Height));
            (covered ?? frame.Picture).CopyTo(place);
        }

        var jpeg = strip.ImEncode(".jpg", new ImageEncodingParam(ImwriteFlags.JpegQuality, Quality));
        _made.Add(new ObservedStrip(
            sighting.StationId,
            new EdgeStrip(
                EdgeStrip.KeyOf(sighting.StationId, sighting.CapturedAt, sighting.Id), sighting.CapturedAt, Convert.ToHexStringLower(SHA256.HashData(jpeg)), size.Width, size.Height,
                [.. frames.Select(f => (int)Math.Round((f.At - sighting.CapturedAt).TotalMilliseconds))]),
            jpeg));
    }

    private readonly record struct Small(DateTimeOffset At, Mat Picture);

    private readonly record struct Waiting(Guid Id, string StationId, DateTimeOffset CapturedAt, TimeSpan Since);
}
