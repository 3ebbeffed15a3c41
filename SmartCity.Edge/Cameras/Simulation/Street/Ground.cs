using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Road and pavement: asphalt with its stones, repairs, cracks and wheel tracks, paint that wears off, a granite kerb, paving slabs.</summary>
internal static class Ground
{
    private static readonly Vector3 Asphalt = Grain.Rgb(104, 104, 103);
    private static readonly Vector3 White = Grain.Rgb(206, 206, 200);
    private static readonly Vector3 Yellow = Grain.Rgb(196, 164, 62);
    private static readonly Vector3 Slab = Grain.Rgb(148, 143, 134);

    /// <summary>Colour without light.</summary>
    public static Vector3 At(float x, float z, int seed)
    {
        var side = MathF.Abs(x);
        if (side > StreetPlan.Kerb + .16f)
        {
            return Paving(side, z, seed);
        }

        if (side > StreetPlan.Kerb)
        {
            var joint = Grain.Step(.97f, .03f, z / .9f - MathF.Floor(z / .9f));
            var face = Grain.Step(StreetPlan.Kerb + .05f, .03f, side);
            return Grain.Rgb(158, 155, 150) * float.Lerp(.58f, 1, face) * (1 - .3f * joint) * (.9f + .2f * Grain.Cloudy(side * 8, z * 3, seed + 30, 3));
        }

        return Road(x, side, z, seed);
    }

    /// <summary>0 dry to 1: where water stands after rain.</summary>
    public static float Puddle(float x, float z, int seed) =>
        MathF.Abs(x) > StreetPlan.Kerb + .1f ? .25f : Math.Clamp(.35f + 1.3f * (Grain.Cloudy(x * .7f, z * .16f, seed + 70, 4) - .42f) + .35f * Tracks(x), 0, 1);

    private static float Tracks(float x)
    {
        var across = MathF.Abs(MathF.Abs(x) - StreetPlan.Lane);
        return MathF.Exp(-MathF.Pow((across - .78f) / .26f, 2));
    }

    private static Vector3 Road(float x, float side, float z, int seed)
    {
        var colour = Asphalt * (.86f + .26f * Grain.Cloudy(x * .55f, z * .22f, seed, 4));
        colour *= .86f + .28f * Grain.Smooth(x * 24, z * 15, seed + 5); // stones
        colour *= 1 + Math.Clamp(1.3f - z / 14, 0, 1) * .34f * (Grain.Smooth(x * 75, z * 60, seed + 6) - .5f);
        var patch = Grain.At((int)MathF.Floor((x + 6) / 1.7f), (int)MathF.Floor(z / 4.3f), seed + 11);
        colour *= patch < .13f ? .8f : patch > .93f ? 1.1f : 1;
        colour *= 1 - .12f * Tracks(x);
        colour *= 1 - .2f * MathF.Exp(-MathF.Pow((MathF.Abs(side - StreetPlan.Lane)) / .3f, 2)) * Grain.Cloudy(x, z * .3f, seed + 13, 3); // oil
        var crack = MathF.Abs(Grain.Cloudy(x * .8f + 3, z * .5f, seed + 17, 4) - .5f);
        colour *= 1 - .5f * (1 - Grain.Step(.0032f, .005f, crack)) * Grain.Step(.56f, .12f, Grain.Smooth(x * .3f, z * .13f, seed + 18));
        colour *= 1 - .32f * Grain.Step(StreetPlan.Kerb - .32f, .5f, side) * (.5f + Grain.Cloudy(x * 3, z, seed + 19, 3)); // gutter

        var worn = Grain.Step(.36f, .3f, Grain.Cloudy(x * 6, z * 3, seed + 23, 4));
        var dash = z - MathF.Floor(z / 6) * 6;
        var paint = Grain.Band(-.055f, .055f, .012f, x) * Grain.Band(.4f, 4, .05f, dash);
        colour = Vector3.Lerp(colour, White * (.9f + .12f * Grain.Smooth(x * 20, z * 8, seed)), paint * (.35f + .6f * worn));
        var lines = Grain.Band(StreetPlan.Kerb - .3f, StreetPlan.Kerb - .23f, .012f, side) + Grain.Band(StreetPlan.Kerb - .5f, StreetPlan.Kerb - .43f, .012f, side);
        colour = Vector3.Lerp(colour, Yellow, lines * (.25f + .6f * worn));
        return Manhole(x, z, seed, colour);
    }

    private static Vector3 Manhole(float x, float z, int seed, Vector3 road)
    {
        var cell = (int)MathF.Floor(z / 13);
        var (atX, atZ) = (-2.4f + 4.8f * Grain.At(cell, 1, seed + 90), cell * 13 + 3 + 7 * Grain.At(cell, 2, seed + 90));
        var away = MathF.Sqrt((x - atX) * (x - atX) + (z - atZ) * (z - atZ));
        if (away > .42f)
        {
            return road;
        }

        var ribs = .8f + .25f * (((int)(x * 18) + (int)(z * 18)) & 1);
        return Grain.Rgb(70, 66, 62) * (away > .36f ? .6f : ribs);
    }

    private static Vector3 Paving(float side, float z, int seed)
    {
        var (across, along) = ((side - StreetPlan.Kerb) / .62f, z / .9f);
        var row = (int)across;
        along += (row & 1) * .5f;
        var slab = .88f + .2f * Grain.At(row, (int)along, seed + 41);
        var joint = Math.Max(Grain.Step(.96f, .04f, across - row), Grain.Step(.97f, .03f, along - (int)along));
        var stain = .82f + .28f * Grain.Cloudy(side * 1.3f, z * .6f, seed + 43, 4);
        var gum = Grain.Smooth(side * 9, z * 9, seed + 47) > .9f ? .84f : 1;
        return Slab * slab * stain * gum * (1 - .38f * joint);
    }
}
