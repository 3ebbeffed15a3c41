using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>Four corners in pixels of a picture, clockwise from top left.</summary>
internal readonly record struct Corners(Point2f TopLeft, Point2f TopRight, Point2f BottomRight, Point2f BottomLeft)
{
    /// <summary>The smallest upright rectangle around the corners.</summary>
    public Rect Box
    {
        get
        {
            var left = (int)MathF.Floor(MathF.Min(MathF.Min(TopLeft.X, TopRight.X), MathF.Min(BottomRight.X, BottomLeft.X)));
            var top = (int)MathF.Floor(MathF.Min(MathF.Min(TopLeft.Y, TopRight.Y), MathF.Min(BottomRight.Y, BottomLeft.Y)));
            var right = (int)MathF.Ceiling(MathF.Max(MathF.Max(TopLeft.X, TopRight.X), MathF.Max(BottomRight.X, BottomLeft.X)));
            var bottom = (int)MathF.Ceiling(MathF.Max(MathF.Max(TopLeft.Y, TopRight.Y), MathF.Max(BottomRight.Y, BottomLeft.Y)));
            return new Rect(left, top, right - left, bottom - top);
        }
    }

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

    /// <summary>Scaled, then moved.</summary>
    public Corners Moved(float scaleX, float scaleY, float x, float y)
    {
        return new Corners(Move(TopLeft), Move(TopRight), Move(BottomRight), Move(BottomLeft));

        Point2f Move(Point2f p) => new(p.X * scaleX + x, p.Y * scaleY + y);
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
