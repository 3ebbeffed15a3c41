using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Randomness of a place: the same at the same point, so that many threads may paint one picture.</summary>
internal static class Grain
{
    /// <summary>0 to 1 for a cell.</summary>
    public static float At(int x, int y, int seed)
    {
        var h = (uint)x * 0x8DA6B343u ^ (uint)y * 0xD8163841u ^ (uint)seed * 0xCB1AB31Fu;
        h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
        h = (h ^ (h >> 12)) * 0x297A2D39u;
        return ((h ^ (h >> 15)) >> 8) * (1f / (1 << 24));
    }

    /// <summary>0 to 1, flowing from cell to cell.</summary>
    public static float Smooth(float x, float y, int seed)
    {
        var (left, top) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        var (u, v) = (x - left, y - top);
        u *= u * (3 - 2 * u);
        v *= v * (3 - 2 * v);
        var above = float.Lerp(At(left, top, seed), At(left + 1, top, seed), u);
        var below = float.Lerp(At(left, top + 1, seed), At(left + 1, top + 1, seed), u);
        return float.Lerp(above, below, v);
    }

    /// <summary>0 to 1, several sizes of <see cref="Smooth"/> over one another.</summary>
    public static float Cloudy(float x, float y, int seed, int sizes = 4)
    {
        var (sum, weight, all) = (0f, 1f, 0f);
        for (var i = 0; i < sizes; i++)
        {
            sum += weight * Smooth(x, y, seed + i);
            all += weight;
            weight *= .5f;
            x *= 2.03f;
            y *= 2.03f;
        }

        return sum / all;
    }

    /// <summary>0 below an edge, 1 above it, in between over the softness.</summary>
    public static float Step(float edge, float softness, float value)
    {
        var t = Math.Clamp((value - edge) / softness + .5f, 0, 1);
        return t * t * (3 - 2 * t);
    }

    /// <summary>1 inside a span, 0 outside.</summary>
    public static float Band(float from, float to, float softness, float value) => Step(from, softness, value) * (1 - Step(to, softness, value));

    public static Vector3 Rgb(int red, int green, int blue) => new(red / 255f, green / 255f, blue / 255f);
}
