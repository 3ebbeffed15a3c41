using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>What the looks at one picture have found so far. Its memory is used again for the next; not thread-safe.</summary>
internal sealed class Search : IDisposable
{
    // Characters that are smaller in the picture cannot be read.
    private const int NarrowestPixels = 26;
    private const int LowestPixels = 6;

    private const int AtEdge = 2;

    /// <summary>The picture.</summary>
    public Halves Halves { get; } = new();

    /// <summary>The peaks of the look that was taken last.</summary>
    public List<Peak> Seen { get; } = [];

    /// <summary>What may be plates.</summary>
    public List<Peak> Found { get; } = [];

    /// <summary>Places that deserve a closer look.</summary>
    public List<Peak> Warm { get; } = [];

    /// <summary>Tiles that are to be looked at closer.</summary>
    public List<Rect> Tiles { get; } = [];

    /// <summary>All tiles of this picture.</summary>
    public List<Rect> Looked { get; } = [];

    public List<(Peak Peak, double Prominence)> Kept { get; } = [];

    public bool IsSure(in DetectionSettings settings) => Highest(Found, settings) >= settings.Sure;

    /// <summary>Whether a plate that needed no closer look lies there already.</summary>
    public bool HasSure(in Peak place, in DetectionSettings settings)
    {
        foreach (var found in Found)
        {
            if (found.Score >= settings.Sure && found.Scale <= place.Scale && !CloserTiles.IsWanted(found, settings) && found.Covers(place))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Width in the picture of the widest that may be a plate; 0 where there is none.</summary>
    public int Widest()
    {
        var widest = 0;
        foreach (var peak in Found)
        {
            widest = Math.Max(widest, peak.Box.Width);
        }

        return widest;
    }

    /// <summary>Takes what the first look saw; true when a plate is among it.</summary>
    public bool TakeFirst(in DetectionSettings settings)
    {
        Take(settings);
        return IsSure(settings);
    }

    /// <summary>Takes what the smaller picture shows: the plates that fill it, in place of what was seen of them before; all of it where nothing was sure.</summary>
    public void TakeNear(in DetectionSettings settings)
    {
        var (before, now) = (Highest(Found, settings), Highest(Seen, settings));
        var sure = before >= settings.Sure;
        if (sure ? now < settings.Sure : now <= before)
        {
            return;
        }

        if (!sure)
        {
            Found.Clear();
        }

        foreach (var peak in Seen)
        {
            if (MayBePlate(peak, settings))
            {
                RemoveWithin(Found, peak.Box);
                RemoveWithin(Warm, peak.Box);
                Found.Add(peak);
            }
        }
    }

    /// <summary>Takes what the larger picture shows where nothing was sure.</summary>
    public void TakeFar(in DetectionSettings settings)
    {
        if (Highest(Seen, settings) > Highest(Found, settings))
        {
            Found.Clear();
            Take(settings);
        }
        else
        {
            TakeWarm(settings);
        }
    }

    /// <summary>Takes what a tile shows: it decides what was doubtful or rough there.</summary>
    public void TakeCloser(Rect tile, Size picture, in DetectionSettings settings)
    {
        for (var i = Found.Count - 1; i >= 0; i--)
        {
            if (CloserTiles.IsWanted(Found[i], settings) && Found[i].Score < settings.Sure && tile.Contains(Found[i].Box))
            {
                Found.RemoveAt(i);
            }
        }

        foreach (var peak in Seen)
        {
            if (!MayBePlate(peak, settings) || HasSure(peak, settings))
            {
                continue;
            }

            if (IsCut(peak.Box, tile, picture))
            {
                Warm.Add(peak);
            }
            else
            {
                RemoveRough(peak);
                Found.Add(peak with { IsCloser = true });
            }
        }
    }

    public void Dispose() => Halves.Dispose();

    public void Clear()
    {
        Seen.Clear();
        Found.Clear();
        Warm.Clear();
        Tiles.Clear();
        Looked.Clear();
        Kept.Clear();
    }

    private void Take(in DetectionSettings settings)
    {
        foreach (var peak in Seen)
        {
            if (MayBePlate(peak, settings))
            {
                Found.Add(peak);
            }
        }

        TakeWarm(settings);
    }

    private void TakeWarm(in DetectionSettings settings)
    {
        foreach (var peak in Seen)
        {
            if (CloserTiles.IsWanted(peak, settings))
            {
                Warm.Add(peak);
            }
        }
    }

    private void RemoveRough(in Peak closer)
    {
        for (var i = Found.Count - 1; i >= 0; i--)
        {
            if (Found[i].Scale < closer.Scale && (closer.Covers(Found[i]) || Found[i].Covers(closer)))
            {
                Found.RemoveAt(i);
            }
        }
    }

    private static void RemoveWithin(List<Peak> peaks, Rect box)
    {
        for (var i = peaks.Count - 1; i >= 0; i--)
        {
            if (box.Contains((int)peaks[i].Middle.X, (int)peaks[i].Middle.Y))
            {
                peaks.RemoveAt(i);
            }
        }
    }

    private static float Highest(List<Peak> peaks, in DetectionSettings settings)
    {
        var highest = 0f;
        foreach (var peak in peaks)
        {
            highest = MayBePlate(peak, settings) ? Math.Max(highest, peak.Score) : highest;
        }

        return highest;
    }

    private static bool MayBePlate(in Peak peak, in DetectionSettings settings) => peak.Score >= settings.Least && peak.Box is { Width: >= NarrowestPixels, Height: >= LowestPixels };

    private static bool IsCut(Rect box, Rect tile, Size picture) =>
        (box.Left < tile.Left + AtEdge && tile.Left > 0) || (box.Top < tile.Top + AtEdge && tile.Top > 0)
        || (box.Right > tile.Right - AtEdge && tile.Right < picture.Width) || (box.Bottom > tile.Bottom - AtEdge && tile.Bottom < picture.Height);
}
