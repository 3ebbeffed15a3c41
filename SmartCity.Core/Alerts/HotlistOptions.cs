using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Alerts;

/// <summary>Section <c>Core:Hotlist</c>.</summary>
public sealed class HotlistOptions
{
    public const string Section = "Core:Hotlist";

    /// <summary>Share 0–1 of recent passages that a pattern may match at most; one that would match more is refused. With 1, none is.</summary>
    [Range(0.0001, 1)]
    public double MostShare { get; set; } = 0.01;

    /// <summary>How many patterns with ? or * the list may hold: every sighting is compared with each of them.</summary>
    [Range(1, 100_000)]
    public int MostPatterns { get; set; } = 1_000;
}
