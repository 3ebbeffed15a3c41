using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>The sky above a street, by direction.</summary>
internal static class Sky
{
    public static Vector3 At(Vector3 direction, StreetLight light, int seed)
    {
        var up = Math.Clamp(direction.Y / direction.Z, 0, 1.5f);
        var clear = Vector3.Lerp(light.Skyline, light.Zenith, 1 - MathF.Exp(-up * 5));

        // Clouds lie on a ceiling: the lower they stand, the closer they crowd.
        var ceiling = 1 / (up + .09f);
        var (across, along) = (direction.X / direction.Z * ceiling, ceiling);
        var cover = Grain.Step(.5f, .3f, Grain.Cloudy(across * 1.1f, along * .8f, seed, 5));
        var lit = .84f + .3f * Grain.Cloudy(across * 2.3f + 7, along * 1.7f, seed + 50, 3);
        return Vector3.Lerp(clear, light.Cloud * lit, cover * Math.Clamp(.35f + up * 2.4f, 0, .92f));
    }
}
