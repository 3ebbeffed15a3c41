namespace SmartCity.Core;

/// <summary>Section <c>Core</c>.</summary>
public sealed class CoreOptions
{
    public const string Section = "Core";

    /// <summary>The city file; null is the demo city.</summary>
    public string? CityFile { get; set; }

    /// <summary>Whether to fill an empty registry with the demo city's 100,000 vehicles.</summary>
    public bool DemoRegistry { get; set; }
}
