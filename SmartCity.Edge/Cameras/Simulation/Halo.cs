using System.Numerics;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Light that a lens scatters around a lamp. One glow, drawn once in this process, is scaled and added.</summary>
internal static class Halo
{
    private const int Side = 256;

    private static readonly Lazy<Mat> Glow = new(Draw);

    /// <summary>Adds a lamp's glow, red, green, blue from 0 to 1 in its middle, in place.</summary>
    /// <param name="flat">Height over width: less than 1 for light that lies on the road.</param>
    public static void Add(Mat picture, Point2f at, float radius, Vector3 colour, float flat = 1)
    {
        var box = new Rect((int)(at.X - radius), (int)(at.Y - radius * flat), (int)(2 * radius), (int)(2 * radius * flat));
        var seen = box & new Rect(0, 0, picture.Width, picture.Height);
        if (seen.Width < 2 || seen.Height < 2 || box.Height < 4)
        {
            return;
        }

        using var scaled = new Mat();
        Cv2.Resize(Glow.Value, scaled, box.Size, 0, 0, InterpolationFlags.Linear);
        using var part = new Mat(scaled, new Rect(seen.X - box.X, seen.Y - box.Y, seen.Width, seen.Height));
        using var tinted = new Mat();
        Cv2.Multiply(part, new Scalar(colour.Z, colour.Y, colour.X), tinted);
        using var region = new Mat(picture, seen);
        Cv2.Add(region, tinted, region);
    }

    private static Mat Draw()
    {
        var glow = new Mat(Side, Side, MatType.CV_8UC3);
        var pixels = glow.AsSpan<Vec3b>();
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = ((i % Side + .5f) / Side * 2 - 1, (i / Side + .5f) / Side * 2 - 1);
            var away = MathF.Sqrt(x * x + y * y);
            var fade = Math.Max(0, 1 - away);
            var light = fade * fade * (.75f / (1 + 160 * away * away) + .25f / (1 + 9 * away * away)) + Math.Max(0, 1 - away / .09f);
            var value = (byte)(255 * Math.Min(1, light * 1.15f));
            pixels[i] = new Vec3b(value, value, value);
        }

        return glow;
    }
}
