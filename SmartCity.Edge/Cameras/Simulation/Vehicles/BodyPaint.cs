using System.Numerics;
using SmartCity.Contracts.Api;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>What a vehicle is painted, glazed and lit with, at each point of its shape.</summary>
internal sealed class BodyPaint(VehicleView vehicle, BodyShape shape, bool front, bool lit)
{
    private static readonly Surface Plastic = new(Grain.Rgb(30, 30, 32), .12f);
    private static readonly Surface Chrome = new(Grain.Rgb(176, 178, 180), .8f);
    private static readonly Surface Pane = new(Grain.Rgb(20, 23, 27), 1);
    private static readonly Vector3 Seat = Grain.Rgb(44, 42, 42);

    private readonly int _seed = vehicle.Plate.Aggregate(7, (sum, c) => sum * 31 + c);

    public Surface Body { get; } = new(Colour(vehicle.Colour), .75f);

    /// <summary>Bumper, lamps, grille, bonnet or boot, windscreen, roof.</summary>
    public Surface Face(Vector3 at)
    {
        var (x, y) = (at.X, at.Y);
        var side = MathF.Abs(x);
        if (Glass(at) is { } glass)
        {
            return glass;
        }

        if (shape.Lamps.Covers(x, y) > .5f && at.Z < .75f)
        {
            return front ? HeadLamp(x, y) : TailLamp(x, y);
        }

        if (y < shape.Outline[0].Y + .06f || shape.Intake.Covers(x, y) > .5f)
        {
            return y > .3f && (int)(y * 45) % 2 == 0 ? Plastic with { Colour = Plastic.Colour * .5f } : Plastic;
        }

        if (front && shape.HalfWidth < 1.1f && at.Z < .3f && Vent(side, y) is { } vent)
        {
            return vent;
        }

        if (shape.Grille.High > 0 && at.Z < .5f)
        {
            var cover = shape.Grille.Covers(x, y, .05f);
            if (front && x * x + MathF.Pow(y - (shape.Grille.Low + shape.Grille.High) / 2, 2) < .0026f)
            {
                return Chrome;
            }

            if (cover > .75f)
            {
                return new Surface(Grain.Rgb(22, 22, 24) * ((int)(y * 60) % 2 == 0 ? 1.9f : .6f), .2f);
            }

            if (cover > .3f && front)
            {
                return shape.HalfWidth < 1.1f ? Chrome : Plastic;
            }
        }

        // A dark field behind the plate, the gaps of bonnet, boot and doors, and the bumper's own edge.
        if (side < .31f && MathF.Abs(y - shape.Plate) < .085f)
        {
            return Plastic;
        }

        return Gap(at) ? Body with { Colour = Body.Colour * .5f, Gloss = .2f } : shape.Doors ? Door(x, y) : Body;
    }

    /// <summary>Wings, doors, side windows, wheel arches.</summary>
    public Surface Flank(Vector3 at)
    {
        var (y, z) = (at.Y, at.Z);
        var arch = MathF.Sqrt(MathF.Pow(z - shape.Axle, 2) + MathF.Pow(y - shape.Wheel, 2));
        if (arch < shape.Wheel + .07f)
        {
            return arch < shape.Wheel * .62f ? new Surface(Grain.Rgb(120, 122, 126), .4f) : arch < shape.Wheel ? new Surface(Grain.Rgb(24, 24, 25), .05f) : Plastic with { Colour = Plastic.Colour * .3f };
        }

        var pillar = (z - shape.Length * .3f) / (shape.Length * .26f);
        if (shape.SideWindows && y > shape.Belt + .04f && y < shape.Header + .02f && y < shape.TopAt(z) - .1f && MathF.Abs(pillar - MathF.Round(pillar)) > .04f)
        {
            return Pane;
        }

        return y < .32f || MathF.Abs(pillar - MathF.Round(pillar)) < .008f ? Plastic : Body;
    }

    /// <summary>A lorry's box.</summary>
    public Surface Load(Vector3 at)
    {
        var rib = MathF.Abs(at.X % .6f) < .012f ? .85f : 1;
        var stain = .86f + .2f * Grain.Cloudy(at.X * 1.3f + at.Z, at.Y * .7f, _seed, 3);
        return new Surface(Grain.Rgb(206, 206, 202) * rib * stain, .15f);
    }

    private Surface? Glass(Vector3 at)
    {
        var (x, y) = (at.X, at.Y);
        var pillar = shape.Half(y) - (shape.HalfWidth > .95f ? .09f : .075f);
        if (shape.Doors || y < shape.Belt + .035f || y > shape.Header || MathF.Abs(x) > pillar)
        {
            return null;
        }

        if (shape.Decks && y is > 2.35f and < 3.05f)
        {
            return y is > 2.52f and < 2.9f && MathF.Abs(x) < .8f ? new Surface(Grain.Rgb(16, 14, 10), .5f, Blind(x, y)) : Body;
        }

        if (!front && shape.HalfWidth < .95f && y > shape.Header - .05f && MathF.Abs(x) < .16f)
        {
            return new Surface(Grain.Rgb(90, 14, 14), .4f);
        }

        // Behind the pane: seats and, in front, who drives.
        var up = (y - shape.Belt) / (shape.Header - shape.Belt);
        var head = MathF.Sqrt(MathF.Pow((MathF.Abs(x) - .37f) / .12f, 2) + MathF.Pow((up - .5f) / .24f, 2));
        var shoulders = MathF.Sqrt(MathF.Pow((MathF.Abs(x) - .37f) / .26f, 2) + MathF.Pow((up - .02f) / .32f, 2));
        var driver = front && x < 0 && shape.HalfWidth < 1.1f;
        var inside = Vector3.Lerp(driver ? Grain.Rgb(32, 35, 42) : Seat * .7f, Pane.Colour, Grain.Step(1, .4f, shoulders));
        inside = Vector3.Lerp(driver ? Grain.Rgb(58, 46, 41) : Seat * .7f, inside, Grain.Step(1, .4f, head));
        var wiper = up is > .04f and < .11f && MathF.Abs(up - .05f - .05f * MathF.Abs(x - .1f)) < .012f;
        var frit = up < .035f || up > .965f || pillar - MathF.Abs(x) < .022f;
        return wiper || frit ? Plastic with { Colour = Plastic.Colour * .5f } : Pane with { Colour = inside + (up < .12f ? new Vector3(.025f) : default) };
    }

    // Amber dots of a destination blind; from here they make no words.
    private Vector3 Blind(float x, float y) =>
        Grain.At((int)MathF.Floor(x * 30), (int)MathF.Floor(y * 30), _seed) > .6f ? Grain.Rgb(236, 150, 30) * .8f : default;

    private Surface HeadLamp(float x, float y)
    {
        var (dx, dy) = (MathF.Abs(x) - (shape.Lamps.Inner + shape.Lamps.Outer) / 2, y - (shape.Lamps.Low + shape.Lamps.High) / 2);
        var lens = MathF.Sqrt(dx * dx + dy * dy) / ((shape.Lamps.High - shape.Lamps.Low) * .42f);
        var strip = y - shape.Lamps.Low < .022f;
        var glow = lit ? lens < 1.1f ? new Vector3(2) : new Vector3(.4f, .39f, .35f) : strip ? new Vector3(.55f) : default;
        return lens < 1 ? new Surface(Grain.Rgb(206, 212, 218), .9f, glow) : new Surface(Grain.Rgb(104, 108, 114) * (lens < 1.2f ? .5f : 1), .9f, glow);
    }

    private Surface TailLamp(float x, float y)
    {
        var share = (y - shape.Lamps.Low) / (shape.Lamps.High - shape.Lamps.Low);
        var glow = lit ? new Vector3(.75f, .03f, .03f) * (.6f + .6f * share) : new Vector3(.06f, 0, 0);
        return share < .2f && MathF.Abs(x) < (shape.Lamps.Inner + shape.Lamps.Outer) / 2
            ? new Surface(Grain.Rgb(190, 180, 176), .8f)
            : new Surface(Grain.Rgb(150, 18, 20) * (.75f + .35f * ((int)(share * 6) & 1)), .8f, glow);
    }

    // Air beside the lower grille, with a fog lamp in it.
    private Surface? Vent(float side, float y)
    {
        var (dx, dy) = (side - shape.HalfWidth + .2f, y - shape.Intake.High - .04f);
        return dx * dx + dy * dy < .0014f ? new Surface(Grain.Rgb(168, 172, 176), .8f)
            : MathF.Abs(dx) < .1f + .25f * dy && MathF.Abs(dy) < .075f ? Plastic : null;
    }

    private bool Gap(Vector3 at)
    {
        var side = MathF.Abs(at.X);
        if (front)
        {
            var bonnet = shape.Half(at.Y) - .13f - .25f * Math.Max(0, at.Z - .3f) * .3f;
            return at.Z > .17f && at.Y < shape.Belt && MathF.Abs(side - bonnet) < .008f || MathF.Abs(at.Y - shape.Lamps.High - .02f) < .007f && side < shape.HalfWidth - .12f && at.Z < .3f;
        }

        return MathF.Abs(at.Y - .62f) < .007f && !shape.Doors || !shape.Doors && MathF.Abs(side - shape.HalfWidth + .14f) < .007f && at.Y is > .62f && at.Y < shape.Belt;
    }

    // Two leaves with hinges and, on a lorry, locking bars and a marker board.
    private Surface Door(float x, float y)
    {
        var side = MathF.Abs(x);
        if (side < .012f || y < shape.Belt - .5f && shape.HalfWidth > 1.1f)
        {
            return Plastic;
        }

        if (shape.HalfWidth > 1.1f)
        {
            if (y < 1.04f)
            {
                return side > .35f && y > .88f ? new Surface((int)MathF.Floor((x + y) * 7) % 2 == 0 ? Grain.Rgb(206, 40, 30) : Grain.Rgb(226, 190, 50), .3f) : Plastic;
            }

            return MathF.Abs(side - .3f) < .018f || MathF.Abs(side - .85f) < .018f ? Chrome with { Gloss = .3f } : Load(new Vector3(x, y, 0));
        }

        var window = MathF.Abs(side - .44f) < .3f && y > shape.Belt + .12f && y < shape.Header - .1f && Grain.At(_seed, 1, 1) > .4f;
        var handle = side < .12f && MathF.Abs(y - 1.08f) < .03f;
        return window ? Pane : handle ? Plastic : MathF.Abs(side - shape.Half(y) + .1f) < .008f ? Body with { Colour = Body.Colour * .4f } : Body;
    }

    private static Vector3 Colour(string? colour) => colour switch
    {
        "black" => Grain.Rgb(22, 22, 24),
        "grey" => Grain.Rgb(92, 96, 100),
        "white" => Grain.Rgb(222, 222, 218),
        "silver" => Grain.Rgb(166, 169, 172),
        "blue" => Grain.Rgb(26, 58, 122),
        "red" => Grain.Rgb(146, 24, 28),
        "green" => Grain.Rgb(34, 78, 52),
        "orange" => Grain.Rgb(206, 92, 28),
        "brown" => Grain.Rgb(88, 64, 46),
        "yellow" => Grain.Rgb(214, 176, 36),
        _ => Grain.Rgb(120, 120, 120),
    };
}
