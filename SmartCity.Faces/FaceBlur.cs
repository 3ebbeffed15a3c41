namespace SmartCity.Faces;

/// <summary>Makes faces in a picture unrecognisable. What was there cannot be computed back: no more than a few colours of it are left.</summary>
public static class FaceBlur
{
    // A face's box reaches from the brow to the chin.
    private const float Margin = 0.3f;
    private const int Cells = 5;

    /// <param name="pixels">BGR or BGRA rows, which are changed in place.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="stride">Bytes from one row to the next.</param>
    /// <param name="channels">Bytes of a pixel, 3 or 4.</param>
    /// <param name="faces">What is blurred, with some room about it.</param>
    /// <param name="keep">What stays as it is even there, such as a plate.</param>
    public static void Apply(Span<byte> pixels, int width, int height, int stride, int channels, IEnumerable<FaceBox> faces, IReadOnlyList<FaceBox> keep)
    {
        foreach (var face in faces)
        {
            var box = face.Grown(Margin);
            var (left, top) = ((int)Math.Clamp(MathF.Floor(box.X), 0, width), (int)Math.Clamp(MathF.Floor(box.Y), 0, height));
            var (right, bottom) = ((int)Math.Clamp(MathF.Ceiling(box.Right), 0, width), (int)Math.Clamp(MathF.Ceiling(box.Bottom), 0, height));
            if (right > left && bottom > top)
            {
                Blur(pixels[(top * stride + left * channels)..], right - left, bottom - top, stride, channels, left, top, keep);
            }
        }
    }

    private static void Blur(Span<byte> area, int width, int height, int stride, int channels, int left, int top, IReadOnlyList<FaceBox> keep)
    {
        Span<float> means = stackalloc float[Cells * Cells * 3];
        Average(area, width, height, stride, channels, means);
        var columns = new (int From, int To, float Part)[width];
        for (var x = 0; x < width; x++)
        {
            var (from, to, part) = Between(x, width);
            columns[x] = (from * 3, to * 3, part);
        }

        Span<float> row = stackalloc float[Cells * 3];
        for (var y = 0; y < height; y++)
        {
            var (above, below, down) = Between(y, height);
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = means[above * row.Length + i] * (1 - down) + means[below * row.Length + i] * down + 0.5f;
            }

            var line = area.Slice(y * stride, width * channels);
            var isFree = !keep.Any(k => top + y >= k.Y && top + y < k.Bottom);
            for (var x = 0; x < width; x++)
            {
                if (isFree || !IsKept(left + x, top + y, keep))
                {
                    var (from, to, part) = columns[x];
                    var pixel = line.Slice(x * channels, 3);
                    pixel[0] = (byte)(row[from] + (row[to] - row[from]) * part);
                    pixel[1] = (byte)(row[from + 1] + (row[to + 1] - row[from + 1]) * part);
                    pixel[2] = (byte)(row[from + 2] + (row[to + 2] - row[from + 2]) * part);
                }
            }
        }
    }

    // The two cells between whose middles a pixel lies, and how far it is on its way.
    private static (int From, int To, float Part) Between(int pixel, int pixels)
    {
        var at = Math.Clamp((pixel + 0.5f) * Cells / pixels - 0.5f, 0, Cells - 1);
        return ((int)at, Math.Min((int)at + 1, Cells - 1), at - (int)at);
    }

    private static void Average(ReadOnlySpan<byte> area, int width, int height, int stride, int channels, Span<float> means)
    {
        for (var row = 0; row < Cells; row++)
        {
            for (var column = 0; column < Cells; column++)
            {
                var (x0, y0) = (column * width / Cells, row * height / Cells);
                var (x1, y1) = (Math.Max((column + 1) * width / Cells, Math.Min(x0 + 1, width)), Math.Max((row + 1) * height / Cells, Math.Min(y0 + 1, height)));
                long blue = 0, green = 0, red = 0;
                for (var y = y0; y < y1; y++)
                {
                    for (var x = x0; x < x1; x++)
                    {
                        var i = y * stride + x * channels;
                        (blue, green, red) = (blue + area[i], green + area[i + 1], red + area[i + 2]);
                    }
                }

                float count = (y1 - y0) * (x1 - x0);
                var to = (row * Cells + column) * 3;
                (means[to], means[to + 1], means[to + 2]) = (blue / count, green / count, red / count);
            }
        }
    }

    private static bool IsKept(int x, int y, IReadOnlyList<FaceBox> keep)
    {
        foreach (var box in keep)
        {
            if (x >= box.X && x < box.Right && y >= box.Y && y < box.Bottom)
            {
                return true;
            }
        }

        return false;
    }
}
