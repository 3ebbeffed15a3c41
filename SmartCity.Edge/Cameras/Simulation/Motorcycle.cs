using System.Numerics;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>A motorcycle with its rider, from behind.</summary>
internal static class Motorcycle
{
    public static void Draw(Mat picture, Vector3 at, Light light)
    {
        var brightness = Math.Clamp(Math.Pow((light.Sky.Y + light.Sun.Y * .4) / .8, 1 / 2.2), .12, 1);
        Scalar Shade(int grey) => Scalar.All(grey * brightness);

        Oval(0, .33f, .09f, .33f, Shade(22));
        Oval(0, .62f, .16f, .18f, Shade(40));
        Oval(0, .86f, .13f, .07f, new Scalar(20 * brightness, 20 * brightness, 130 * brightness));
        Oval(-.24f, .78f, .12f, .2f, Shade(34));
        Oval(.24f, .78f, .12f, .2f, Shade(34));
        Oval(-.33f, 1.12f, .08f, .2f, Shade(46));
        Oval(.33f, 1.12f, .08f, .2f, Shade(46));
        Oval(0, 1.16f, .27f, .34f, Shade(52));
        Oval(0, 1.3f, .2f, .16f, Shade(64));
        Oval(0, 1.62f, .135f, .16f, Shade(150));
        Oval(0, 1.6f, .12f, .06f, Shade(45));
        foreach (var side in (float[])[-1, 1])
        {
            Oval(side * .47f, 1.2f, .06f, .045f, Shade(30));
        }

        void Oval(float x, float y, float width, float height, Scalar colour)
        {
            var middle = View.Project(at + new Vector3(x, y, 0));
            var scale = View.PixelsPerMetre(at.Z);
            Cv2.Ellipse(picture, new Point(middle.X, middle.Y), new Size(Math.Max(1, width * scale), Math.Max(1, height * scale)), 0, 0, 360, colour, -1, LineTypes.AntiAlias);
        }
    }
}
