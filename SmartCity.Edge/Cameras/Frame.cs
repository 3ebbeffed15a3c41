using OpenCvSharp;
using SmartCity.Edge.Cameras.Events;

namespace SmartCity.Edge.Cameras;

/// <summary>One picture of one camera. Owns its pixels: whoever takes it last disposes it. Used by one thread at a time.</summary>
public sealed class Frame : IDisposable
{
    private readonly PlanarPicture? _planar;
    private Mat? _image;

    public Frame(string cameraId, long number, DateTimeOffset capturedAt, Mat image)
        : this(cameraId, number, capturedAt) => _image = image;

    /// <summary>A frame of decoded video, which becomes a picture in BGR when somebody asks for it.</summary>
    internal Frame(string cameraId, long number, DateTimeOffset capturedAt, PlanarPicture picture)
        : this(cameraId, number, capturedAt) => _planar = picture;

    private Frame(string cameraId, long number, DateTimeOffset capturedAt) => (CameraId, Number, CapturedAt) = (cameraId, number, capturedAt);

    public string CameraId { get; }

    /// <summary>Counts up from 0 for each camera since its source was opened.</summary>
    public long Number { get; }

    /// <summary>UTC capture time from the source, never from the wall clock later on.</summary>
    public DateTimeOffset CapturedAt { get; }

    /// <summary>
    /// When it was taken, on a clock that no step of the time of day moves: a live frame's arrival, a recorded one's place in its recording. Vehicles are followed by it.
    /// </summary>
    public TimeSpan Moment { get; internal set; }

    /// <summary>Height × width × 3, 8 bit, BGR.</summary>
    public Mat Image => _image ??= _planar!.ToBgr();

    /// <summary>Enough to see movement by: height × width, brightness alone where the frame came so, otherwise <see cref="Image"/>.</summary>
    public Mat Brightness => _planar?.Brightness ?? Image;

    /// <summary>The pixels as they came, before <see cref="Image"/> was asked for, and what black is in each plane.</summary>
    internal IReadOnlyList<(Mat Plane, Scalar Black)> Planes => _planar?.Planes ?? [(Image, Scalar.Black)];

    /// <summary>True for a picture that stands alone: each of its plates is a vehicle of its own.</summary>
    public bool Still { get; init; }

    /// <summary>
    /// What this frame is, from sources that give the same frames again: a picture's or video's content. The ids of its sightings follow
    /// from it, so that reading it again makes no new ones. Null for live frames.
    /// </summary>
    public string? Origin { get; init; }

    /// <summary>Its capture time is from a clock that is not this machine's: a camera's own, a recorder's, a simulation's.</summary>
    public bool IsTimedElsewhere { get; init; }

    /// <summary>What the camera itself read of the one vehicle that the picture is of; null from cameras that only send pictures.</summary>
    public CameraReading? Reading { get; init; }

    /// <summary>Plates that are really in the picture; null where that is not known.</summary>
    public IReadOnlyList<FrameTruth>? Truth { get; init; }

    /// <summary>The room that its pixels take of a budget; null where none is kept.</summary>
    public IDisposable? Room { get; init; }

    /// <summary>Told whether the sightings of this frame are in the spool; null where nobody waits for it.</summary>
    internal TaskCompletionSource<bool>? Outcome { get; init; }

    public void Dispose()
    {
        _image?.Dispose();
        _planar?.Dispose();
        Room?.Dispose();
    }
}

/// <summary>A plate that a simulated camera drew: its text, a vehicle number that stays the same over the frames of one pass, and its box.</summary>
public readonly record struct FrameTruth(string Plate, long Pass, Rect Box);
