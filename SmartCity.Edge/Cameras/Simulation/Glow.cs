using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Light that spills from lamps over a picture: collected small, spread, and added when it is disposed.</summary>
internal sealed class Glow(Mat picture) : IDisposable
{
    private const int Scale = 4;

    private readonly Mat _layer = new(picture.Height / Scale, picture.Width / Scale, MatType.CV_8UC3, Scalar.All(0));

    /// <summary>A lamp at a point of the picture.</summary>
    public void Add(Point at, float radius, Scalar colour) =>
        Cv2.Circle(_layer, new Point(at.X / Scale, at.Y / Scale), Math.Max(1, (int)(radius / Scale)), colour, -1, LineTypes.AntiAlias);

    /// <summary>A lit piece of the road.</summary>
    public void Add(Point[] outline, Scalar colour) =>
        Cv2.FillConvexPoly(_layer, Array.ConvertAll(outline, p => new Point(p.X / Scale, p.Y / Scale)), colour, LineTypes.AntiAlias);

    public void Dispose()
    {
        using var near = new Mat();
        using var wide = new Mat();
        using var full = new Mat();
        Cv2.GaussianBlur(_layer, near, new Size(0, 0), 2.2);
        Cv2.GaussianBlur(_layer, wide, new Size(0, 0), 11);
        Cv2.AddWeighted(near, .75, wide, .9, 0, near);
        Cv2.Resize(near, full, picture.Size(), 0, 0, InterpolationFlags.Linear);
        Cv2.Add(picture, full, picture);
        _layer.Dispose();
    }
}
