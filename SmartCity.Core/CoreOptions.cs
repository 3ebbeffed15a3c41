using SmartCity.Contracts.Cities;

namespace SmartCity.Core;

/// <summary>Section <c>Core</c>.</summary>
public sealed class CoreOptions
{
    public const string Section = "Core";

    /// <summary>The city file; null is the demo city.</summary>
    public string? CityFile { get; set; }

    /// <summary>Whether to fill an empty registry with the demo city's 100,000 vehicles, where every camera is simulated.</summary>
    public bool DemoRegistry { get; set; }

    /// <summary>Whether invented vehicles do no harm: they are asked for, and no camera of the city sees real plates.</summary>
    public bool IsDemo() => DemoRegistry && City.Load(CityFile).Stations.All(s => s.Cameras.All(c => c.Source.StartsWith("simulated:", StringComparison.Ordinal)));
}
