using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace SmartCity.Faces;

/// <summary>Makes faces in a picture unrecognisable. What was there cannot be computed back: no more than a few colours of it are left.</summary>
public static class FaceBlur
{
    // A face's box reaches from the brow to the chin.
    private const float Margin = 0.3f;
    private const int Cells = 5;

    // Parts of the way from one row of cells to the next: with a byte's value they fit into 16 bits.
    private const int One = 256;

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
        var values = width * channels;
        var rows = ArrayPool<ushort>.Shared.Rent(Cells * values);
        var made = ArrayPool<byte>.Shared.Rent(values);
        try
        {
            Spread(Average(area, width, height, stride, channels), width, channels, rows);
            for (var y = 0; y < height; y++)
            {
                var (above, below, down) = Between(y, height);
                var line = area.Slice(y * stride, values);
                var isWhole = channels == 3 && !keep.Any(k => top + y >= k.Y && top + y < k.Bottom);
                var to = isWhole ? line : made.AsSpan(0, values);
                Mix(rows.AsSpan(above * values, values), rows.AsSpan(below * values, values), (ushort)MathF.Round(down * One), to);
                for (var x = isWhole ? width : 0; x < width; x++)
                {
                    if (!IsKept(left + x, top + y, keep))
                    {
                        to.Slice(x * channels, 3).CopyTo(line[(x * channels)..]);
                    }
                }
            }
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(rows);
            ArrayPool<byte>.Shared.Return(made);
        }
    }

    // Each row of cells as a row of pixels.
    private static void Spread(ReadOnlySpan<float> means, int width, int channels, Span<ushort> rows)
    {
        for (var x = 0; x < width; x++)
        {
            var (from, to, part) = Between(x, width);
            for (var row = 0; row < Cells; row++)
            {
                var cells = means.Slice(row * Cells * channels, Cells * channels);
                for (var c = 0; c < channels; c++)
                {
                    var (near, far) = (cells[from * channels + c], cells[to * channels + c]);
                    rows[(row * width + x) * channels + c] = (ushort)(near + (far - near) * part + 0.5f);
                }
            }
        }
    }

    private static void Mix(ReadOnlySpan<ushort> above, ReadOnlySpan<ushort> below, ushort down, Span<byte> line)
    {
        var up = (ushort)(One - down);
        var i = 0;
        for (; i <= line.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            var half = i + Vector<ushort>.Count;
            Vector.Narrow(Of(above[i..], below[i..]), Of(above[half..], below[half..])).CopyTo(line[i..]);
        }

        for (; i < line.Length; i++)
        {
            line[i] = (byte)((above[i] * up + below[i] * down + One / 2) / One);
        }

        Vector<ushort> Of(ReadOnlySpan<ushort> above, ReadOnlySpan<ushort> below) => (new Vector<ushort>(above) * up + new Vector<ushort>(below) * down + new Vector<ushort>(One / 2)) >>> 8;
    }

    // The two cells between whose middles a pixel lies, and how far it is on its way.
    private static (int From, int To, float Part) Between(int pixel, int pixels)
    {
        var at = Math.Clamp((pixel + 0.5f) * Cells / pixels - 0.5f, 0, Cells - 1);
        return ((int)at, Math.Min((int)at + 1, Cells - 1), at - (int)at);
    }

    private static float[] Average(ReadOnlySpan<byte> area, int width, int height, int stride, int channels)
    {
        var means = new float[Cells * Cells * channels];
        var values = width * channels;
        var floats = ArrayPool<float>.Shared.Rent(2 * values);
        try
        {
            var line = floats.AsSpan(0, values);
            var sum = floats.AsSpan(values, values);
            for (var row = 0; row < Cells; row++)
            {
                var (top, bottom) = Cell(row, height);
                sum.Clear();
                for (var y = top; y < bottom; y++)
                {
                    TensorPrimitives.ConvertTruncating<byte, float>(area.Slice(y * stride, values), line);
                    TensorPrimitives.Add(sum, line, sum);
                }

                for (var column = 0; column < Cells; column++)
                {
                    var (left, right) = Cell(column, width);
                    var mean = means.AsSpan((row * Cells + column) * channels, channels);
                    for (var i = left * channels; i < right * channels; i++)
                    {
                        mean[i % channels] += sum[i];
                    }

                    TensorPrimitives.Divide(mean, (bottom - top) * (right - left), mean);
                }
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(floats, clearArray: true);
        }

        return means;
    }

    // Where a cell begins and ends: at least one pixel.
    private static (int From, int To) Cell(int cell, int pixels)
    {
        var from = cell * pixels / Cells;
        return (from, Math.Max((cell + 1) * pixels / Cells, from + 1));
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
