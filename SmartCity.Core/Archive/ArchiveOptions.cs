using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Archive;

/// <summary>Section <c>Archive</c>.</summary>
public sealed class ArchiveOptions
{
    public const string Section = "Archive";

    /// <summary>The oldest sighting waits no longer than this for its object.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RollAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Sightings that fill an object; about 32 MB of Parquet.</summary>
    [Range(1_000, 2_000_000)]
    public int RollRows { get; set; } = 250_000;
}
