using OpenCvSharp;
using SmartCity.Edge.Cameras.Events;

namespace SmartCity.Edge.Cameras;

/// <summary>One picture of one camera. Owns its pixels: whoever takes it last disposes it.</summary>
public sealed class Frame(string cameraId, long number, DateTimeOffset capturedAt, Mat image) : IDisposable
{
    public string CameraId { get; } = cameraId;

    /// <summary>Counts up from 0 for each camera since its source was opened.</summary>
    public long Number { get; } = number;

    /// <summary>UTC capture time from the source, never from the wall clock later on.</summary>
    public DateTimeOffset CapturedAt { get; } = capturedAt;

    /// <summary>
    /// When it was taken, on a clock that no step of the time of day moves: a live frame's arrival, a recorded one's place in its recording. Vehicles are followed by it.
    /// </summary>
    public TimeSpan Moment { get; internal set; }

    /// <summary>Height × width × 3, 8 bit, BGR.</summary>
    public Mat Image { get; } = image;

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

    public void Dispose()
    {
        Image.Dispose();
        Room?.Dispose();
    }
}

/// <summary>A plate that a simulated camera drew: its text, a vehicle number that stays the same over the frames of one pass, and its box.</summary>
public readonly record struct FrameTruth(string Plate, long Pass, Rect Box);
