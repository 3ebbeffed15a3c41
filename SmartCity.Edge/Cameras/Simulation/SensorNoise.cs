using System.Collections.Concurrent;
using OpenCvSharp;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// Noise of a sensor, one sheet for each weather in this process: a dozen cameras with their own would take hundreds of megabytes. Each picture
/// takes another piece of the sheet. The sheets live as long as the process.
/// </summary>
internal static class SensorNoise
{
    private const int Spare = 96;

    private static readonly ConcurrentDictionary<Weather, Lazy<Mat>> Sheets = new();

    /// <summary>Adds noise to a BGR picture of the scene's size, in place.</summary>
    public static void Add(Mat picture, Weather weather, ref DemoRandom random)
    {
        var sheet = Sheets.GetOrAdd(weather, static w => new Lazy<Mat>(() => Sheet(w))).Value;
        using var piece = new Mat(sheet, new Rect(random.Next(0, Spare), random.Next(0, Spare), View.Width, View.Height));
        Cv2.Add(picture, piece, picture, dtype: MatType.CV_8U);
    }

    private static Mat Sheet(Weather weather)
    {
        var spread = weather switch { Weather.Night => 11, Weather.Dusk => 7, _ => 4 };
        var sheet = new Mat(View.Height + Spare, View.Width + Spare, MatType.CV_16SC3);
        new RNG((ulong)weather + 1).Fill(sheet, DistributionType.Normal, Scalar.All(0), Scalar.All(spread));
        return sheet;
    }
}
