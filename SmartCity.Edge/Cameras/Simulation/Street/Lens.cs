using System.Numerics;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>What a cheap lens and a sensor's own processing do to colours: contrast, weak saturation, softness with a sharpened edge.</summary>
internal static class Lens
{
    /// <summary>Red, green, blue from 0 to a pixel: highlights roll off, shadows keep a veil.</summary>
    public static Vec3b Develop(Vector3 colour)
    {
        var grey = Vector3.Dot(colour, new Vector3(.3f, .59f, .11f));
        var faded = Vector3.Lerp(new Vector3(grey), colour, .86f);
        return new Vec3b(Tone(faded.Z), Tone(faded.Y), Tone(faded.X));
    }

    /// <summary><see cref="Develop"/> for OpenCV's drawing.</summary>
    public static Scalar Ink(Vector3 colour)
    {
        var pixel = Develop(colour);
        return new Scalar(pixel.Item0, pixel.Item1, pixel.Item2);
    }

    /// <summary>In place.</summary>
    public static void Soften(Mat picture)
    {
        using var blurred = new Mat();
        Cv2.GaussianBlur(picture, picture, new Size(3, 3), .7);
        Cv2.GaussianBlur(picture, blurred, new Size(0, 0), 2);
        Cv2.AddWeighted(picture, 1.45, blurred, -.45, 0, picture);
    }

    private static byte Tone(float value)
    {
        var v = Math.Max(0, value);
        v = v < .7f ? v : .7f + .3f * (1 - MathF.Exp(-(v - .7f) / .3f));
        return (byte)(9 + 243 * v);
    }
}
