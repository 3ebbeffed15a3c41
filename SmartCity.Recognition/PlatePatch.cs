using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>Cuts plates out of pictures.</summary>
internal static class PlatePatch
{
    private const int MaximumHeight = 160;
    private const float ViewMargin = 0.12f;
    private const float LongerBy = 3;

    /// <summary>A plate seen straight on; margin in shares of its height.</summary>
    public static Mat Rectify(Mat image, PlateQuad quad, float margin = 0)
    {
        var width = (Distance(quad.TopLeft, quad.TopRight) + Distance(quad.BottomLeft, quad.BottomRight)) / 2;
        var height = (Distance(quad.TopLeft, quad.BottomLeft) + Distance(quad.TopRight, quad.BottomRight)) / 2;
        var scale = Math.Min(1, MaximumHeight / height);
        var edge = (float)(margin * height * scale);
        var (w, h) = ((float)(width * scale), (float)(height * scale));
        Point2f[] to = [new(edge, edge), new(edge + w, edge), new(edge + w, edge + h), new(edge, edge + h)];
        using var transform = Cv2.GetPerspectiveTransform([quad.TopLeft, quad.TopRight, quad.BottomRight, quad.BottomLeft], to);
        var patch = new Mat();
        Cv2.WarpPerspective(image, patch, transform, new Size(Math.Max(4, (int)Math.Round(w + 2 * edge)), Math.Max(4, (int)Math.Round(h + 2 * edge))), InterpolationFlags.Linear, BorderTypes.Replicate);
        return patch;
    }

    /// <summary>Other cuts of the same characters: with some of what is around them, with more at their ends, where one may have been cut off, and upright. Of two lines only those that are still seen as two.</summary>
    internal static PlateQuad[] Views(Mat image, PlateQuad quad)
    {
        var (line, two) = LinePatch.Lines(quad.Corners);
        var margin = ViewMargin * line;
        var box = quad.Box & new Rect(0, 0, image.Width, image.Height);
        PlateQuad[] views =
        [
            quad.Grow(margin, margin),
            quad.Grow(LongerBy * margin, 0),
            new PlateQuad(new(box.Left, box.Top), new(box.Right, box.Top), new(box.Right, box.Bottom), new(box.Left, box.Bottom), quad.Score),
        ];
        return [.. views.Where(v => v.Box is { Width: >= 4, Height: >= 4 } && LinePatch.Lines(v.Corners).Two == two)];
    }

    private static double Distance(Point2f a, Point2f b) => Math.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y));
}
