using System.Numerics;
using OpenCvSharp;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// Vehicles past one simulated camera, one after the other, without a clock: the same seed gives the same vehicles and pictures. One in fifteen is a
/// vehicle of interest, one in fifty is not registered.
/// </summary>
internal sealed class SimulatedTraffic(int seed, Weather weather) : IDisposable
{
    /// <summary>Between two pictures.</summary>
    public static readonly TimeSpan FrameInterval = TimeSpan.FromMilliseconds(125);

    private readonly Scene _scene = new(seed, weather);
    private DemoRandom _random = new((ulong)seed * 104_729 + 5);
    private long _passes;

    /// <summary>The next vehicle.</summary>
    public SimulatedPass Next()
    {
        var roll = _random.Next(0, 150);
        var vehicle = DemoRegistry.Vehicle(
            roll < 10 ? _random.Of(DemoRegistry.HotList).Index
            : roll < 13 ? DemoRegistry.Count + _random.Next(0, 50_000)
            : _random.Next(0, DemoRegistry.Count));
        var drawing = VehicleDrawing.Of(vehicle, _random.Next(0, 2) == 0, _scene.Lit, _scene.Light);
        return new SimulatedPass(_scene, vehicle, _passes++, drawing, _random.Next(8, 16), (float)(_random.NextDouble() - .5) * .9f);
    }

    /// <summary>The street without a vehicle.</summary>
    public Mat Empty()
    {
        var picture = _scene.Empty();
        _scene.Expose(picture);
        return picture;
    }

    /// <summary>From one vehicle to the next, around a mean.</summary>
    public TimeSpan Rest(TimeSpan mean) => mean * (.6 + .8 * _random.NextDouble());

    public void Dispose() => _scene.Dispose();
}

/// <summary>One vehicle on its way towards the camera, or past it on its way out, at a steady speed.</summary>
internal sealed class SimulatedPass(Scene scene, VehicleView vehicle, long number, VehicleDrawing drawing, int frames, float side) : IDisposable
{
    // Metres from the camera at which the first and the last picture are taken.
    private const float Far = 21;
    private const float Near = 7;

    private static readonly TimeSpan Shutter = TimeSpan.FromMilliseconds(4);

    public VehicleView Vehicle { get; } = vehicle;

    /// <summary>Pictures that show it.</summary>
    public int Frames { get; } = frames;

    /// <summary>A picture of 0 to <see cref="Frames"/> - 1, from far to near. The caller disposes it.</summary>
    public (Mat Picture, FrameTruth Truth) Draw(int frame)
    {
        var step = (Far - Near) / Frames;
        var distance = Far - step * (frame + .5f);
        var picture = scene.Empty();
        var plate = drawing.Draw(picture, new Vector3(side * (1 + distance / 60), 0, distance));
        Smear(picture, plate, step * (float)(Shutter / SimulatedTraffic.FrameInterval), distance);
        scene.Expose(picture);
        return (picture, new FrameTruth(Vehicle.Plate, number, plate));
    }

    public void Dispose() => drawing.Dispose();

    // What the vehicle moves while the shutter is open.
    private static void Smear(Mat picture, Rect plate, float moved, float distance)
    {
        var length = (int)MathF.Round(View.PixelsPerMetre(distance) * View.EyeHeight * moved / distance);
        if (length < 2)
        {
            return;
        }

        var around = new Rect(plate.X - plate.Width, plate.Y - plate.Width, plate.Width * 3, plate.Width * 2) & new Rect(0, 0, picture.Width, picture.Height);
        if (around is { Width: > 0, Height: > 0 })
        {
            using var region = new Mat(picture, around);
            Cv2.Blur(region, region, new Size(1, length));
        }
    }
}
