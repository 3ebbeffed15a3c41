using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>What lies on the road below a vehicle: its shadow and, on a wet road, its mirror image.</summary>
internal static class UnderBody
{
    /// <summary>The body over its shadow and mirror image, colours multiplied by alpha. The caller disposes it.</summary>
    /// <param name="footprint">The vehicle's outline on the road in pixels of the body's picture.</param>
    /// <param name="ground">Row where the nearest wheel stands.</param>
    public static Mat Compose(Mat body, Point[] footprint, int ground, float scale, StreetLight light)
    {
        using var shadow = new Mat(body.Rows, body.Cols, MatType.CV_8UC1, Scalar.All(0));
        Cv2.FillConvexPoly(shadow, footprint, Scalar.All(light.Wet > .5f ? 150 : 205), LineTypes.AntiAlias);
        Cv2.GaussianBlur(shadow, shadow, new Size(0, 0), .075 * scale);
        using var mirror = Mirror(body, ground, scale, light.Wet);
        var composed = new Mat(body.Rows, body.Cols, MatType.CV_8UC4);
        var over = body.AsSpan<Vec4b>();
        var dark = shadow.AsSpan<byte>();
        var wet = mirror.AsSpan<Vec4b>();
        var result = composed.AsSpan<Vec4b>();
        for (var i = 0; i < result.Length; i++)
        {
            if (over[i].Item3 == 255)
            {
                result[i] = over[i];
                continue;
            }

            var image = wet[i];
            var alpha = image.Item3 + dark[i] * (255 - image.Item3) / 255;
            result[i] = new Vec4b(image.Item0, image.Item1, image.Item2, (byte)alpha);
        }

        Cv2.GaussianBlur(composed, composed, new Size(3, 3), .65);
        return composed;
    }

    private static Mat Mirror(Mat body, int ground, float scale, float wet)
    {
        var (rows, columns) = (body.Rows, body.Cols);
        var mirror = new Mat(rows, columns, MatType.CV_8UC4, Scalar.All(0));
        if (wet == 0 || ground >= rows)
        {
            return mirror;
        }

        var from = body.AsSpan<Vec4b>();
        var onto = mirror.AsSpan<Vec4b>();
        for (var row = ground; row < rows && 2 * ground - row > 0; row++)
        {
            var strength = .55f * wet * MathF.Exp(-(row - ground) / (.6f * scale));
            var source = from.Slice((2 * ground - row) * columns, columns);
            var target = onto.Slice(row * columns, columns);
            for (var i = 0; i < source.Length; i++)
            {
                var pixel = source[i];
                target[i] = new Vec4b((byte)(pixel.Item0 * strength), (byte)(pixel.Item1 * strength), (byte)(pixel.Item2 * strength), (byte)(pixel.Item3 * strength));
            }
        }

        Cv2.Blur(mirror, mirror, new Size(5, (int)(.09f * scale) | 1));
        return mirror;
    }
}
