using System.Numerics;

namespace SmartCity.Faces;

/// <summary>A face cut out of a picture and aligned: side × side, BGR, 0–255. Its memory is used again. Not thread-safe.</summary>
internal sealed class FaceChip(int side)
{
    private byte[] _shrunk = [];

    public int Side => side;

    /// <summary>Blue, green and red of each pixel, row by row.</summary>
    public float[] Values { get; } = new float[side * side * 3];

    /// <summary>Part of the face, 0–1, that lies outside the picture: of the chip without its border, which need not be face.</summary>
    public double Outside { get; private set; }

    /// <summary>What lies outside the picture becomes the colour of its edge.</summary>
    public void Cut(in Pixels picture, in FacePoints points, IReadOnlyList<IReadOnlyList<float>> onto)
    {
        var back = Alignment.Of(points, onto).Inverse;
        Outside = PartOutside(back, picture.Width, picture.Height);

        // A face that is much larger than the chip would lose most of its pixels: they are averaged first.
        var shrink = (int)back.A.Magnitude;
        if (shrink < 2)
        {
            Warp(picture, 0, 0, 1, back);
            return;
        }

        var (left, top, right, bottom) = Covered(back, shrink, picture.Width, picture.Height);
        var (width, height) = (Math.Max(1, (right - left) / shrink), Math.Max(1, (bottom - top) / shrink));
        Shrink(picture, left, top, width, height, shrink);
        Warp(new Pixels(_shrunk.AsSpan(0, width * height * 3), width, height, width * 3, 3), left, top, shrink, back);
    }

    public void Clear()
    {
        Array.Clear(Values);
        Array.Clear(_shrunk);
    }

    private double PartOutside(in Alignment back, int width, int height)
    {
        const int Grid = 20;
        const int Border = 2;
        var outside = 0;
        for (var y = Border; y < Grid - Border; y++)
        {
            for (var x = Border; x < Grid - Border; x++)
            {
                var at = back.A * new Complex((x + 0.5) * side / Grid, (y + 0.5) * side / Grid) + back.B;
                outside += at.Real < 0 || at.Imaginary < 0 || at.Real > width || at.Imaginary > height ? 1 : 0;
            }
        }

        return outside / Math.Pow(Grid - 2 * Border, 2);
    }

    // The part of the picture that the chip is cut from.
    private (int Left, int Top, int Right, int Bottom) Covered(in Alignment back, int margin, int width, int height)
    {
        double left = double.MaxValue, top = double.MaxValue, right = double.MinValue, bottom = double.MinValue;
        foreach (var corner in (ReadOnlySpan<(int X, int Y)>)[(0, 0), (side, 0), (0, side), (side, side)])
        {
            var at = back.A * new Complex(corner.X, corner.Y) + back.B;
            (left, right) = (Math.Min(left, at.Real), Math.Max(right, at.Real));
            (top, bottom) = (Math.Min(top, at.Imaginary), Math.Max(bottom, at.Imaginary));
        }

        var (l, t) = ((int)Math.Clamp(left - margin, 0, Math.Max(0, width - margin)), (int)Math.Clamp(top - margin, 0, Math.Max(0, height - margin)));
        return (l, t, (int)Math.Clamp(right + 2 * margin, Math.Min(l + margin, width), width), (int)Math.Clamp(bottom + 2 * margin, Math.Min(t + margin, height), height));
    }

    private void Shrink(in Pixels picture, int left, int top, int width, int height, int by)
    {
        if (_shrunk.Length < width * height * 3)
        {
            _shrunk = new byte[width * height * 3];
        }

        var to = 0;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                int blue = 0, green = 0, red = 0, count = 0;
                for (var sy = top + y * by; sy < Math.Min(top + (y + 1) * by, picture.Height); sy++)
                {
                    var row = picture.Row(sy);
                    for (var sx = left + x * by; sx < Math.Min(left + (x + 1) * by, picture.Width); sx++)
                    {
                        var i = sx * picture.Channels;
                        (blue, green, red, count) = (blue + row[i], green + row[i + 1], red + row[i + 2], count + 1);
                    }
                }

                count = Math.Max(1, count);
                _shrunk[to++] = (byte)((blue + count / 2) / count);
                _shrunk[to++] = (byte)((green + count / 2) / count);
                _shrunk[to++] = (byte)((red + count / 2) / count);
            }
        }
    }

    private void Warp(in Pixels source, int left, int top, int shrunk, in Alignment back)
    {
        var (ar, ai) = (back.A.Real, back.A.Imaginary);
        var to = 0;
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var u = (ar * x - ai * y + back.B.Real - left + 0.5) / shrunk - 0.5;
                var v = (ai * x + ar * y + back.B.Imaginary - top + 0.5) / shrunk - 0.5;
                u = Math.Clamp(u, 0, source.Width - 1);
                v = Math.Clamp(v, 0, source.Height - 1);
                var (x0, y0) = ((int)u, (int)v);
                var (x1, y1) = (Math.Min(x0 + 1, source.Width - 1), Math.Min(y0 + 1, source.Height - 1));
                var (fx, fy) = ((float)(u - x0), (float)(v - y0));
                var upper = source.Row(y0);
                var lower = source.Row(y1);
                var (i0, i1) = (x0 * source.Channels, x1 * source.Channels);
                for (var c = 0; c < 3; c++)
                {
                    var above = upper[i0 + c] + fx * (upper[i1 + c] - upper[i0 + c]);
                    var below = lower[i0 + c] + fx * (lower[i1 + c] - lower[i0 + c]);
                    Values[to++] = above + fy * (below - above);
                }
            }
        }
    }
}
