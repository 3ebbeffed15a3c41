using System.Numerics.Tensors;

namespace SmartCity.Faces;

/// <summary>The detector's input: planes of blue, green and red, 0–255, black to the right and below; its memory is used again. Not thread-safe.</summary>
internal sealed class DetectorInput
{
    private float[] _planes = [];
    private float[] _row = [];
    private float[] _sum = [];
    private int _length;

    public Memory<float> Memory => _planes.AsMemory(0, _length);

    /// <summary>Scales a picture to width × height, each pixel the average of what it covers. What was in it before must have been cleared.</summary>
    public void Fill(in Pixels picture, int width, int height, int wide, int high)
    {
        _length = 3 * wide * high;
        if (_planes.Length < _length)
        {
            _planes = GC.AllocateArray<float>(_length, pinned: true);
        }

        if (width == picture.Width && height == picture.Height)
        {
            for (var y = 0; y < height; y++)
            {
                Copy(picture.Row(y), picture.Channels, width, y, wide, high);
            }
        }
        else
        {
            Shrink(picture, width, height, wide, high);
        }
    }

    /// <summary>Leaves nothing of the picture behind.</summary>
    public void Clear()
    {
        Array.Clear(_planes);
        Array.Clear(_row);
        Array.Clear(_sum);
    }

    private void Copy(ReadOnlySpan<byte> row, int channels, int width, int y, int wide, int high)
    {
        var plane = wide * high;
        var blue = _planes.AsSpan(y * wide, width);
        var green = _planes.AsSpan(plane + y * wide, width);
        var red = _planes.AsSpan(2 * plane + y * wide, width);
        row = row[..(width * channels)];
        for (var x = 0; x < blue.Length && x < green.Length && x < red.Length; x++)
        {
            (blue[x], green[x], red[x]) = (row[0], row[1], row[2]);
            row = row[channels..];
        }
    }

    private void Shrink(in Pixels picture, int width, int height, int wide, int high)
    {
        var values = picture.Width * picture.Channels;
        if (_row.Length < values)
        {
            (_row, _sum) = (new float[values], new float[values]);
        }

        var row = _row.AsSpan(0, values);
        var sum = _sum.AsSpan(0, values);
        var down = picture.Height / (double)height;
        var known = -1;
        for (var y = 0; y < height; y++)
        {
            sum.Clear();
            var (from, to) = (y * down, (y + 1) * down);
            for (var source = (int)from; source < Math.Min(to, picture.Height); source++)
            {
                if (source != known)
                {
                    TensorPrimitives.ConvertTruncating<byte, float>(picture.Row(source), row);
                    known = source;
                }

                TensorPrimitives.MultiplyAdd(row, (float)((Math.Min(to, source + 1) - Math.Max(from, source)) / down), sum, sum);
            }

            Across(sum, picture.Width, picture.Channels, width, y, wide, wide * high);
        }
    }

    private void Across(ReadOnlySpan<float> row, int from, int channels, int width, int y, int wide, int plane)
    {
        var across = from / (double)width;
        for (var x = 0; x < width; x++)
        {
            var (left, right) = (x * across, (x + 1) * across);
            float blue = 0, green = 0, red = 0;
            for (var source = (int)left; source < Math.Min(right, from); source++)
            {
                var weight = (float)((Math.Min(right, source + 1) - Math.Max(left, source)) / across);
                var i = source * channels;
                blue += weight * row[i];
                green += weight * row[i + 1];
                red += weight * row[i + 2];
            }

            var at = y * wide + x;
            (_planes[at], _planes[plane + at], _planes[2 * plane + at]) = (blue, green, red);
        }
    }
}
