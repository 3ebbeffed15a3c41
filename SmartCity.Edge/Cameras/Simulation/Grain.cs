using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Irregularity that is the same wherever and whenever it is asked for.</summary>
internal static class Grain
{
    /// <summary>0–1 for a cell of a grid.</summary>
    public static float Cell(int x, int y, int seed)
    {
        var h = (uint)x * 374_761_393u + (uint)y * 668_265_263u + (uint)seed * 2_246_822_519u;
        h = (h ^ (h >> 13)) * 1_274_126_177u;
        return (h ^ (h >> 16)) / (float)uint.MaxValue;
    }

    /// <summary>0–1, smooth between the points of a grid.</summary>
    public static float Smooth(float x, float y, int seed)
    {
        var (cellX, cellY) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        var (u, v) = (x - cellX, y - cellY);
        (u, v) = (u * u * (3 - 2 * u), v * v * (3 - 2 * v));
        var near = float.Lerp(Cell(cellX, cellY, seed), Cell(cellX + 1, cellY, seed), u);
        var far = float.Lerp(Cell(cellX, cellY + 1, seed), Cell(cellX + 1, cellY + 1, seed), u);
        return float.Lerp(near, far, v);
    }

    /// <summary>0–1, clouds of three sizes.</summary>
    public static float Clouds(float x, float y, int seed) =>
        .55f * Smooth(x, y, seed) + .3f * Smooth(x * 2.7f, y * 2.7f, seed + 1) + .15f * Smooth(x * 7.1f, y * 7.1f, seed + 2);

    /// <summary>One of some colours for a cell.</summary>
    public static Vector3 Of(ReadOnlySpan<Vector3> colours, int cell, int seed) => colours[(int)(Cell(cell, 7, seed) * .9999f * colours.Length)];
}
