using System.Numerics;
using OpenCvSharp;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>What the light and the sky are like.</summary>
internal enum Weather
{
    Day,
    Dusk,
    Night,
    Rain,
}

/// <summary>The street that a simulated camera looks along, drawn once, and what its lens and sensor do to a picture.</summary>
internal sealed class Scene : IDisposable
{
    private const int Near = 420;

    private readonly Mat _street;
    private readonly Weather _weather;
    private DemoRandom _random;

    public Scene(int seed, Weather weather)
    {
        _weather = weather;
        _random = new DemoRandom((ulong)seed * 7919 + 17);
        Light = Light.Of(weather, Math.Max(0, 1.4f * Grain.Cell(seed, 0, 77) - .4f));
        _street = Draw(new Street(seed, Light));
        Furnish(_street, seed);
    }

    public Light Light { get; }

    /// <summary>Vehicles have their lamps on.</summary>
    public bool Lit => _weather != Weather.Day;

    public Mat Empty() => _street.Clone();

    /// <summary>Rain and sensor noise over a finished picture, in place.</summary>
    public void Expose(Mat picture)
    {
        if (_weather == Weather.Rain)
        {
            for (var i = 0; i < 220; i++)
            {
                var x = _random.Next(0, View.Width);
                var y = _random.Next(0, View.Height);
                var length = _random.Next(8, 26);
                Cv2.Line(picture, new Point(x, y), new Point(x + length / 6, y + length), new Scalar(178, 175, 172), 1, LineTypes.AntiAlias);
            }
        }

        SensorNoise.Add(picture, _weather, ref _random);
    }

    public void Dispose() => _street.Dispose();

    // Two rays a pixel where things are small; the road in front of the camera looks the same with one.
    private static Mat Draw(Street street)
    {
        var picture = new Mat(View.Height, View.Width, MatType.CV_8UC3);
        var rows = picture.AsRows<Vec3b>();
        for (var y = 0; y < View.Height; y++)
        {
            var row = rows[y];
            for (var x = 0; x < View.Width; x++)
            {
                row[x] = Light.Tone(y > Near
                    ? street.Along(View.Eye, View.Ray(x + .5f, y + .5f))
                    : (street.Along(View.Eye, View.Ray(x + .25f, y + .25f)) + street.Along(View.Eye, View.Ray(x + .75f, y + .75f))) / 2);
            }
        }

        return picture;
    }

    private void Furnish(Mat street, int seed)
    {
        string[] colours = ["black", "grey", "white", "silver", "blue", "red"];
        for (var i = 3; i >= 0; i--)
        {
            if (Grain.Cell(i, seed, 81) < .75f)
            {
                using var parked = new VehicleDrawing(Grain.Cell(i, seed, 82) < .2f ? "van" : "car", colours[(int)(5.99f * Grain.Cell(i, seed, 83))], null, i % 2 == 0, lit: false, seed + i, Light);
                parked.Draw(street, new Vector3(Street.KerbLeft + 1.0f, 0, 26 + 6.4f * i));
            }
        }

        using var lamps = Light.Lamps > .3f ? new Glow(street) : null;
        for (var z = 6 + 5 * Street.LampSpacing; z > 10; z -= Street.LampSpacing)
        {
            var scale = View.PixelsPerMetre(z);
            var thick = Math.Max(1, (int)(.11f * scale));
            var grey = Light.Tone(Light.Rgb(.06f, .065f, .07f) * (Light.Sky + Light.Sun * .3f));
            var colour = new Scalar(grey.Item0, grey.Item1, grey.Item2);
            var (foot, top, head) = (At(Street.LampX, 0, z), At(Street.LampX, Street.LampHeight, z), At(Street.LampX - 1.3f, Street.LampHeight + .1f, z));
            Cv2.Line(street, foot, top, colour, thick, LineTypes.AntiAlias);
            Cv2.Line(street, foot, At(Street.LampX, 1, z), colour, thick * 2, LineTypes.AntiAlias);
            Cv2.Line(street, top, head, colour, Math.Max(1, thick * 2 / 3), LineTypes.AntiAlias);
            lamps?.Add(head, .22f * scale, new Scalar(150, 205, 245));
        }

        Cv2.GaussianBlur(street, street, new Size(3, 3), .6);

        static Point At(float x, float y, float z)
        {
            var point = View.Project(new Vector3(x, y, z));
            return new Point((int)point.X, (int)point.Y);
        }
    }
}
