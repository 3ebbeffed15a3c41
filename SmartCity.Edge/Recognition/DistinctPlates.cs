using OpenCvSharp;

namespace SmartCity.Edge.Recognition;

/// <summary>Several readings may be of one plate: the most valuable of those that overlap stays.</summary>
internal static class DistinctPlates
{
    private const double SamePlate = 0.4;

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
