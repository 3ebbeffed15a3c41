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

/// <summary>The street that a simulated camera looks down, painted once, and what its sensor does to each picture.</summary>
internal sealed class Scene(int seed, Weather weather) : IDisposable
{
    public const int Width = 1280;
    public const int Height = 720;

    private readonly StreetPlan _plan = new(seed);
    private Mat? _street;
    private DemoRandom _random = new((ulong)seed * 7919 + 18);

    public StreetView View => _plan.View;

    public Weather Weather => weather;

    /// <summary>Paints the street, which takes a good part of a second; else the first picture does.</summary>
    public void Paint() => _street ??= StreetPainter.Paint(_plan, weather);

    /// <summary>The street without a vehicle. The caller disposes it.</summary>
    public Mat Empty()
    {
        Paint();
        return _street!.Clone();
    }

    /// <summary>Rain and sensor noise over a finished picture, in place.</summary>
    public void Expose(Mat picture) => SensorNoise.Add(picture, weather, ref _random);

    public void Dispose() => _street?.Dispose();
}
