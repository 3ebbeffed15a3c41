using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>The front of a house: brick or stucco, sash windows with stone lintels, a door or a shop, a cornice, soot and rain marks.</summary>
internal static class Facade
{
    private static readonly Vector3 Frame = Grain.Rgb(214, 212, 206);
    private static readonly Vector3 Lead = Grain.Rgb(74, 76, 80);

    /// <summary>Its colour without light, and what it gives of its own.</summary>
    /// <param name="along">Metres along the street.</param>
    /// <param name="up">Metres above the pavement, less than the house's height.</param>
    /// <param name="far">Metres from the camera.</param>
    /// <param name="sky">What window panes mirror.</param>
    public static (Vector3 Colour, Vector3 Glow) At(House house, float along, float up, float far, Vector3 sky, float roomsLit)
    {
        var x = along - house.From;
        var width = house.To - house.From;
        var wall = Wall(house, x, up, far);
        if (up > house.Height - .55f)
        {
            var ledge = Grain.Band(house.Height - .5f, house.Height - .15f, .06f, up);
            return (Vector3.Lerp(wall * .8f, house.Trim * .92f, ledge), default);
        }

        if (x < .14f || width - x < .07f)
        {
            return (Vector3.Lerp(wall, Lead, x < .1f && far < 60 ? .75f : .25f), default); // rainwater pipe and party wall
        }

        var floor = (int)(up / house.Storey);
        var high = up - floor * house.Storey;
        if (floor == 0)
        {
            return house.Shop ? Shop(house, x, width, high, sky, wall, roomsLit) : GroundFloor(house, x, width, high, sky, wall, roomsLit);
        }

        var bay = width / house.Bays;
        var number = (int)(x / bay);
        var shrink = floor == 1 ? 1 : 1 - .09f * (floor - 1);
        return Window(house, x - (number + .5f) * bay, high - .75f, .5f, 1.75f * shrink, house.Seed + number * 31 + floor * 7, sky, wall, roomsLit);
    }

    private static Vector3 Wall(House house, float x, float up, float far)
    {
        var soot = .8f + .32f * Grain.Cloudy(x * .5f, up * .35f, house.Seed);
        var streaks = .94f + .1f * Grain.Smooth(x * 5, up * .35f, house.Seed + 9);
        var colour = house.Wall * soot * streaks;
        if (!house.Brick)
        {
            return colour * (.97f + .05f * Grain.Smooth(x * 9, up * 9, house.Seed + 3));
        }

        var course = (int)(up / .078f);
        var brick = (x + (course & 1) * .11f) / .225f;
        var mottle = .84f + .3f * Grain.At((int)brick, course, house.Seed);
        var joint = Math.Max(Grain.Step(.84f, .2f, up / .078f - course), Grain.Step(.93f, .1f, brick - (int)brick));
        var near = Math.Clamp(1.4f - far / 40, 0, 1);
        return Vector3.Lerp(colour * float.Lerp(1, mottle, .35f + .65f * near), colour * 1.18f + new Vector3(.03f), joint * near * .6f);
    }

    private static (Vector3, Vector3) Window(House house, float x, float y, float half, float tall, int seed, Vector3 sky, Vector3 wall, float roomsLit)
    {
        if (y > tall && y < tall + .24f && MathF.Abs(x) < half + .17f)
        {
            return (house.Trim * .95f, default); // lintel
        }

        if (y > -.14f && y < 0 && MathF.Abs(x) < half + .12f)
        {
            return (house.Trim * (y > -.05f ? 1 : .7f), default); // sill, with its shadow
        }

        if (y < 0 || y > tall || MathF.Abs(x) > half)
        {
            return (wall * (MathF.Abs(x) < half + .1f && y < 0 && y > -.8f ? .93f : 1), default);
        }

        var reveal = y > tall - .13f || x < -half + .1f ? .45f : 1;
        if (half - MathF.Abs(x) < .08f || y < .1f || tall - y < .08f || MathF.Abs(y - tall / 2) < .045f || MathF.Abs(x) < .02f)
        {
            return (Frame * reveal, default);
        }

        var room = Grain.At(seed, 3, 77);
        var curtain = Grain.At(seed, 5, 77) < .55f && MathF.Abs(x) > half * (.45f + .4f * Grain.At(seed, 6, 77));
        var inside = curtain ? Grain.Rgb(150, 142, 128) * (.75f + .25f * MathF.Sin(x * 40)) : Grain.Rgb(30, 33, 38);
        var mirrored = Math.Clamp(.25f + .3f * y / tall + .25f * (Grain.Smooth(x * 3 + seed, y * 2, 5) - .5f), 0, .7f);
        var pane = Vector3.Lerp(inside, sky * .85f, mirrored) * (.55f + .45f * reveal);
        var lit = room < roomsLit ? Grain.Rgb(255, 206, 132) * ((curtain ? .8f : .62f) + .3f * y / tall) * (.6f + .6f * Grain.At(seed, 8, 77)) : default;
        return (pane, lit);
    }

    private static (Vector3, Vector3) GroundFloor(House house, float x, float width, float y, Vector3 sky, Vector3 wall, float roomsLit)
    {
        var rusticated = Vector3.Lerp(house.Trim * .9f, house.Trim * .62f, Grain.Band(.94f, 1, .06f, y / .42f - MathF.Floor(y / .42f)));
        if (y < .3f)
        {
            return (Grain.Rgb(96, 92, 86), default);
        }

        var door = x - width * .2f;
        if (MathF.Abs(door) < .75f && y < 2.75f)
        {
            if (MathF.Abs(door) > .52f || y > 2.6f)
            {
                return (house.Trim * 1.02f, default);
            }

            if (y > 2.15f)
            {
                return (Vector3.Lerp(Grain.Rgb(34, 36, 40), sky, .25f), roomsLit > .2f ? Grain.Rgb(220, 170, 100) * .5f : default); // fanlight
            }

            var panel = MathF.Abs(MathF.Abs(door) - .24f) < .15f && (y is > .5f and < 1.05f or > 1.2f and < 1.95f);
            return (house.Door * (panel ? .82f : 1.08f), default);
        }

        var bay = width * .33f;
        var window = x < width * .6f ? x - width * .5f : x - width * .5f - bay;
        return Window(house, window, y - .85f, .52f, 1.75f, house.Seed + (x < width * .6f ? 1 : 2), sky, house.Brick && house.Bays == 3 ? wall : rusticated, roomsLit);
    }

    private static (Vector3, Vector3) Shop(House house, float x, float width, float y, Vector3 sky, Vector3 wall, float roomsLit)
    {
        if (y > 2.95f)
        {
            return (wall, default);
        }

        if (y > 2.35f)
        {
            var moulding = Grain.Band(2.38f, 2.43f, .02f, y) + Grain.Band(2.87f, 2.92f, .02f, y);
            var board = house.Awning * (.92f + .3f * (y - 2.35f)) * (.94f + .1f * Grain.Smooth(x * 2, y * 3, house.Seed));
            return (Vector3.Lerp(board, house.Trim * .8f, moulding * .6f), default); // blank: writing would be taken for plates
        }

        if (x < .35f && y > 2)
        {
            return (house.Trim * .8f, default); // console that carries the board
        }

        if (x < .35f || width - x < .3f || y < .4f || y > 2.28f)
        {
            return (house.Awning * .8f, default);
        }

        var pane = (x - .35f) / ((width - .65f) / 3);
        if (pane - (int)pane < .05f)
        {
            return (house.Awning * .7f, default);
        }

        var shelf = Grain.Band(.1f, .8f, .1f, y / .46f - MathF.Floor(y / .46f)) * (y < 1.75f ? 1 : .2f);
        var goods = shelf * Grain.Step(.35f, .2f, Grain.At((int)(x * 6.5f), (int)(y / .46f), house.Seed + 4)) * (.4f + .6f * Grain.At((int)(x * 6.5f), 9, house.Seed));
        var display = Vector3.Lerp(Grain.Rgb(30, 30, 31), Vector3.Lerp(Grain.Rgb(112, 98, 82), house.Awning, .3f), goods * .75f);
        var open = Grain.At(house.Seed, 1, 3) < roomsLit * 1.8f + .25f;
        return (Vector3.Lerp(display, sky * .8f, .28f + .12f * y), open && roomsLit > .05f ? new Vector3(.86f, .74f, .52f) * (.32f + .2f * y / 2.3f + .22f * goods + .3f * Grain.Smooth(x * .9f, y * .9f, house.Seed)) : default);
    }
}
