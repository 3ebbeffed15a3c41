using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>What <see cref="CityReader"/> looks at: 208 × 48 pixels with some margin around the characters, as its training cuts them.</summary>
internal sealed class LinePatch : IDisposable
{
    public const int Width = 208;
    public const int Height = 48;

    internal const float MarginAlong = 0.25f;
    internal const float MarginAcross = 0.13f;
    private const float TwoLineAspect = 2.2f;
    private const float LinesOfTwo = 2.2f;

    private readonly Mat _whole;
    private readonly Mat _first;
    private readonly Mat _second;

    /// <param name="pixels">Where the patch lies: <see cref="Width"/> × <see cref="Height"/> × 3 bytes.</param>
    public LinePatch(nint pixels)
    {
        _whole = Mat.FromPixelData(Height, Width, MatType.CV_8UC3, pixels);
        _first = new Mat(_whole, new Rect(0, 0, Width / 2, Height));
        _second = new Mat(_whole, new Rect(Width / 2, 0, Width / 2, Height));
    }

    /// <summary>The height of a line of characters and whether there are two.</summary>
    public static (float Line, bool Two) Lines(in Corners quad)
    {
        var two = quad.Across / Math.Max(quad.Down, 1) < TwoLineAspect;
        return (two ? quad.Down / LinesOfTwo : quad.Down, two);
    }

    /// <summary>Warps a quad's characters into the patch; of two lines the upper to the left of the lower.</summary>
    public void Fill(InputArray image, PlateQuad quad, QuadWarp warp)
    {
        var (line, two) = Lines(quad.Corners);
        var grown = quad.Corners.Grow(MarginAlong * line, MarginAcross * line);
        if (!two)
        {
            warp.Cut(image, grown, _whole);
            return;
        }

        var (upper, lower) = grown.Halves();
        warp.Cut(image, upper, _first);
        warp.Cut(image, lower, _second);
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _whole.Dispose();
    }
}
