using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Alerts;

/// <summary>Section <c>Core:EdgeHotlist</c>: which hot-list entries the edges hold.</summary>
public sealed class EdgeHotlistOptions
{
    public const string Section = "Core:EdgeHotlist";

    /// <summary>Edges hold the entries from priority 1 to this one; with 0 they hold none.</summary>
    [Range(0, 5)]
    public int MostPriority { get; set; } = 1;

    /// <summary>How many entries an edge holds at most, the highest priority first.</summary>
    [Range(1, 2_000_000)]
    public int MostEntries { get; set; } = 500_000;

    /// <summary>How old the hot-list that the core sends to edges may be.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Refresh { get; set; } = TimeSpan.FromSeconds(10);
}
