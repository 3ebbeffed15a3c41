using System.Numerics;
using OpenCvSharp;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Plane trees and street lamps on the pavement.</summary>
internal static class Furniture
{
    private static readonly Vector3[] Leaves = [Grain.Rgb(72, 92, 40), Grain.Rgb(96, 104, 44), Grain.Rgb(128, 112, 46), Grain.Rgb(58, 76, 36), Grain.Rgb(142, 106, 48)];

    public static void Draw(Mat street, StreetView view, Standing standing, StreetLight light, StreetRays rays)
    {
        if (standing.Z < 12)
        {
            return; // beside or behind the camera
        }

        if (standing.Lamp)
        {
            Lamp(street, view, standing, light);
        }
        else
        {
            Tree(street, view, standing, rays);
        }
    }

    private static void Lamp(Mat street, StreetView view, Standing lamp, StreetLight light)
    {
        var scale = view.Scale(lamp.Z);
        var post = Lens.Ink(Grain.Rgb(62, 64, 66) * (light.Ambient + light.Lamp * .25f));
        var (foot, top) = (view.Project(new(lamp.X, 0, lamp.Z)), view.Project(new(lamp.X, lamp.Height, lamp.Z)));
        var head = view.Project(new(lamp.X - MathF.CopySign(1.5f, lamp.X), lamp.Height + .2f, lamp.Z));
        Line(street, foot, view.Project(new(lamp.X, 1.3f, lamp.Z)), .17f * scale, post);
        Line(street, foot, top, .1f * scale, post);
        Line(street, top, head, .07f * scale, post);
        var size = new Size(Math.Max(1, .36f * scale), Math.Max(1, .1f * scale));
        Cv2.Ellipse(street, head.ToPoint(), size, 0, 0, 360, light.LampsOn ? new Scalar(200, 236, 255) : post, -1, LineTypes.AntiAlias);
        if (light.LampsOn)
        {
            Halo.Add(street, head, 1.9f * scale, Grain.Rgb(255, 190, 105) * (light.Ambient.X < .2f ? .85f : .5f));
        }
    }

    private static void Tree(Mat street, StreetView view, Standing tree, StreetRays rays)
    {
        var random = new DemoRandom((ulong)tree.Seed);
        var scale = view.Scale(tree.Z);
        var foot = view.Project(new(tree.X, 0, tree.Z));
        var fork = new Vector3(tree.X, tree.Height * .38f, tree.Z);
        var bark = Grain.Rgb(88, 78, 64);
        var low = rays.LightAt(fork with { Y = 2 });
        Cv2.Ellipse(street, foot.ToPoint(), new Size(.6f * scale, .14f * scale), 0, 0, 360, Lens.Ink(Grain.Rgb(58, 48, 38) * low), -1, LineTypes.AntiAlias);
        Line(street, foot, view.Project(fork), .3f * scale, Lens.Ink(bark * low * .8f));
        Line(street, foot + new Point2f(-.06f * scale, 0), view.Project(fork) + new Point2f(-.05f * scale, 0), .1f * scale, Lens.Ink(bark * low * 1.2f));

        var crown = new Vector3(tree.X - MathF.CopySign(.25f, tree.X), tree.Height * .7f, tree.Z);
        var (wide, tall) = (tree.Height * .27f, tree.Height * .34f);
        var hue = random.Of(Leaves);
        for (var i = 0; i < 9; i++)
        {
            var (angle, reach) = (random.NextDouble() * Math.PI, .5 + .5 * random.NextDouble());
            var tip = crown + new Vector3((float)(Math.Cos(angle) * wide * reach), (float)(Math.Sin(angle) * tall * reach), 0);
            Line(street, view.Project(fork), view.Project(tip), .09f * scale, Lens.Ink(bark * low * .7f));
        }

        // From the dark inside of the crown to the leaves that the sky lights; holes are left where no bunch fell.
        const int bunches = 230;
        var leaves = (int)Math.Clamp(scale * .3f, 5, 16);
        for (var i = 0; i < bunches; i++)
        {
            var (angle, reach) = (random.NextDouble() * 2 * Math.PI, Math.Sqrt(random.NextDouble()));
            var (dx, dy) = ((float)(Math.Cos(angle) * reach), (float)(Math.Sin(angle) * reach));
            var bunch = crown + new Vector3(dx * wide, dy * tall, 0);
            var lit = rays.LightAt(bunch) * (.42f + .4f * i / bunches + .26f * dy - .1f * dx);
            for (var leaf = 0; leaf < leaves; leaf++)
            {
                var at = view.Project(bunch + new Vector3((float)(random.NextDouble() - .5) * .85f, (float)(random.NextDouble() - .5) * .7f, 0));
                var colour = Lens.Ink(Vector3.Lerp(hue, random.Of(Leaves), .4f) * lit * (.75f + .5f * (float)random.NextDouble()));
                Cv2.Circle(street, at.ToPoint(), Math.Max(1, (int)(scale * (.022f + .038f * (float)random.NextDouble()))), colour, -1, LineTypes.AntiAlias);
            }
        }
    }

    private static void Line(Mat street, Point2f from, Point2f to, float thick, Scalar colour) =>
        Cv2.Line(street, from.ToPoint(), to.ToPoint(), colour, Math.Max(1, (int)MathF.Round(thick)), LineTypes.AntiAlias);
}
