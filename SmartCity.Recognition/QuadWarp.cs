using OpenCvSharp;
using OpenCvSharp.Internal;

namespace SmartCity.Recognition;

/// <summary>Warps quads of a picture into upright rectangles; keeps its memory from one to the next. Not thread-safe.</summary>
internal sealed class QuadWarp : IDisposable
{
    private const float FarTooLarge = 2.5f;

    private readonly double[] _numbers = GC.AllocateArray<double>(9, pinned: true);
    private readonly Mat _transform;
    private readonly InputArray _transformArray;
    private Mat? _into;
    private OutputArray? _intoArray;

    public QuadWarp()
    {
        _transform = Mat.FromPixelData(3, 3, MatType.CV_64F, _numbers);
        _transformArray = InputArray.Create(_transform);
    }

    /// <summary>Fills a patch.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="quad">What is seen in it.</param>
    /// <param name="into">The patch.</param>
    public void Cut(InputArray image, in Corners quad, Mat into)
    {
        var size = into.Size();
        if (quad.Down <= size.Height * FarTooLarge)
        {
            Warp(image, quad, size, into);
            return;
        }

        // What is much larger than the patch would lose every other row: it is warped to twice the size and averaged.
        using var large = new Mat();
        Warp(image, quad, new Size(size.Width * 2, size.Height * 2), large);
        Cv2.Resize(large, into, size, 0, 0, InterpolationFlags.Area);
        Forget();
    }

    public void Dispose()
    {
        Forget();
        _transformArray.Dispose();
        _transform.Dispose();
    }

    private void Forget()
    {
        _intoArray?.Dispose();
        (_into, _intoArray) = (null, null);
    }

    private void Warp(InputArray image, in Corners quad, Size size, Mat into)
    {
        From(quad, size.Width, size.Height);
        if (_into != into)
        {
            Forget();
            (_into, _intoArray) = (into, OutputArray.Create(into));
        }

        // Cv2.WarpPerspective makes a new array for the result of each call, and there are several of every plate.
        NativeMethods.HandleException(NativeMethods.imgproc_warpPerspective_MisInputArray(
            image.CvPtr, _intoArray!.CvPtr, _transformArray.CvPtr, size, (int)(InterpolationFlags.Linear | InterpolationFlags.WarpInverseMap), (int)BorderTypes.Replicate, default));
        GC.KeepAlive(image);
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
