using OpenCvSharp;
using SmartCity.Contracts.Demo;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// Vehicles past one simulated camera, one after the other: the same seed gives the same vehicles and pictures. One in fifteen is a vehicle of interest, one in
/// fifty is not registered. Given a time, only those that are there then: no vehicle is in front of two cameras at once.
/// </summary>
/// <param name="run">Another run shows other vehicles in the same street.</param>
/// <param name="plates">What the plates look like.</param>
/// <param name="place">Written into each picture, as cameras do; null for none.</param>
internal sealed class SimulatedTraffic(int seed, Weather weather, string? place = null, long run = 0, PlateStyle plates = PlateStyle.Usual) : IDisposable
{
    /// <summary>Between two pictures.</summary>
    public static readonly TimeSpan FrameInterval = TimeSpan.FromMilliseconds(125);

    private readonly Scene _scene = new(seed, weather);
    private readonly Caption _caption = new(place);
    private DemoRandom _random = new(((ulong)seed * 104_729 + 5) ^ ((ulong)run * 0x9E37_79B9_7F4A_7C15));
    private long _passes;

    /// <inheritdoc cref="Scene.Paint"/>
    public void Paint() => _scene.Paint();

    /// <summary>The next vehicle.</summary>
    /// <param name="at">When; null for any time, with vehicles that the seed alone decides.</param>
    public SimulatedPass Next(DateTimeOffset? at = null)
    {
        var vehicle = DemoRegistry.Vehicle(at is { } time ? At(time) : Any());
        var front = _random.Next(0, 2) == 0 && vehicle.Class != "motorcycle"; // which have no plate in front
        var drawing = new PassingVehicle(vehicle, front, _scene.View, weather, plates);
        return new SimulatedPass(_scene, _caption, vehicle, _passes++, drawing, _random.Next(8, 16), (float)(_random.NextDouble() - .5) * .4f);
    }

    private int Any() => _random.Next(0, 150) switch
    {
        < 10 => _random.Of(DemoRegistry.HotList).Index,
        < 13 => DemoRegistry.Count + _random.Next(0, 50_000),
        _ => _random.Next(0, DemoRegistry.Count),
    };

    // About every third camera has a vehicle of interest near it.
    private int At(DateTimeOffset time)
    {
        var roll = _random.Next(0, 150);
        return roll < 30 && DemoTraffic.Wanted(seed, time) is { } wanted ? wanted
            : roll < 33 ? DemoTraffic.Pick(ref _random, DemoRegistry.Count, 50_000, seed, time)
            : DemoTraffic.Pick(ref _random, 0, DemoRegistry.Count, seed, time);
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
