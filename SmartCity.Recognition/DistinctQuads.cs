using System.Runtime.InteropServices;
using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>Peaks → quads: of two peaks within one plate the surer stays; doubtful ones only where none is sure, or where a closer look saw them.</summary>
internal static class DistinctQuads
{
    /// <summary>The quads; large ones towards the middle, where a camera points, come first.</summary>
    /// <param name="found">Peaks in any order.</param>
    /// <param name="kept">Room for those that stay.</param>
    /// <param name="pictureWidth">In pixels.</param>
    /// <param name="settings">Which are doubtful.</param>
    public static PlateQuad[] Of(List<Peak> found, List<(Peak Peak, double Prominence)> kept, int pictureWidth, in DetectionSettings settings)
    {
        kept.Clear();
        CollectionsMarshal.AsSpan(found).Sort(static (a, b) => b.Score.CompareTo(a.Score));
        foreach (var peak in found)
        {
            if (found[0].Score >= settings.Sure && peak.Score < (peak.IsCloser ? settings.Nearly : settings.Sure))
            {
                continue;
            }

            if (!IsWithinOne(kept, peak))
            {
                kept.Add((peak, peak.Score * Math.Sqrt(peak.Box.Width * (double)peak.Box.Height) * (1 - 0.5 * Math.Abs(peak.Middle.X / pictureWidth - 0.5))));
            }
        }

        CollectionsMarshal.AsSpan(kept).Sort(static (a, b) => b.Prominence.CompareTo(a.Prominence));
        var quads = new PlateQuad[kept.Count];
        for (var i = 0; i < quads.Length; i++)
        {
            var ((topLeft, topRight, bottomRight, bottomLeft), _, score, _, _) = kept[i].Peak;
            quads[i] = new PlateQuad(topLeft, topRight, bottomRight, bottomLeft, score);
        }

        return quads;
    }

    private static bool IsWithinOne(List<(Peak Peak, double Prominence)> kept, in Peak peak)
    {
        foreach (var (other, _) in kept)
        {
            if (other.Covers(peak))
            {
                return true;
            }
        }

        return false;
    }
}
