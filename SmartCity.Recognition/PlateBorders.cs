using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>
/// Upright edges that cross more than the height of a line, as a plate's own end does and no character: where they lie between the characters, one
/// plate hangs over another, or something stands before it. Keeps its memory from one plate to the next; not thread-safe.
/// </summary>
internal sealed class PlateBorders : IDisposable
{
    private const int LineHeight = 20;
    private const float MarginAcross = 0.45f;
    private const int Height = 38; // a line of LineHeight with its margins
    private const int Width = 160;
    private const int Channels = 3;

    // Of the rows, those in which such an edge must be seen, all of them from dark to light or from light to dark, and how strongly beside the plate's contrast.
    private const double RowsCrossed = 0.95;
    private const double LeastOfContrast = 0.14;
    private const int LeastStep = 8;
    private const byte Lighter = 1, Darker = 2; // to the right
    private const double Dark = 0.05, Light = 0.95;

    // In heights of a line: nearer to the end of the characters an edge is that of their own plate; so far it leans to either side.
    private const float Within = 0.25f;
    private const float Leans = 0.1f;
    private const int LeansInSteps = 4;

    // A part narrower than this is no plate.
    private const float NarrowestPart = 1.5f;

    private readonly byte[] _pixels = GC.AllocateUninitializedArray<byte>(Width * Height * Channels, pinned: true);
    private readonly byte[] _edges = new byte[Width * Height];
    private readonly int[] _counts = new int[256];
    private readonly Mat _patch;
    private readonly QuadWarp _warp = new();

    public PlateBorders() => _patch = Mat.FromPixelData(Height, Width, MatType.CV_8UC3, _pixels);

    /// <summary>The widest part of a line without a border between its characters; null where no border crosses it. Two lines are not looked at.</summary>
    public PlateQuad? Alone(in Source image, PlateQuad quad)
    {
        var (line, two) = LinePatch.Lines(quad.Corners);
        if (two)
        {
            return null;
        }

        _warp.Cut(image.Array, quad.Corners.Grow(0, MarginAcross * line), _patch);
        var pixels = Width * line / quad.Corners.Across; // of a line's height, along the line
        FindEdges(Math.Max(1, (int)MathF.Round(pixels / LineHeight)));
        var (from, to) = WidestPart(pixels);
        return from == 0 && to == Width ? null
            : (to - from) / pixels < NarrowestPart ? quad
            : quad with
            {
                TopLeft = Between(quad.TopLeft, quad.TopRight, from),
                TopRight = Between(quad.TopLeft, quad.TopRight, to),
                BottomRight = Between(quad.BottomLeft, quad.BottomRight, to),
                BottomLeft = Between(quad.BottomLeft, quad.BottomRight, from),
            };
    }

    public void Dispose()
    {
        _warp.Dispose();
        _patch.Dispose();
    }

    private static Point2f Between(Point2f left, Point2f right, int column) => left + (right - left) * (column / (float)Width);

    // Where neighbouring pixels of a row differ, one pixel to either side included.
    private void FindEdges(int step)
    {
        var least = Math.Max(LeastStep, LeastOfContrast * Contrast());
        Array.Clear(_edges);
        for (var y = 0; y < Height; y++)
        {
            for (var x = step; x < Width - step; x++)
            {
                if (Edge(y * Width + x - step, y * Width + x + step, least) is var edge and > 0)
                {
                    for (var beside = -1; beside <= 1; beside++)
                    {
                        _edges[y * Width + x + beside] |= edge;
                    }
                }
            }
        }
    }

    private byte Edge(int a, int b, double least)
    {
        byte edge = 0;
        for (var channel = 0; channel < Channels; channel++)
        {
            var step = _pixels[b * Channels + channel] - _pixels[a * Channels + channel];
            edge |= step >= least ? Lighter : -step >= least ? Darker : (byte)0;
        }

        return edge;
    }

    private int Contrast()
    {
        Array.Clear(_counts);
        for (var i = 0; i < _pixels.Length; i += Channels)
        {
            _counts[Math.Max(Math.Max(_pixels[i], _pixels[i + 1]), _pixels[i + 2])]++;
        }

        return Value(Light) - Value(Dark);

        int Value(double share)
        {
            var (value, left) = (0, share * Width * Height);
            while (value < _counts.Length - 1 && (left -= _counts[value]) > 0)
            {
                value++;
            }

            return value;
        }
    }

    private (int From, int To) WidestPart(float pixels)
    {
        var (edge, widest, from) = ((int)(Within * pixels), (From: 0, To: 0), 0);
        for (var x = edge; x <= Width - edge; x++)
        {
            if (x == Width - edge || IsBorder(x, pixels))
            {
                var to = x == Width - edge ? Width : x;
                widest = to - from > widest.To - widest.From ? (from, to) : widest;
                from = x;
            }
        }

        return widest;
    }

    private bool IsBorder(int x, float pixels)
    {
        for (var lean = -LeansInSteps; lean <= LeansInSteps; lean++)
        {
            var (lighter, darker, slope) = (0, 0, 2 * Leans * pixels * lean / LeansInSteps / (Height - 1));
            for (var y = 0; y < Height; y++)
            {
                var at = (int)MathF.Round(x + slope * (y - (Height - 1) / 2f));
                var edge = at is >= 0 and < Width ? _edges[y * Width + at] : 0;
                lighter += edge & Lighter;
                darker += (edge & Darker) / Darker;
            }

            if (Math.Max(lighter, darker) >= RowsCrossed * Height)
            {
                return true;
            }
        }

        return false;
    }
}
