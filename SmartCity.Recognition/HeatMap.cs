using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>A place of the heat map that is warmer than those around it, and what it says of a plate; pixels of the picture.</summary>
/// <param name="Corners">The plate's characters.</param>
/// <param name="Box">The smallest upright rectangle around them.</param>
/// <param name="Score">0–1.</param>
/// <param name="Scale">Pixels of the look for one of the picture.</param>
/// <param name="Warmest">Where it is warmest.</param>
internal readonly record struct Peak(Corners Corners, Rect Box, float Score, float Scale, Point Warmest)
{
    /// <summary>Whether it was seen in a closer look, which decides what the look before left open.</summary>
    public bool IsCloser { get; init; }

    public Point2d Middle => new(Box.X + Box.Width / 2.0, Box.Y + Box.Height / 2.0);

    /// <summary>Width of the characters in pixels of the look.</summary>
    public float Seen => Box.Width * Scale;

    /// <summary>Whether another's middle lies within the middle half of this one, as a second peak of the same plate does.</summary>
    public bool Covers(in Peak other) =>
        Math.Abs(Middle.X - other.Middle.X) < Box.Width * 0.5 && Math.Abs(Middle.Y - other.Middle.Y) < Box.Height * 0.5;
}

/// <summary>What the detector gave for one look: a temperature for each cell of 8 × 8 pixels, and where the corners of the characters lie around it.</summary>
internal readonly ref struct HeatMap(ReadOnlySpan<float> heat, ReadOnlySpan<float> corners, int columns, int rows)
{
    public const int Cell = 8;

    private const float WarmShare = 0.5f;

    private readonly ReadOnlySpan<float> _heat = heat;
    private readonly ReadOnlySpan<float> _corners = corners;

    /// <summary>Adds the peaks from <paramref name="least"/> on.</summary>
    /// <param name="least">Lowest score.</param>
    /// <param name="region">The part of the picture that was looked at.</param>
    /// <param name="into">Gets them in no order.</param>
    public void Peaks(float least, Rect region, List<Peak> into)
    {
        var (scaleX, scaleY) = ((float)region.Width / (columns * Cell), (float)region.Height / (rows * Cell));
        for (var y = 0; y < rows; y++)
        {
            var row = _heat.Slice(y * columns, columns);
            for (var x = 0; x < columns; x++)
            {
                var next = row[x..].IndexOfAnyInRange(least, float.MaxValue);
                if (next < 0)
                {
                    break;
                }

                x += next;
                if (IsPeak(x, y))
                {
                    var corners = At(x, y).Moved(scaleX, scaleY, region.X, region.Y);
                    into.Add(new Peak(corners, corners.Box, row[x], 1 / scaleX, new Point(region.X + (x + 0.5f) * Cell * scaleX, region.Y + (y + 0.5f) * Cell * scaleY)));
                }
            }
        }
    }

    private bool IsPeak(int x, int y)
    {
        var value = _heat[y * columns + x];
        for (var ny = Math.Max(0, y - 1); ny <= Math.Min(rows - 1, y + 1); ny++)
        {
            for (var nx = Math.Max(0, x - 1); nx <= Math.Min(columns - 1, x + 1); nx++)
            {
                if (_heat[ny * columns + nx] > value)
                {
                    return false;
                }
            }
        }

        return true;
    }

    // Warm cells beside the peak were taught the same corners: their mean, weighed by warmth, errs less than any.
    private Corners At(int x, int y)
    {
        var plane = columns * rows;
        var least = _heat[y * columns + x] * WarmShare;
        Span<float> sum = stackalloc float[8];
        sum.Clear();
        var total = 0f;
        for (var ny = Math.Max(0, y - 1); ny <= Math.Min(rows - 1, y + 1); ny++)
        {
            for (var nx = Math.Max(0, x - 2); nx <= Math.Min(columns - 1, x + 2); nx++)
            {
                var (cell, heat) = (ny * columns + nx, _heat[ny * columns + nx]);
                if (heat < least)
                {
                    continue;
                }

                total += heat;
                for (var k = 0; k < sum.Length; k++)
                {
                    sum[k] += heat * (_corners[k * plane + cell] + ((k % 2 == 0 ? nx : ny) + 0.5f) * Cell);
                }
            }
        }

        return new Corners(
            new Point2f(sum[0] / total, sum[1] / total), new Point2f(sum[2] / total, sum[3] / total),
            new Point2f(sum[4] / total, sum[5] / total), new Point2f(sum[6] / total, sum[7] / total));
    }
}
