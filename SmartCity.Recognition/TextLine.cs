using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>A line of text: an upright-ordered rotated rectangle in pixels of the picture.</summary>
internal sealed class TextLine
{
    private TextLine(Point2f[] corners, float score)
    {
        Corners = corners;
        Score = score;
        Width = (float)(Distance(corners[0], corners[1]) + Distance(corners[3], corners[2])) / 2;
        Height = (float)(Distance(corners[0], corners[3]) + Distance(corners[1], corners[2])) / 2;
        Centre = new Point2f(corners.Average(c => c.X), corners.Average(c => c.Y));
        Angle = MathF.Atan2(corners[1].Y - corners[0].Y, corners[1].X - corners[0].X) * 180 / MathF.PI;
    }

    /// <summary>Clockwise from top left.</summary>
    public Point2f[] Corners { get; }

    public float Score { get; }

    public float Width { get; }

    public float Height { get; }

    public Point2f Centre { get; }

    /// <summary>Degrees; 0 is level.</summary>
    public float Angle { get; }

    public static TextLine From(RotatedRect box, float score, float scaleX, float scaleY)
    {
        var points = box.Points().Select(p => new Point2f(p.X * scaleX, p.Y * scaleY)).OrderBy(p => p.X).ToArray();
        var left = points[..2].OrderBy(p => p.Y).ToArray();
        var right = points[2..].OrderBy(p => p.Y).ToArray();
        return new TextLine([left[0], right[0], right[1], left[1]], score);
    }

    public PlateQuad Quad() => new(Corners[0], Corners[1], Corners[2], Corners[3], Score);

    /// <summary>Neighbours on one row whose gap is as between the groups of a plate, joined.</summary>
    public static IEnumerable<TextLine> SameRow(IReadOnlyList<TextLine> lines)
    {
        foreach (var left in lines)
        {
            foreach (var right in lines)
            {
                var height = Math.Max(left.Height, right.Height);
                var gap = right.Corners[0].X - left.Corners[1].X;
                if (!ReferenceEquals(left, right) && right.Centre.X > left.Centre.X && gap < 1.3f * height && gap > -0.6f * height
                    && Math.Min(left.Height, right.Height) > 0.6f * height && Math.Abs(left.Corners[1].Y - right.Corners[0].Y) < 0.4f * height
                    && Math.Abs(left.Angle - right.Angle) < 15)
                {
                    yield return new TextLine([left.Corners[0], right.Corners[1], right.Corners[2], left.Corners[3]], Math.Min(left.Score, right.Score));
                }
            }
        }
    }

    /// <summary>One line above another, of like size, as on a plate of two lines.</summary>
    public static IEnumerable<TextLine> Stacked(IReadOnlyList<TextLine> lines)
    {
        foreach (var upper in lines)
        {
            foreach (var lower in lines)
            {
                var height = Math.Max(upper.Height, lower.Height);
                var width = Math.Max(upper.Width, lower.Width);
                if (!ReferenceEquals(upper, lower) && lower.Centre.Y - upper.Centre.Y is var dy && dy > 0.55f * height && dy < 1.5f * height
                    && Math.Min(upper.Height, lower.Height) > 0.6f * height && Math.Min(upper.Width, lower.Width) > 0.4f * width
                    && Math.Abs(lower.Centre.X - upper.Centre.X) < 0.25f * width && width / (upper.Height + lower.Height) < 2.6f && height >= 10)
                {
                    var left = Math.Min(upper.Corners[0].X, lower.Corners[0].X);
                    var right = Math.Max(upper.Corners[1].X, lower.Corners[1].X);
                    yield return new TextLine(
                        [new(left, upper.Corners[0].Y), new(right, upper.Corners[1].Y), new(right, lower.Corners[2].Y), new(left, lower.Corners[3].Y)],
                        Math.Min(upper.Score, lower.Score));
                }
            }
        }
    }

    private static double Distance(Point2f a, Point2f b) => Math.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y));
}
