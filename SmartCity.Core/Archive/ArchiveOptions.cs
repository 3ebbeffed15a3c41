using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Archive;

/// <summary>Section <c>Archive</c>.</summary>
public sealed class ArchiveOptions
{
    public const string Section = "Archive";

    /// <summary>Longest time that a sighting waits to be written to the archive.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RollAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Size at which an object is full, in bytes of Parquet.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public long RollBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>How long after the end of a UTC day its small objects are merged; objects that are added later are merged an hour later.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan CompactAfter { get; set; } = TimeSpan.FromHours(2);

    /// <summary>Size of the files that a day is compacted into, in bytes of Parquet.</summary>
    [Range(64 * 1024, 4L * 1024 * 1024 * 1024)]
    public long CompactBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>How long earlier states of the lake's tables can be asked for.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan KeepSnapshots { get; set; } = TimeSpan.FromDays(3);
}
