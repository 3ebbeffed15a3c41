using System.Numerics;
using static SmartCity.Edge.Cameras.Simulation.Light;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>A row of houses, each of its own material: shops or railings below, rows of sash windows above.</summary>
internal sealed class Houses(int seed, Light light)
{
    private const float Plot = 6.3f;
    private const float Storey = 3.3f;
    private const float GroundFloor = 3.6f;

    private static readonly Vector3[] Walls =
    [
        Rgb(.33f, .26f, .17f), Rgb(.29f, .21f, .14f), Rgb(.30f, .13f, .09f), Rgb(.62f, .60f, .54f), Rgb(.42f, .39f, .34f), Rgb(.23f, .20f, .18f), Rgb(.24f, .10f, .08f),
    ];

    private static readonly Vector3[] Shopfronts =
    [
        Rgb(.03f, .05f, .04f), Rgb(.02f, .03f, .08f), Rgb(.12f, .02f, .02f), Rgb(.05f, .05f, .05f), Rgb(.38f, .36f, .32f), Rgb(.03f, .10f, .09f), Rgb(.20f, .16f, .05f),
    ];

    private static readonly Vector3 Frame = Rgb(.62f, .61f, .58f);
    private static readonly Vector3 Glow = Rgb(1f, .70f, .36f);

    /// <summary>Height of the house at a distance along the row.</summary>
    public float Top(float z) => GroundFloor + Storey * (2 + (int)(2.99f * Grain.Cell(House(z), 2, seed))) + 1;

    /// <summary>A point of the front, lit.</summary>
    /// <param name="sunlit">Share of the sun that reaches it.</param>
    public Vector3 Front(float z, float y, Vector3 normal, float sunlit)
    {
        var house = House(z);
        var u = z - house * Plot;
        var wall = Wall(house, z, y);
        var shade = 1f;
        Vector3 albedo;
        if (y < GroundFloor)
        {
            if (GroundWindow(house, u, y, wall, out albedo) is { } glass)
            {
                return glass;
            }
        }
        else
        {
            var floor = (int)((y - GroundFloor) / Storey);
            var v = y - GroundFloor - floor * Storey;
            var column = (int)(u / (Plot / 3));
            var across = u - (column + .5f) * (Plot / 3);
            if (Top(z) - y is var fromTop && fromTop < .95f)
            {
                albedo = fromTop < .5f ? Vector3.Lerp(wall, Frame, .5f) : wall;
                shade = fromTop is > .5f and < .7f ? .55f : 1;
            }
            else if (Sash(house * 16 + column + floor * 5, across, v - .85f, 1.05f, 1.75f, out albedo) is { } glass)
            {
                return glass;
            }
            else if (albedo == Vector3.Zero)
            {
                var lintel = Math.Abs(across) < .68f && v is > 2.6f and < 2.85f;
                var sill = Math.Abs(across) < .66f && v is > .72f and < .85f;
                albedo = lintel || sill ? Vector3.Lerp(wall, Frame, .55f) : wall;
                shade = Math.Abs(across) < .66f && v is > .55f and < .72f ? .72f : 1;
            }
        }

        if (u < .1f)
        {
            albedo = Rgb(.03f, .03f, .03f); // the downpipe between two houses
        }

        var low = 1 - .45f * MathF.Exp(-y / .6f);
        return albedo * light.On(normal, .62f * low, sunlit) * shade;
    }

    private static int House(float z) => (int)MathF.Floor(z / Plot);

    private Vector3 Wall(int house, float z, float y)
    {
        var wall = Grain.Of(Walls, house, seed);
        var brick = Grain.Cell((int)MathF.Floor(z / .225f + .5f * ((int)(y / .075f) & 1)), (int)MathF.Floor(y / .075f), seed + 5) - .5f;
        var weather = Grain.Clouds(z * .4f, y * .25f, seed + 6) - .5f;
        return wall * (1 + .3f * brick + .5f * weather);
    }

    // Shops on two of three houses, a door and a window on the others. Gives what glass shows, or null and the wall's own colour.
    private Vector3? GroundWindow(int house, float u, float y, Vector3 wall, out Vector3 albedo)
    {
        if (Grain.Cell(house, 3, seed) < .66f)
        {
            var paint = Grain.Of(Shopfronts, house, seed + 8);
            albedo = paint;
            if (y > 3.35f)
            {
                albedo = Frame * .7f;
                return null;
            }

            if (y is > 2.65f or < .55f || u < .35f || u > Plot - .25f)
            {
                return null;
            }

            var door = Math.Abs(u - 5.1f) < .55f;
            var mullion = u % 1.45f < .07f || (door && Math.Abs(u - 5.1f) > .48f);
            return mullion ? null : Glass(house * 3 + (door ? 1 : 0), y / 2.6f, .9f);
        }

        albedo = Vector3.Lerp(wall, Frame, .75f) * (y % .55f < .03f ? .8f : 1);
        if (Math.Abs(u - 1.3f) < .5f && y < 2.3f)
        {
            albedo = Grain.Of(Shopfronts, house, seed + 9) * (Math.Abs(Math.Abs(u - 1.3f) - .22f) < .03f || y % .75f < .04f ? .6f : 1);
            return null;
        }

        var pane = Sash(house + 900, u - 4.1f, y - .8f, 1.5f, 1.7f, out var found);
        albedo = found == Vector3.Zero ? albedo : found;
        return pane;
    }

    // A sash window of some size whose lower middle is the origin: its glass, or null with the frame's colour, or null and zero beside it.
    private Vector3? Sash(int window, float across, float up, float width, float height, out Vector3 albedo)
    {
        albedo = Vector3.Zero;
        var edge = Math.Min(width / 2 - Math.Abs(across), Math.Min(up, height - up));
        if (edge < 0)
        {
            return null;
        }

        if (edge < .07f || Math.Abs(up - height / 2) < .035f || Math.Abs(across) < .018f)
        {
            albedo = Frame;
            return null;
        }

        return Glass(window, up / height, .55f);
    }

    // A dark room behind glass that mirrors the sky; some have blinds, after dark some are lit.
    private Vector3 Glass(int window, float up, float lit)
    {
        var chance = Grain.Cell(window, 4, seed);
        var room = chance < .25f && up > chance * 2 ? Rgb(.34f, .32f, .28f) * light.Sky : Rgb(.03f, .03f, .035f) * light.Sky;
        var inside = Grain.Cell(window, 5, seed) < lit ? Glow * (light.Lamps * (.16f + .3f * chance) * (.6f + .4f * up)) : Vector3.Zero;
        return room + inside + light.Zenith * (.10f + .12f * up + .08f * chance);
    }
}
