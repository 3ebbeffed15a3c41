using System.Collections.Concurrent;
using OpenCvSharp;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// Noise of a sensor and, in rain, streaks of drops: one sheet for each weather in this process, because a dozen cameras with their own would take
/// hundreds of megabytes. Each picture takes another piece of the sheet. The sheets live as long as the process.
/// </summary>
internal static class SensorNoise
{
    private const int Spare = 160;
    private const int Streaks = 420;

    private static readonly ConcurrentDictionary<Weather, Lazy<Mat>> Sheets = new();

    /// <summary>Adds noise to a BGR picture of the scene's size, in place.</summary>
    public static void Add(Mat picture, Weather weather, ref DemoRandom random)
    {
        var sheet = Sheets.GetOrAdd(weather, static w => new Lazy<Mat>(() => Sheet(w))).Value;
        using var piece = new Mat(sheet, new Rect(random.Next(0, Spare), random.Next(0, Spare), Scene.Width, Scene.Height));
        Cv2.Add(picture, piece, picture, dtype: MatType.CV_8U);
    }

    private static Mat Sheet(Weather weather)
    {
        // A sensor's grains are a little larger than a pixel once its colours are worked out.
        var spread = weather switch { Weather.Night => 11, Weather.Dusk => 9, _ => 5 };
        var sheet = new Mat(Scene.Height + Spare, Scene.Width + Spare, MatType.CV_16SC3);
        new RNG((ulong)weather + 1).Fill(sheet, DistributionType.Normal, Scalar.All(0), Scalar.All(spread));
        Cv2.GaussianBlur(sheet, sheet, new Size(3, 3), .55);
        if (weather == Weather.Rain)
        {
            Rain(sheet);
        }

        return sheet;
    }

    private static void Rain(Mat sheet)
    {
        var random = new DemoRandom(41);
        using var drops = new Mat(sheet.Rows, sheet.Cols, MatType.CV_8UC1, Scalar.All(0));
        for (var i = 0; i < Streaks; i++)
        {
            var (x, y, near) = (random.Next(0, sheet.Cols), random.Next(0, sheet.Rows), random.NextDouble());
            var length = (int)(10 + 46 * near * near);
            Cv2.Line(drops, new Point(x, y), new Point(x + length / 7, y + length), Scalar.All(18 + 30 * near), near > .85 ? 2 : 1, LineTypes.AntiAlias);
        }

        Cv2.GaussianBlur(drops, drops, new Size(3, 3), .6);
        using var grey = new Mat();
        Cv2.Merge([drops, drops, drops], grey);
        Cv2.Add(sheet, grey, sheet, dtype: MatType.CV_16S);
    }
}
