using OpenCvSharp;

namespace SmartCity.Edge.Recognition;

/// <summary>Warps quads of a picture into upright rectangles; keeps its memory from one to the next. Not thread-safe.</summary>
internal sealed class QuadWarp : IDisposable
{
    private const float FarTooLarge = 2.5f;

    private readonly double[] _numbers = GC.AllocateArray<double>(9, pinned: true);
    private readonly Mat _transform;
    private readonly Mat _large = new();

    public QuadWarp() => _transform = Mat.FromPixelData(3, 3, MatType.CV_64F, _numbers);

    /// <summary>Fills a patch that is there already.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="quad">What is seen in it.</param>
    /// <param name="into">The patch.</param>
    public void Cut(Mat image, in Corners quad, Mat into)
    {
        // One warp; what is much larger than the patch would lose every other row, so that is warped to twice the size and averaged.
        if (quad.Down <= into.Height * FarTooLarge)
        {
            From(quad, into.Width, into.Height);
            Cv2.WarpPerspective(image, into, _transform, into.Size(), InterpolationFlags.Linear | InterpolationFlags.WarpInverseMap, BorderTypes.Replicate);
            return;
        }

        var size = new Size(into.Width * 2, into.Height * 2);
        From(quad, size.Width, size.Height);
        Cv2.WarpPerspective(image, _large, _transform, size, InterpolationFlags.Linear | InterpolationFlags.WarpInverseMap, BorderTypes.Replicate);
        Cv2.Resize(_large, into, into.Size(), 0, 0, InterpolationFlags.Area);
    }

    public void Dispose()
    {
        _transform.Dispose();
        _large.Dispose();
    }

    // The projective map of the unit square to a quadrilateral (Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989), from pixels of the patch.
    private void From(in Corners quad, int width, int height)
    {
        var (a, b, c, d) = (quad.TopLeft, quad.TopRight, quad.BottomRight, quad.BottomLeft);
        var (dx1, dx2, sx) = ((double)b.X - c.X, (double)d.X - c.X, (double)a.X - b.X + c.X - d.X);
        var (dy1, dy2, sy) = ((double)b.Y - c.Y, (double)d.Y - c.Y, (double)a.Y - b.Y + c.Y - d.Y);
        var area = dx1 * dy2 - dx2 * dy1;
        var (g, h) = area == 0 ? (0, 0) : ((sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area);
        _numbers[0] = (b.X - a.X + g * b.X) / width;
        _numbers[1] = (d.X - a.X + h * d.X) / height;
        _numbers[2] = a.X;
        _numbers[3] = (b.Y - a.Y + g * b.Y) / width;
        _numbers[4] = (d.Y - a.Y + h * d.Y) / height;
        _numbers[5] = a.Y;
        _numbers[6] = g / width;
        _numbers[7] = h / height;
        _numbers[8] = 1;
    }
}

/// <summary>Four corners in pixels of a picture, clockwise from top left.</summary>
internal readonly record struct Corners(Point2f TopLeft, Point2f TopRight, Point2f BottomRight, Point2f BottomLeft)
{
    /// <summary>Mean length of the upper and the lower side.</summary>
    public float Across => (Length(TopRight - TopLeft) + Length(BottomRight - BottomLeft)) / 2;

    /// <summary>Mean length of the left and the right side.</summary>
    public float Down => (Length(BottomLeft - TopLeft) + Length(BottomRight - TopRight)) / 2;

    /// <summary>The ends moved outwards along the lines and the upper and lower side across them, in pixels.</summary>
    public Corners Grow(float along, float across)
    {
        var (right, down) = (Unit((TopRight + BottomRight) - (TopLeft + BottomLeft)) * along, Unit((BottomLeft + BottomRight) - (TopLeft + TopRight)) * across);
        return new Corners(TopLeft - right - down, TopRight + right - down, BottomRight + right + down, BottomLeft - right + down);
    }

    /// <summary>The upper half and the lower.</summary>
    public (Corners Upper, Corners Lower) Halves()
    {
        var (left, right) = ((TopLeft + BottomLeft) * 0.5, (TopRight + BottomRight) * 0.5);
        return (new Corners(TopLeft, TopRight, right, left), new Corners(left, right, BottomRight, BottomLeft));
    }

    private static float Length(Point2f v) => MathF.Sqrt(v.X * v.X + v.Y * v.Y);

    private static Point2f Unit(Point2f v) => Length(v) is > 0 and var length ? new Point2f(v.X / length, v.Y / length) : default;
}
