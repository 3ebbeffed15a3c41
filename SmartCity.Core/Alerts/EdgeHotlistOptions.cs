using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Alerts;

/// <summary>Section <c>Core:EdgeHotlist</c>: which entries the edges hold.</summary>
public sealed class EdgeHotlistOptions
{
    public const string Section = "Core:EdgeHotlist";

    /// <summary>Entries of priority 1 up to this one; 0: edges hold none.</summary>
    [Range(0, 5)]
    public int MostPriority { get; set; } = 1;

    /// <summary>Entries that an edge holds at most, those of the highest priority first.</summary>
    [Range(1, 2_000_000)]
    public int MostEntries { get; set; } = 500_000;

    /// <summary>How old may be what an edge is told.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Refresh { get; set; } = TimeSpan.FromSeconds(10);
}
