using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>Several readings may be of one plate: the most valuable of those that overlap stays.</summary>
internal static class DistinctPlates
{
    private const double SamePlate = 0.4;
    private const double ReadEnough = 0.5;
    private const double Larger = 1.15;

    /// <summary>Puts the readings that stay into <paramref name="kept"/>, the most valuable first.</summary>
    public static void Keep(Span<ReadPlate> found, List<PlateRead> kept)
    {
        found.Sort(static (a, b) => b.Value.CompareTo(a.Value));
        foreach (var (read, _, _, _) in found)
        {
            if (!OverlapsOne(kept, read.Quad.Box))
            {
                kept.Add(read);
            }
        }
    }

    /// <summary>Of vehicles whose plates were read, the one in front comes first, even at the picture's side: its plate is lower in the picture, and larger.</summary>
    public static void FrontFirst(List<PlateRead> kept)
    {
        for (var i = 1; i < kept.Count; i++)
        {
            if (kept[i].Confidence >= ReadEnough && IsInFront(kept[i].Quad, kept[0].Quad))
            {
                var front = kept[i];
                kept.RemoveAt(i);
                kept.Insert(0, front);
            }
        }
    }

    private static bool IsInFront(PlateQuad quad, PlateQuad other) =>
        quad.Box.Bottom > other.Box.Bottom + other.Box.Height && quad.Corners.Down > other.Corners.Down * Larger && quad.Corners.Across > other.Corners.Across * Larger;

    private static bool OverlapsOne(List<PlateRead> kept, Rect box)
    {
        foreach (var other in kept)
        {
            if (Overlap(other.Quad.Box, box) > SamePlate)
            {
                return true;
            }
        }

        return false;
    }

    private static double Overlap(Rect a, Rect b)
    {
        var both = a & b;
        return both.Width * (double)both.Height / Math.Min(a.Width * (double)a.Height, b.Width * (double)b.Height);
    }
}
