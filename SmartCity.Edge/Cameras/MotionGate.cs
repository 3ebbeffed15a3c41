using OpenCvSharp;

namespace SmartCity.Edge.Cameras;

/// <summary>Lets a frame pass when something in it moved since the last one that passed. One for a camera.</summary>
internal sealed class MotionGate : IDisposable
{
    private const double Changed = 18;
    private const double ChangedShare = 0.004;
    private static readonly Size Small = new(160, 90);

    private Mat? _before;

    /// <param name="picture">BGR, or brightness alone.</param>
    public bool Moves(Mat picture)
    {
        var now = new Mat();
        Cv2.Resize(picture, now, Small, 0, 0, InterpolationFlags.Area);
        if (now.Channels() > 1)
        {
            Cv2.CvtColor(now, now, ColorConversionCodes.BGR2GRAY);
        }

        if (_before is null)
        {
            _before = now;
            return true;
        }

        using var difference = new Mat();
        Cv2.Absdiff(now, _before, difference);
        using var changed = new Mat();
        Cv2.Compare(difference, Changed, changed, CmpTypes.GT);
        var moves = Cv2.CountNonZero(changed) > ChangedShare * Small.Width * Small.Height;
        _before.Dispose();
        _before = now;
        return moves;
    }

    public void Dispose() => _before?.Dispose();
}
