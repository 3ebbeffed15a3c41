using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Faces;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Faces;

/// <summary>
/// Blurs the faces in pictures that leave the edge. A picture whose faces could not be looked for does not leave as it is: all of it is blurred but the
/// plate. Thread-safe.
/// </summary>
internal sealed class BystanderBlur : IDisposable
{
    // Named so that a station's heartbeat tells of it.
    private const string Worker = "camera bystanders";

    // A plate with its border.
    private const float PlateMargin = 0.15f;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly EvidenceOptions _options;
    private readonly Func<FaceDetector> _open;
    private readonly WorkerHealth _health;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private FaceDetector? _detector;
    private int _failed;
    private DateTimeOffset _again;

    /// <exception cref="FileNotFoundException">Faces are to be blurred, and the detector's file is not there.</exception>
    /// <exception cref="InvalidDataException">Its file is another.</exception>
    public BystanderBlur(IOptions<EvidenceOptions> options, IOptions<RecognitionOptions> recognition, WorkerHealth health, TimeProvider time, ILogger<BystanderBlur> logger)
    {
        (_options, _health, _time, _logger) = (options.Value, health, time, logger);
        _open = () => FaceDetector.Open(open: path => OnnxModel.Open(path, recognition.Value, logger).Session);
        _detector = _options.BlurFaces ? _open() : null;
    }

    /// <summary>The picture as it may leave: a copy if anything in it had to be blurred, which the caller disposes; null if it may leave as it is.</summary>
    /// <param name="picture">BGR; it stays as it is.</param>
    /// <param name="plate">What is never blurred; null where there is no plate.</param>
    public Mat? Cover(Mat picture, Rect? plate = null)
    {
        if (!_options.BlurFaces)
        {
            return null;
        }

        var kept = plate is { } box ? new FaceBox[] { new FaceBox(box.X, box.Y, box.Width, box.Height).Grown(PlateMargin) } : [];
        if (Faces(picture) is not { } faces)
        {
            return Blurred(picture, [new FaceBox(0, 0, picture.Width, picture.Height)], kept);
        }

        return faces.Count == 0 ? null : Blurred(picture, faces.Select(f => f.Box), kept);
    }

    public void Dispose() => _detector?.Dispose();

    // Null where they could not be looked for.
    private List<FoundFace>? Faces(Mat picture)
    {
        if (Detector() is not { } detector)
        {
            return null;
        }

        try
        {
            using var small = Shrunk(picture);
            var faces = detector.Find((small ?? picture).Pixels(), new FaceSearch(_options.FaceSide, (float)_options.FaceScore));
            if (Interlocked.Exchange(ref _failed, 0) > 0)
            {
                _health.Healthy(Worker);
            }

            return small is null ? faces : faces.ConvertAll(f => f with { Box = Scaled(f.Box, picture.Width / (float)small.Width, picture.Height / (float)small.Height) });
        }
        catch (Exception e)
        {
            Fail(e);
            return null;
        }
    }

    private FaceDetector? Detector()
    {
        lock (_gate)
        {
            if (_detector is null && _time.GetUtcNow() >= _again)
            {
                try
                {
                    _detector = _open();
                }
                catch (Exception e)
                {
                    Fail(e);
                }
            }

            return _detector;
        }
    }

    // One that failed is opened anew: others may still be looking with it, so it is left to the collector.
    private void Fail(Exception e)
    {
        lock (_gate)
        {
            _failed++;
            _detector = null;
            _again = _time.GetUtcNow() + Backoff.After(_failed, FirstPause, LongestPause);
        }

        _health.Degraded(Worker, $"Faces cannot be looked for, so pictures leave blurred as a whole except for the plate: {e.Message}");
        _logger.LogError(e, "Faces cannot be looked for (attempt {Attempt}); pictures leave blurred as a whole except for the plate.", _failed);
    }

    // OpenCV averages whole pixels many times as fast as parts of them, so whole ones are averaged, and what is left of the way, less than half, goes between two pixels.
    private Mat? Shrunk(Mat picture)
    {
        var longest = Math.Max(picture.Width, picture.Height);
        if (longest <= _options.FaceSide)
        {
            return null;
        }

        var whole = longest / _options.FaceSide;
        var (width, height) = (Math.Max(1, picture.Width / whole), Math.Max(1, picture.Height / whole));
        using var part = picture.SubMat(0, Math.Min(height * whole, picture.Height), 0, Math.Min(width * whole, picture.Width));
        using var averaged = whole == 1 ? null : part.Resize(new Size(width, height), 0, 0, InterpolationFlags.Area);
        var scale = Math.Min(1, _options.FaceSide / (double)Math.Max(width, height));
        return (averaged ?? part).Resize(new Size(Math.Max(1, width * scale), Math.Max(1, height * scale)), 0, 0, InterpolationFlags.Linear);
    }

    private static FaceBox Scaled(in FaceBox box, float x, float y) => new(box.X * x, box.Y * y, box.Width * x, box.Height * y);

    private static Mat Blurred(Mat picture, IEnumerable<FaceBox> faces, FaceBox[] kept)
    {
        var covered = picture.Clone();
        FaceBlur.Apply(covered.Bytes(), covered.Width, covered.Height, (int)covered.Step(), covered.Channels(), faces, kept);
        return covered;
    }
}
