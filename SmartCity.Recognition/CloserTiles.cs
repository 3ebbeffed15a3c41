using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>
/// Where a look must be followed by a closer one: places that are warm but not sure, and plates so small that their corners are rough. A tile
/// costs a sixth of a look, and one tile serves all places that lie in it: time grows with what may be plates, not with the picture.
/// </summary>
internal static class CloserTiles
{
    public const int Width = 256;
    public const int Height = 192;

    // Sides of the whole picture, if it were seen at the scale of a tile; what is not so much larger than the look before is no closer.
    private const double Sides = 2;
    private const double LeastCloser = 1.4;

    // Widths of the characters in pixels of a look: below the one its corners are rough, and beyond the other a closer look shows no more.
    private const float Rough = 32;
    private const float LargeEnough = 48;

    // Characters of so many pixels can just be read; how warm they are in a look depends on how small they are there.
    private const double JustReadable = 50;
    private const double ClearlySeen = 24;
    private const double HardlySeen = 12;

    private const int MostTiles = 16;
    private const double Margin = 0.2;

    /// <summary>How warm a place must be in a look of this scale to deserve a closer one. Chosen on rendered pictures.</summary>
    public static float WarmFrom(double scale, in DetectionSettings settings) => settings.Sure * (scale * JustReadable) switch
    {
        >= ClearlySeen => 0.7f,
        >= HardlySeen => 0.4f,
        _ => 0.3f,
    };

    /// <summary>The scale of the closer look; null where the picture has no more to show.</summary>
    public static double? Scale(double scale, Size picture, in DetectionSettings settings)
    {
        var finer = Math.Min(1, settings.Side * Sides / Math.Max(picture.Width, picture.Height));
        return finer >= scale * LeastCloser ? finer : null;
    }

    /// <summary>Whether a peak is to be looked at closer.</summary>
    public static bool IsWanted(in Peak peak, in DetectionSettings settings) => peak.Seen < (peak.Score >= settings.Sure ? Rough : LargeEnough);

    /// <summary>Puts tiles around the search's warm places, the warmest first.</summary>
    public static void Around(Search search, double scale, Size picture, in DetectionSettings settings)
    {
        var (width, height) = (Math.Min(picture.Width, (int)(Width / scale)), Math.Min(picture.Height, (int)(Height / scale)));
        search.Warm.Sort(static (a, b) => b.Score.CompareTo(a.Score));
        foreach (var place in search.Warm)
        {
            if (search.Looked.Count == MostTiles)
            {
                return;
            }

            // What is hardly seen lies between where it is warmest and where its corners are said to be.
            var (x, y) = ((int)(place.Middle.X + place.Warmest.X) / 2, (int)(place.Middle.Y + place.Warmest.Y) / 2);
            if (!IsInside(search.Looked, x, y) && !search.HasSure(place, settings))
            {
                var tile = new Rect(Math.Clamp(x - width / 2, 0, picture.Width - width), Math.Clamp(y - height / 2, 0, picture.Height - height), width, height);
                search.Tiles.Add(tile);
                search.Looked.Add(tile);
            }
        }
    }

    private static bool IsInside(List<Rect> tiles, int x, int y)
    {
        foreach (var tile in tiles)
        {
            if (Math.Abs(tile.X + tile.Width / 2.0 - x) < tile.Width * (0.5 - Margin) && Math.Abs(tile.Y + tile.Height / 2.0 - y) < tile.Height * (0.5 - Margin))
            {
                return true;
            }
        }

        return false;
    }
}
