using System.Numerics;
using static SmartCity.Edge.Cameras.Simulation.Light;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>What a vehicle's surface is made of at each point, and how it looks in a light.</summary>
internal sealed class VehicleSkin(VehicleShape shape, string? colour, bool front, bool lit, int seed, Light light)
{
    private static readonly Vector3 Rubber = Rgb(.012f, .012f, .013f);
    private static readonly Vector3 Plastic = Rgb(.025f, .025f, .027f);
    private static readonly Vector3 Chrome = Rgb(.42f, .43f, .44f);

    private readonly Vector3 _paint = Paint(colour);
    private readonly float _dirt = .15f + .5f * Grain.Cell(seed, 1, 5);
    private readonly int _grille = (int)(Grain.Cell(seed, 2, 5) * 3);

    private enum Material
    {
        Paint,
        Matt,
        Glass,
        Lamp,
    }

    /// <param name="at">Metres; z along the vehicle from the end that is seen.</param>
    /// <param name="normal">Outwards, of length 1, as the street has it.</param>
    /// <param name="ray">From the camera, of length 1.</param>
    public Vector3 Colour(Vector3 at, Vector3 normal, Vector3 ray)
    {
        var (material, albedo) = Of(at, normal);
        var mirror = Vector3.Reflect(ray, normal);
        var facing = Math.Clamp(-Vector3.Dot(ray, normal), 0, 1);
        var fresnel = MathF.Pow(1 - facing, 5);
        var under = .45f + .55f * Math.Clamp(at.Y / .8f, 0, 1);
        var diffuse = albedo * (light.On(normal, under, 1) + Street(at) * .8f);
        return material switch
        {
            Material.Glass => diffuse + Around(mirror) * (.07f + .93f * fresnel),
            Material.Paint => diffuse + Around(mirror) * (.05f + .6f * fresnel) + Highlight(mirror),
            Material.Lamp => Lamp(at, diffuse) + Around(mirror) * (.06f + .5f * fresnel),
            _ => diffuse + Around(mirror) * (.02f + .2f * fresnel),
        };
    }

    // What the lamps along the street give; exact place matters little to a thing that drives by.
    private Vector3 Street(Vector3 at) => Rgb(1f, .8f, .55f) * (light.Lamps * .10f * (.6f + .4f * Math.Clamp(at.Y, 0, 2)));

    // Sky above, dark houses at eye level, grey road below.
    private Vector3 Around(Vector3 direction)
    {
        var ground = Rgb(.1f, .1f, .1f) * light.Sky;
        if (direction.Y < 0)
        {
            return ground;
        }

        var houses = light.Sky * (.16f + .16f * Grain.Cell((int)(direction.X * 9), (int)(direction.Y * 12), seed));
        var skyline = .42f + .12f * Grain.Smooth(direction.X * 3, 0, seed);
        return Vector3.Lerp(Vector3.Lerp(ground, houses, Math.Clamp(direction.Y * 9, 0, 1)), light.Above(direction) * 1.1f, Math.Clamp((direction.Y - skyline) * 7, 0, 1));
    }

    private Vector3 Highlight(Vector3 mirror) => light.Sun * (.7f * MathF.Pow(Math.Max(0, Vector3.Dot(mirror, light.Direction)), 60));

    private Vector3 Lamp(Vector3 at, Vector3 unlit) => (front, lit) switch
    {
        (true, true) => Rgb(1.5f, 1.5f, 1.45f) * (.7f + .3f * Grain.Smooth(at.X * 22, at.Y * 22, seed)),
        (false, true) => unlit + Rgb(.85f, .03f, .02f),
        _ => unlit,
    };

    private (Material Material, Vector3 Albedo) Of(Vector3 at, Vector3 normal)
    {
        var half = shape.Width / 2;
        var across = Math.Abs(at.X) / half;
        if (at.Y < .27f)
        {
            return (Material.Matt, Plastic);
        }

        if (Window(at, across, normal) is { } window)
        {
            return window;
        }

        if (at.Z < .3f && across is > .6f && LampBand(at.Y, across))
        {
            return (Material.Lamp, front ? Chrome * (.35f + .5f * Grain.Smooth(at.X * 22, at.Y * 22, seed)) : Rgb(.32f, .02f, .02f));
        }

        if (at.Z < .1f && (front ? FrontPanel(at, across) : RearPanel(at, across)) is { } panel)
        {
            return panel;
        }

        var seam = front && !shape.Boxy && at.Z is > .1f and < 1.08f && Math.Abs(across - .8f) < .008f;
        var dirt = _dirt * Math.Clamp(1 - at.Y / .7f, 0, 1);
        return (Material.Paint, Vector3.Lerp(_paint, Rgb(.12f, .11f, .09f), dirt) * (seam ? .25f : 1));
    }

    private bool LampBand(float y, float across) => (front, shape.Boxy) switch
    {
        (true, false) => y is > .56f and < .74f && across > .62f + (.74f - y) * .35f,
        (true, true) => y is > .68f and < .92f && across > .66f,
        (false, false) => y is > .76f and < .94f && across > .64f,
        (false, true) => y is > .62f and < 1.12f && across > .9f,
    };

    private (Material, Vector3)? Window(Vector3 at, float across, Vector3 normal)
    {
        var pillar = shape.Boxy ? .9f : .86f - .22f * Math.Clamp((at.Y - shape.Belt) / .5f, 0, 1);
        if (at.Z > shape.Glass.From && at.Z < shape.Glass.To && across < pillar && at.Y > shape.Belt + .02f)
        {
            var seat = !shape.Boxy && at.Y < shape.Belt + .24f && Math.Abs(across - .42f) < .13f;
            var edge = across > pillar - .02f || at.Z - shape.Glass.From < .03f;
            return edge ? (Material.Matt, Plastic) : (Material.Glass, seat ? Rgb(.035f, .033f, .03f) : Rgb(.012f, .013f, .014f));
        }

        var side = !shape.Boxy && at.Z > shape.Glass.From + .25f && at.Y > shape.Belt + .05f && at.Y < shape.At(at.Z) - .09f && Math.Abs(normal.X) > .6f;
        return side ? (Material.Glass, Rgb(.012f, .013f, .014f)) : null;
    }

    private (Material, Vector3)? FrontPanel(Vector3 at, float across)
    {
        var bars = at.Y % .05f < .018f ? Chrome * .35f : Rubber;
        if (shape.Tall > 2.5f)
        {
            var bumper = at.Y < .85f ? (Material.Matt, Rgb(.07f, .07f, .07f)) : ((Material, Vector3)?)null;
            return at.Y is > .95f and < 1.5f && across < .62f ? (Material.Matt, bars) : bumper;
        }

        if (at.Y is > .56f and < .70f && across < .5f + .06f * _grille)
        {
            var rim = at.Y > .685f || at.Y < .57f;
            return (Material.Matt, rim && _grille != 1 ? Chrome : bars);
        }

        if (at.Y is > .27f and < .40f && across < .78f)
        {
            return (Material.Matt, across > .66f && at.Y > .3f ? Plastic * 2 : Rubber);
        }

        return Math.Abs(at.Y - .53f) < .006f ? (Material.Matt, Rubber) : null;
    }

    private (Material, Vector3)? RearPanel(Vector3 at, float across)
    {
        if (shape.Boxy)
        {
            var door = across < .008f || Math.Abs(across - .93f) < .006f || (at.Y is > .58f and < .6f);
            var bumper = at.Y < .55f;
            var bar = shape.Tall > 3.5f && Math.Abs(across - .35f) < .012f;
            return bumper ? (Material.Matt, Plastic) : door ? (Material.Matt, Rubber) : bar ? (Material.Matt, Chrome) : null;
        }

        if (at.Y < .42f && across < .82f)
        {
            return (Material.Matt, Plastic);
        }

        return Math.Abs(at.Y - .56f) < .007f || (Math.Abs(across - .62f) < .006f && at.Y > .56f) ? (Material.Matt, Rubber) : null;
    }

    private static Vector3 Paint(string? colour) => colour switch
    {
        "black" => Rgb(.012f, .012f, .013f),
        "grey" => Rgb(.11f, .115f, .12f),
        "white" => Rgb(.72f, .72f, .70f),
        "silver" => Rgb(.40f, .41f, .42f),
        "blue" => Rgb(.02f, .05f, .19f),
        "red" => Rgb(.30f, .018f, .018f),
        "green" => Rgb(.03f, .11f, .05f),
        "orange" => Rgb(.52f, .14f, .02f),
        "brown" => Rgb(.10f, .06f, .035f),
        "yellow" => Rgb(.60f, .40f, .03f),
        _ => Rgb(.16f, .16f, .16f),
    };
}
