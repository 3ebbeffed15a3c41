using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.WebUtilities;
using OpenCvSharp;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// <c>simulated:?seed=1&amp;weather=day|dusk|night|rain&amp;every=00:00:15</c>: draws vehicles of the demo registry as a traffic camera sees them.
/// One in fifteen is a vehicle of interest, one in fifty is not registered. The truth goes with each frame.
/// </summary>
internal sealed class SimulatedSource : ICameraSource
{
    private static readonly TimeSpan FrameInterval = TimeSpan.FromMilliseconds(125);

    private readonly string _cameraId;
    private readonly int _seed;
    private readonly Weather _weather;
    private readonly TimeSpan _every;
    private readonly double _speed;
    private readonly TimeProvider _time;

    /// <exception cref="InvalidDataException">A setting of the source is not valid; the message names it.</exception>
    public SimulatedSource(string cameraId, string settings, double speed, TimeProvider time)
    {
        var query = QueryHelpers.ParseQuery(settings);
        _cameraId = cameraId;
        _speed = speed;
        _time = time;
        _seed = Setting("seed", "1", int.TryParse, out int seed) ? seed : 1;
        _weather = Setting("weather", "day", (string? s, out Weather w) => Enum.TryParse(s, ignoreCase: true, out w) && Enum.IsDefined(w), out Weather weather) ? weather : Weather.Day;
        _every = Setting("every", "00:00:15", TimeSpan.TryParse, out TimeSpan every) ? every : TimeSpan.FromSeconds(15);

        bool Setting<T>(string name, string otherwise, Parser<T> parse, out T value)
        {
            var text = query.TryGetValue(name, out var given) ? given.ToString() : otherwise;
            return parse(text, out value) ? true : throw new InvalidDataException($"Camera {cameraId}: '{text}' is no {name}; such as {name}={otherwise}.");
        }
    }

    private delegate bool Parser<T>(string? text, out T value);

    public bool Waits => false;

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var scene = new Scene(_seed, _weather);
        var random = new DemoRandom((ulong)_seed * 104_729 + 5);
        var number = 0L;
        await Task.Delay(_every * random.NextDouble() / _speed, _time, cancellationToken);
        for (var pass = 0L; ; pass++)
        {
            var started = _time.GetTimestamp();
            var vehicle = Next(ref random);
            using var drawing = new VehicleDrawing(vehicle, random.Next(0, 2) == 0, _weather is Weather.Night or Weather.Dusk);
            var frames = random.Next(8, 16);
            var drift = (random.NextDouble() - .5) * 120;
            for (var i = 0; i < frames; i++)
            {
                yield return Draw(scene, drawing, vehicle, pass, number++, (i + .5) / frames, drift);
                await Task.Delay(FrameInterval / _speed, _time, cancellationToken);
            }

            yield return new Frame(_cameraId, number++, _time.GetUtcNow(), Exposed(scene, scene.Empty())) { Truth = [] };
            var rest = _every * (.6 + .8 * random.NextDouble()) / _speed - _time.GetElapsedTime(started);
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, _time, cancellationToken);
            }
        }
    }

    private static VehicleView Next(ref DemoRandom random)
    {
        var roll = random.Next(0, 150);
        return DemoRegistry.Vehicle(
            roll < 10 ? random.Of(DemoRegistry.HotList).Index
            : roll < 13 ? DemoRegistry.Count + random.Next(0, 50_000)
            : random.Next(0, DemoRegistry.Count));
    }

    private Frame Draw(Scene scene, VehicleDrawing drawing, VehicleView vehicle, long pass, long number, double along, double drift)
    {
        var near = Math.Pow(along, 1.5);
        var picture = scene.Empty();
        var at = new Point2d(640 + drift * (1 - near) + (near - .5) * 60, Scene.Horizon + 110 + near * 380);
        var box = drawing.Draw(picture, at, 190 + near * 380);
        Smear(picture, box, near);
        return new Frame(_cameraId, number, _time.GetUtcNow(), Exposed(scene, picture)) { Truth = [new FrameTruth(vehicle.Plate, pass, box)] };
    }

    // The nearer the vehicle, the further it moves while the shutter is open.
    private static void Smear(Mat picture, Rect plate, double near)
    {
        var length = (int)(1 + 3 * near);
        if (length < 2)
        {
            return;
        }

        var around = new Rect(plate.X - plate.Width, plate.Y - plate.Width, plate.Width * 3, plate.Width * 2) & new Rect(0, 0, picture.Width, picture.Height);
        using var region = new Mat(picture, around);
        Cv2.Blur(region, region, new Size(1, length));
    }

    private static Mat Exposed(Scene scene, Mat picture)
    {
        scene.Expose(picture);
        return picture;
    }
}
