using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Live;

/// <summary>Section <c>Core:Live</c>.</summary>
internal sealed class LiveOptions
{
    public const string Section = "Core:Live";

    /// <summary>What was captured or stored within this time is live; everything before is history.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(15);
}
