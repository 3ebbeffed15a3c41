using OpenCvSharp;

namespace SmartCity.Edge.Recognition;

/// <summary>What <see cref="CityReader"/> looks at: 208 × 48 pixels with some margin around the characters, as its training cuts them.</summary>
internal static class LinePatch
{
    public const int Width = 208;
    public const int Height = 48;

    private const float MarginAlong = 0.25f;
    private const float MarginAcross = 0.13f;
    private const float TwoLineAspect = 2.2f;
    private const float LinesOfTwo = 2.2f;
    private const float FarTooLarge = 2.5f;

    /// <summary>Warps a quad's characters into a patch that is there already.</summary>
    public static void Cut(Mat image, PlateQuad quad, Mat patch)
    {
        var across = (Length(quad.TopRight - quad.TopLeft) + Length(quad.BottomRight - quad.BottomLeft)) / 2;
        var down = (Length(quad.BottomLeft - quad.TopLeft) + Length(quad.BottomRight - quad.TopRight)) / 2;
        var two = across / Math.Max(down, 1) < TwoLineAspect;
        var line = two ? down / LinesOfTwo : down;
        var grown = quad.Grow(MarginAlong * line, MarginAcross * line);
        if (!two)
        {
            Warp(image, grown.TopLeft, grown.TopRight, grown.BottomRight, grown.BottomLeft, patch, line);
            return;
        }

        var (left, right) = ((grown.TopLeft + grown.BottomLeft) * 0.5, (grown.TopRight + grown.BottomRight) * 0.5);
        using var first = new Mat(patch, new Rect(0, 0, Width / 2, Height));
        using var second = new Mat(patch, new Rect(Width / 2, 0, Width / 2, Height));
        Warp(image, grown.TopLeft, grown.TopRight, right, left, first, line);
        Warp(image, left, right, grown.BottomRight, grown.BottomLeft, second, line);
    }

    private static void Warp(Mat image, Point2f topLeft, Point2f topRight, Point2f bottomRight, Point2f bottomLeft, Mat into, float line)
    {
        // One warp; characters much larger than the patch's would lose every other row, so those are warped to twice the size and averaged.
        var times = line > Height * FarTooLarge ? 2 : 1;
        var size = new Size(into.Width * times, into.Height * times);
        using var transform = Cv2.GetPerspectiveTransform([topLeft, topRight, bottomRight, bottomLeft], [new(0, 0), new(size.Width, 0), new(size.Width, size.Height), new(0, size.Height)]);
        if (times == 1)
        {
            Cv2.WarpPerspective(image, into, transform, size, InterpolationFlags.Linear, BorderTypes.Replicate);
            return;
        }

        using var large = new Mat();
        Cv2.WarpPerspective(image, large, transform, size, InterpolationFlags.Linear, BorderTypes.Replicate);
        Cv2.Resize(large, into, into.Size(), 0, 0, InterpolationFlags.Area);
    }

    private static float Length(Point2f v) => MathF.Sqrt(v.X * v.X + v.Y * v.Y);
}
