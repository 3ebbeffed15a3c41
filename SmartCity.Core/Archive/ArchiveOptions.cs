using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Archive;

/// <summary>Section <c>Archive</c>.</summary>
public sealed class ArchiveOptions
{
    public const string Section = "Archive";

    /// <summary>The oldest sighting waits no longer than this for its object.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RollAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of Parquet that fill an object.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public long RollBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>How long after its end a UTC day's small objects are put together; what comes in later is put together an hour later.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan CompactAfter { get; set; } = TimeSpan.FromHours(2);
}
