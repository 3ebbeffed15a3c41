using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Passages;

/// <summary>Section <c>Core:Passages</c>.</summary>
public sealed class PassageOptions
{
    public const string Section = "Core:Passages";

    /// <summary>
    /// Two sightings of a plate at a station are one passage when no more than this lies between them. One minute spans all cameras of
    /// a station at walking pace and is shorter than any way to drive round and pass again.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Gap { get; set; } = TimeSpan.FromSeconds(60);
}
