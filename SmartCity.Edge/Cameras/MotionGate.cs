using OpenCvSharp;

namespace SmartCity.Edge.Cameras;

/// <summary>Says whether something has moved since the frame that was read last, down to a plate alone. One for a camera.</summary>
internal sealed class MotionGate : IDisposable
{
    // Compared is what halving leaves of a picture: noise is averaged away, and a plate of 60 pixels is still some wide.
    private const int LongestSide = 480;
    private const int FewestHalvings = 2;

    private const double Changed = 18;

    // What the edges of the smallest plate change while it moves.
    private const double PlateWidth = 60;
    private const double PlateHeight = 14;
    private const double EdgeShare = 0.4;
    private const double FewestChanged = 5;

    private readonly List<Mat> _halves = [];
    private readonly Mat _grey = new();
    private readonly Mat _reference = new();
    private readonly Mat _difference = new();

    /// <param name="picture">BGR, or brightness alone.</param>
    public bool Moves(Mat picture)
    {
        var times = Shrink(picture);
        if (_reference.Empty() || _reference.Size() != _grey.Size())
        {
            Read();
            return true;
        }

        // Light that grows or fades everywhere is no movement.
        var brighter = Cv2.Mean(_grey).Val0 - Cv2.Mean(_reference).Val0;
        _reference.ConvertTo(_difference, MatType.CV_8U, 1, brighter);
        Cv2.Absdiff(_grey, _difference, _difference);
        Cv2.Compare(_difference, Changed, _difference, CmpTypes.GT);
        return Cv2.CountNonZero(_difference) >= Math.Max(FewestChanged, EdgeShare * (PlateWidth / (1 << times)) * (PlateHeight / (1 << times)));
    }

    /// <summary>The picture that was asked about last is read: the next ones are compared with it.</summary>
    public void Read() => _grey.CopyTo(_reference);

    public void Dispose()
    {
        _halves.ForEach(h => h.Dispose());
        _grey.Dispose();
        _reference.Dispose();
        _difference.Dispose();
    }

    // Halving is several times quicker than scaling in one step. Returns how often it was done.
    private int Shrink(Mat picture)
    {
        var (from, size, times) = (picture, picture.Size(), 0);
        while ((times < FewestHalvings || Math.Max(size.Width, size.Height) > LongestSide) && Math.Min(size.Width, size.Height) > 1)
        {
            size = new Size(size.Width / 2, size.Height / 2);
            if (times == _halves.Count)
            {
                _halves.Add(new Mat());
            }

            Cv2.Resize(from, _halves[times], size, 0, 0, InterpolationFlags.Area);
            from = _halves[times++];
        }

        if (from.Channels() > 1)
        {
            Cv2.CvtColor(from, _grey, ColorConversionCodes.BGR2GRAY);
        }
        else
        {
            from.CopyTo(_grey);
        }

        return times;
    }
}
