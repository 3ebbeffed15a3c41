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

/// <summary>The street that a simulated camera looks down, without vehicles, and what its lens and sensor do to a picture.</summary>
internal sealed class Scene : IDisposable
{
    public const int Width = 1280;
    public const int Height = 720;
    public const int Horizon = 200;

    private readonly Mat _street;
    private readonly Weather _weather;
    private DemoRandom _random;

    public Scene(int seed, Weather weather)
    {
        _weather = weather;
        _random = new DemoRandom((ulong)seed * 7919 + 17);
        _street = Street(ref _random);
    }

    public Mat Empty() => _street.Clone();

    /// <summary>Light, rain and sensor noise over a finished picture, in place.</summary>
    public void Expose(Mat picture)
    {
        var (gain, offset) = _weather switch
        {
            Weather.Dusk => (new Scalar(.62, .52, .50), new Scalar(4, 2, 6)),
            Weather.Night => (new Scalar(.34, .30, .29), new Scalar(6, 3, 2)),
            Weather.Rain => (new Scalar(.74, .72, .70), new Scalar(34, 32, 30)),
            _ => (Scalar.All(1), Scalar.All(0)),
        };
        if (_weather != Weather.Day)
        {
            Cv2.Multiply(picture, gain, picture);
            Cv2.Add(picture, offset, picture);
        }

        if (_weather == Weather.Rain)
        {
            for (var i = 0; i < 240; i++)
            {
                var x = _random.Next(0, Width);
                var y = _random.Next(0, Height);
                var length = _random.Next(8, 26);
                Cv2.Line(picture, new Point(x, y), new Point(x + length / 5, y + length), new Scalar(190, 185, 180), 1, LineTypes.AntiAlias);
            }
        }

        SensorNoise.Add(picture, _weather, ref _random);
    }

    public void Dispose() => _street.Dispose();

    private static Mat Street(ref DemoRandom random)
    {
        var street = new Mat(Height, Width, MatType.CV_8UC3, new Scalar(215, 205, 190));
        for (var y = 0; y < Horizon; y++)
        {
            var k = y / (double)Horizon;
            Cv2.Line(street, new Point(0, y), new Point(Width, y), new Scalar(225 - 20 * k, 205 - 5 * k, 185 + 15 * k));
        }

        Houses(street, ref random);
        Cv2.FillPoly(street, [[new Point(0, Horizon + 40), new Point(Width, Horizon + 40), new Point(Width, Height), new Point(0, Height)]], new Scalar(120, 125, 128));
        Point[] road = [new(500, Horizon + 20), new(780, Horizon + 20), new(1230, Height), new(50, Height)];
        Cv2.FillPoly(street, [road], new Scalar(84, 84, 82), LineTypes.AntiAlias);
        Cv2.Line(street, road[0], road[3], new Scalar(165, 168, 170), 7, LineTypes.AntiAlias);
        Cv2.Line(street, road[1], road[2], new Scalar(165, 168, 170), 7, LineTypes.AntiAlias);
        for (var i = 0; i < 14; i++)
        {
            var near = Math.Pow(i / 13.0, 2.2);
            var y = (int)(Horizon + 30 + near * (Height - Horizon));
            Cv2.Line(street, new Point(640, y), new Point(640, y + 4 + (int)(34 * near)), new Scalar(220, 222, 222), 2 + (int)(8 * near), LineTypes.AntiAlias);
        }

        // Asphalt and plaster have a grain; a flat colour is a drawing's.
        using var grain = new Mat(Height / 2, Width / 2, MatType.CV_16SC1);
        new RNG(random.NextBits()).Fill(grain, DistributionType.Normal, Scalar.All(0), Scalar.All(9));
        using var large = new Mat();
        Cv2.Resize(grain, large, new Size(Width, Height), 0, 0, InterpolationFlags.Linear);
        using var three = new Mat();
        Cv2.Merge([large, large, large], three);
        Cv2.Add(street, three, street, dtype: MatType.CV_8U);
        Cv2.GaussianBlur(street, street, new Size(3, 3), 0);
        return street;
    }

    private static void Houses(Mat street, ref DemoRandom random)
    {
        foreach (var left in (bool[])[true, false])
        {
            for (var i = 0; i < 7; i++)
            {
                var near = 1 - i / 7.0;
                var width = (int)(40 + 190 * near);
                var top = (int)(Horizon - 20 - (120 + random.Next(0, 80)) * near);
                var bottom = (int)(Horizon + 40 + 120 * near);
                var x = left ? (int)(-60 + 520 * (1 - near)) : (int)(Width + 60 - width - 520 * (1 - near));
                var brick = random.Of<Scalar>([new(95, 110, 150), new(120, 135, 165), new(165, 175, 185), new(110, 105, 105), new(140, 160, 190)]);
                var wall = new Rect(x, top, width, bottom - top);
                Cv2.Rectangle(street, wall, brick, -1);
                for (var row = 0; row < 4; row++)
                {
                    for (var column = 0; column < 3; column++)
                    {
                        var window = new Rect(x + width * (1 + 3 * column) / 10, top + wall.Height * (1 + 2 * row) / 10, width * 2 / 10, wall.Height / 9);
                        Cv2.Rectangle(street, window, random.Next(0, 4) == 0 ? new Scalar(150, 200, 220) : new Scalar(70, 62, 55), -1);
                        Cv2.Rectangle(street, window, new Scalar(215, 215, 215), 1);
                    }
                }
            }
        }
    }
}
