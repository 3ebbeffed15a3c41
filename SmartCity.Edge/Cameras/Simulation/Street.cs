using System.Numerics;
using static SmartCity.Edge.Cameras.Simulation.Light;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>A street without vehicles: carriageway, kerbs, pavements and two rows of houses, as seen along any ray.</summary>
internal sealed class Street(int seed, Light light)
{
    public const float KerbRight = 1.95f;
    public const float KerbLeft = -5.0f;

    /// <summary>Street lamps stand this far apart on the right pavement.</summary>
    public const float LampSpacing = 22;

    public const float LampX = KerbRight + .5f;
    public const float LampHeight = 7;

    private const float FrontRight = 4.7f;
    private const float FrontLeft = -7.9f;
    private const float LaneDivider = -1.62f;
    private const float End = 150;
    private const float SlabX = .6f;
    private const float SlabZ = .45f;

    private static readonly Vector3 LampColour = Rgb(1f, .80f, .55f);
    private readonly Houses _right = new(seed * 2 + 1, light);
    private readonly Houses _left = new(seed * 2, light);

    // How far the left row's shadow reaches over the street on a clear day.
    private readonly float _shadow = FrontLeft + 3.5f + 6 * Grain.Cell(3, 3, seed);

    /// <summary>The colour along a ray.</summary>
    public Vector3 Along(Vector3 from, Vector3 ray, bool mirrored = false)
    {
        var ground = ray.Y < -1e-5f ? -from.Y / ray.Y : float.MaxValue;
        var front = ray.X > 1e-6f ? (FrontRight - from.X) / ray.X : ray.X < -1e-6f ? (FrontLeft - from.X) / ray.X : float.MaxValue;
        var at = Math.Min(ground, front);
        if (at * ray.Z > End - from.Z)
        {
            at = (End - from.Z) / Math.Max(ray.Z, 1e-6f);
            var hit = from + ray * at;
            return Hazed(hit.Y < 11 + 5 * Grain.Cell((int)MathF.Floor(hit.X / 9), 1, seed) ? Rgb(.22f, .2f, .19f) * light.On(-Vector3.UnitZ, .8f, .3f) : Cloudy(ray), End);
        }

        var point = from + ray * at;
        if (front < ground)
        {
            var houses = ray.X > 0 ? _right : _left;
            var sunlit = ray.X > 0 ? Math.Clamp((point.Y - 1.5f) / 1.5f, 0, 1) : 0;
            return point.Y < houses.Top(point.Z)
                ? Hazed(houses.Front(point.Z, point.Y, ray.X > 0 ? -Vector3.UnitX : Vector3.UnitX, sunlit) + Lamplight(point, .55f), point.Z)
                : Cloudy(ray);
        }

        return Hazed(Ground(point, ray, mirrored), point.Z);
    }

    /// <summary>What the lamps add at a point, for a surface of some albedo.</summary>
    public Vector3 Lamplight(Vector3 point, float albedo)
    {
        if (light.Lamps == 0)
        {
            return Vector3.Zero;
        }

        var nearest = MathF.Round((point.Z - 6) / LampSpacing) * LampSpacing + 6;
        var sum = 0f;
        for (var z = nearest - LampSpacing; z <= nearest + LampSpacing; z += LampSpacing)
        {
            var away = new Vector3(point.X - LampX + 1.2f, LampHeight - point.Y, point.Z - z);
            sum += MathF.Pow(LampHeight * LampHeight / away.LengthSquared(), 1.6f) * Math.Max(.25f, away.Y / away.Length());
        }

        return LampColour * (.34f * light.Lamps * albedo * sum);
    }

    private Vector3 Cloudy(Vector3 ray)
    {
        var sky = light.Above(ray);
        var cloud = Grain.Clouds(6 * ray.X / (ray.Y + .12f), 3 / (ray.Y + .12f), seed + 40);
        return sky * (.82f + .36f * cloud);
    }

    private Vector3 Hazed(Vector3 colour, float distance) => Vector3.Lerp(light.Sky, colour, MathF.Exp(-distance / light.Haze));

    private Vector3 Ground(Vector3 p, Vector3 ray, bool mirrored)
    {
        var albedo = p.X is > KerbLeft and < KerbRight ? Carriageway(p.X, p.Z) : Pavement(p.X, p.Z);
        var toWall = Math.Min(FrontRight - p.X, p.X - FrontLeft);
        var open = .92f - .5f * MathF.Exp(-toWall / .5f);
        var sunlit = Math.Clamp((p.X - _shadow - .25f * (Grain.Smooth(p.Z * .16f, 0, seed + 9) - .5f) * 12) / .35f, 0, 1);
        var lit = albedo * light.On(Vector3.UnitY, open, sunlit) + Lamplight(p, 1) * albedo;
        if (light.Wet == 0 || mirrored)
        {
            return lit;
        }

        // Water fills the low places, darkens what is under it and mirrors the street at a flat angle.
        var water = light.Wet * Math.Clamp(Grain.Clouds(p.X * .7f, p.Z * .35f, seed + 60) * 2.2f - .45f, .25f, 1);
        var ripple = (Grain.Smooth(p.X * 9, p.Z * 3, seed + 61) - .5f) * .03f;
        var direction = Vector3.Normalize(ray);
        var mirror = MathF.Pow(1 - Math.Clamp(-direction.Y, 0, 1), 5);
        var mirrorRay = new Vector3(direction.X + ripple, -direction.Y + Math.Abs(ripple), direction.Z);
        return Vector3.Lerp(lit, lit * .5f, water) + Along(p + new Vector3(0, .01f, 0), mirrorRay, mirrored: true) * (water * (.04f + .8f * mirror));
    }

    private Vector3 Carriageway(float x, float z)
    {
        var fine = Grain.Cell((int)MathF.Floor(x * 70), (int)MathF.Floor(z * 40), seed) - .5f;
        var blotch = Grain.Clouds(x * .9f, z * .35f, seed + 11) - .5f;
        var value = .105f + .05f * fine * Math.Clamp(14 / z, .1f, 1) + .045f * blotch;

        // Tyres polish two tracks of a lane, engines drip between them.
        foreach (var lane in (ReadOnlySpan<float>)[0, -3.3f])
        {
            var across = Math.Abs(x - lane);
            value += .016f * Bell(across - .8f, .28f) - .026f * Bell(across, .3f) * (.5f + Grain.Smooth(z * .3f, lane, seed + 12));
        }

        value *= Patches(x, z) * Cracks(x, z);
        var worn = .35f + .65f * Math.Clamp(3.4f * Grain.Clouds(x * 5, z * 2.2f, seed + 15) - .75f, 0, 1);
        var paint = Vector3.Zero;
        if (Math.Abs(x - LaneDivider) < .055f && z % 6 < 2.2f)
        {
            paint = Rgb(.62f, .62f, .58f);
        }
        else if (DoubleLine(KerbRight - x) || DoubleLine(x - KerbLeft))
        {
            paint = Rgb(.56f, .42f, .07f);
        }

        var gutter = Math.Min(KerbRight - x, x - KerbLeft);
        value *= gutter < .16f ? .72f : 1;
        var asphalt = new Vector3(value * 1.02f, value, value * .985f);
        return paint == Vector3.Zero ? asphalt : Vector3.Lerp(asphalt, paint, worn);
    }

    private static bool DoubleLine(float fromKerb) => fromKerb is (> .24f and < .31f) or (> .40f and < .47f);

    private float Patches(float x, float z)
    {
        var (cellX, cellZ) = ((int)MathF.Floor((x + 5) / 2.3f), (int)MathF.Floor(z / 7));
        if (Grain.Cell(cellX, cellZ, seed + 20) > .3f)
        {
            return Cover(x, z, cellX, cellZ);
        }

        var (u, v) = (x + 5 - cellX * 2.3f, z - cellZ * 7);
        var width = .7f + 1.2f * Grain.Cell(cellX, cellZ, seed + 21);
        var length = 1.5f + 4 * Grain.Cell(cellX, cellZ, seed + 22);
        var edge = Math.Min(Math.Min(u - .2f, .2f + width - u), Math.Min(v - .5f, .5f + length - v));
        return edge < 0 ? 1 : edge < .035f ? .5f : .74f;
    }

    private float Cover(float x, float z, int cellX, int cellZ)
    {
        if (Grain.Cell(cellX, cellZ, seed + 23) > .12f)
        {
            return 1;
        }

        var (u, v) = (x + 5 - cellX * 2.3f - 1.1f, z - cellZ * 7 - 3.5f);
        var radius = MathF.Sqrt(u * u + v * v);
        return radius > .36f ? 1 : radius > .32f ? .45f : .7f + .25f * MathF.Sign(MathF.Sin(u * 60) * MathF.Sin(v * 60));
    }

    private float Cracks(float x, float z)
    {
        var wander = .5f * Grain.Smooth(z * .8f, 3, seed + 25) + .1f * Grain.Smooth(z * 5, 4, seed + 26);
        var across = Math.Abs(x + 2.9f + wander - 3.4f * Grain.Cell(1, 1, seed + 27));
        return across < .014f && Grain.Smooth(z * .25f, 9, seed + 28) > .4f ? .5f : 1;
    }

    private Vector3 Pavement(float x, float z)
    {
        var fromKerb = Math.Max(x - KerbRight, KerbLeft - x);
        if (fromKerb < .03f)
        {
            return Rgb(.07f, .07f, .07f);
        }

        var fine = (Grain.Cell((int)MathF.Floor(x * 60), (int)MathF.Floor(z * 40), seed + 30) - .5f) * .04f * Math.Clamp(14 / z, .1f, 1);
        if (fromKerb < .17f)
        {
            return Rgb(.33f, .32f, .31f) * (z % .9f < .02f ? .55f : 1) + new Vector3(fine);
        }

        var row = (int)MathF.Floor(z / SlabZ);
        var shifted = x + (row & 1) * SlabX / 2;
        var slab = Grain.Cell((int)MathF.Floor(shifted / SlabX), row, seed + 31) - .5f;
        var (u, v) = (shifted - MathF.Floor(shifted / SlabX) * SlabX, z - row * SlabZ);
        var joint = u < .014f || v < .02f;
        var stain = Grain.Clouds(x, z * .5f, seed + 32) - .5f;
        var value = (.24f + .05f * slab + .09f * stain + fine) * (joint ? .6f : 1);
        return new Vector3(value * .93f, value * .98f, value);
    }

    private static float Bell(float x, float width) => MathF.Exp(-x * x / (width * width));
}
