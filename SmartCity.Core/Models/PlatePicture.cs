using SkiaSharp;

namespace SmartCity.Core.Models;

/// <summary>
/// A picture of a plate as edges keep it beside their evidence, seen straight on with a margin around the characters, and what the reader looks at in it.
/// The cut is that of the edges and of the training.
/// </summary>
internal static class PlatePicture
{
    public const int Width = 208;
    public const int Height = 48;

    /// <summary>Bytes of a patch, BGR.</summary>
    public const int Bytes = Width * Height * 3;

    // In heights of the characters.
    private const float Margin = 0.35f;
    private const float MarginAlong = 0.25f;
    private const float MarginAcross = 0.13f;
    private const float TwoLineAspect = 2.2f;

    // What is so much higher than the patch is averaged, else it would lose every other row.
    private const float FarTooLarge = 2.5f;

    /// <summary>Fills a patch from a JPEG or PNG.</summary>
    /// <returns>False where it is no picture of a plate.</returns>
    public static bool TryFill(byte[] picture, Span<byte> patch)
    {
        using var decoded = SKBitmap.Decode(picture, new SKImageInfo(0, 0, SKColorType.Bgra8888, SKAlphaType.Opaque) is var info && SKBitmap.DecodeBounds(picture) is { Width: > 3, Height: > 3 } size ? info with { Width = size.Width, Height = size.Height } : default);
        if (decoded is null)
        {
            return false;
        }

        var down = decoded.Height / (1 + 2 * Margin);
        var (edge, across) = (down * Margin, decoded.Width - 2 * Margin * down);
        if (across <= 1)
        {
            return false;
        }

        var two = across / Math.Max(down, 1) < TwoLineAspect;
        var line = two ? down / TwoLineAspect : down;
        var (left, top) = (edge - MarginAlong * line, edge - MarginAcross * line);
        var (width, height) = (across + 2 * MarginAlong * line, down + 2 * MarginAcross * line);
        var pixels = decoded.GetPixelSpan();
        if (!two)
        {
            Cut(pixels, decoded.Width, decoded.Height, left, top, width, height, patch, 0, Width);
            return true;
        }

        Cut(pixels, decoded.Width, decoded.Height, left, top, width, height / 2, patch, 0, Width / 2);
        Cut(pixels, decoded.Width, decoded.Height, left, top + height / 2, width, height / 2, patch, Width / 2, Width / 2);
        return true;
    }

    private static void Cut(ReadOnlySpan<byte> pixels, int columns, int rows, float left, float top, float width, float height, Span<byte> patch, int at, int across)
    {
        var times = height > Height * FarTooLarge ? 2 : 1;
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < across; x++)
            {
                var (b, g, r) = (0f, 0f, 0f);
                for (var sub = 0; sub < times * times; sub++)
                {
                    var (px, py) = (left + (x * times + sub % times) * width / (across * times), top + (y * times + sub / times) * height / (Height * times));
                    Add(pixels, columns, rows, px, py, ref b, ref g, ref r);
                }

                var to = (y * Width + at + x) * 3;
                var share = 1f / (times * times);
                (patch[to], patch[to + 1], patch[to + 2]) = ((byte)MathF.Round(b * share), (byte)MathF.Round(g * share), (byte)MathF.Round(r * share));
            }
        }
    }

    // Bilinear; beyond the edge the edge.
    private static void Add(ReadOnlySpan<byte> pixels, int columns, int rows, float x, float y, ref float b, ref float g, ref float r)
    {
        var (x0, y0) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        var (fx, fy) = (x - x0, y - y0);
        for (var corner = 0; corner < 4; corner++)
        {
            var (dx, dy) = (corner & 1, corner >> 1);
            var weight = (dx == 1 ? fx : 1 - fx) * (dy == 1 ? fy : 1 - fy);
            var from = (Math.Clamp(y0 + dy, 0, rows - 1) * columns + Math.Clamp(x0 + dx, 0, columns - 1)) * 4;
            (b, g, r) = (b + weight * pixels[from], g + weight * pixels[from + 1], r + weight * pixels[from + 2]);
        }
    }
}
