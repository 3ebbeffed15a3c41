using OpenCvSharp;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// Vehicles past one simulated camera, one after the other, without a clock: the same seed gives the same vehicles and pictures. One in fifteen is a
/// vehicle of interest, one in fifty is not registered.
/// </summary>
/// <param name="place">Written into each picture, as cameras do; null for none.</param>
internal sealed class SimulatedTraffic(int seed, Weather weather, string? place = null) : IDisposable
{
    /// <summary>Between two pictures.</summary>
    public static readonly TimeSpan FrameInterval = TimeSpan.FromMilliseconds(125);

    private readonly Scene _scene = new(seed, weather);
    private readonly Caption _caption = new(place);
    private DemoRandom _random = new((ulong)seed * 104_729 + 5);
    private long _passes;

    /// <inheritdoc cref="Scene.Paint"/>
    public void Paint() => _scene.Paint();

    /// <summary>The next vehicle.</summary>
    public SimulatedPass Next()
    {
        var roll = _random.Next(0, 150);
        var vehicle = DemoRegistry.Vehicle(
            roll < 10 ? _random.Of(DemoRegistry.HotList).Index
            : roll < 13 ? DemoRegistry.Count + _random.Next(0, 50_000)
            : _random.Next(0, DemoRegistry.Count));
        var front = _random.Next(0, 2) == 0 && vehicle.Class != "motorcycle"; // which have no plate in front
        var drawing = new PassingVehicle(vehicle, front, _scene.View, weather);
        return new SimulatedPass(_scene, _caption, vehicle, _passes++, drawing, _random.Next(8, 16), (float)(_random.NextDouble() - .5) * .4f);
    }

    /// <summary>The street without a vehicle.</summary>
    /// <param name="at">Written into the picture.</param>
    public Mat Empty(DateTimeOffset? at = null)
    {
        var picture = _scene.Empty();
        _scene.Expose(picture);
        _caption.Write(picture, at);
        return picture;
    }

    /// <summary>From one vehicle to the next, around a mean.</summary>
    public TimeSpan Rest(TimeSpan mean) => mean * (.6 + .8 * _random.NextDouble());

    public void Dispose() => _scene.Dispose();
}
