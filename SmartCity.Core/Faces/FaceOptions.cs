using System.ComponentModel.DataAnnotations;
using SmartCity.Faces;

namespace SmartCity.Core.Faces;

/// <summary>Section <c>Core:Faces</c>: facial recognition, which is off unless somebody switches it on.</summary>
public sealed class FaceOptions
{
    public const string Section = "Core:Faces";

    /// <summary>Without it no route of faces exists and no edge gets an order. What is due to be destroyed is destroyed all the same.</summary>
    public bool Enabled { get; set; }

    /// <summary>The descriptor that watch-lists are made with, by its name in the models' catalogue. Edges with another one compute nothing.</summary>
    [Required]
    public string Descriptor { get; set; } = DescriptorCard.Usual;

    /// <summary>Folder of the models' files; null for those that the program was built with.</summary>
    public string? ModelsPath { get; set; }

    /// <summary>How long an edge goes on after an answer of the core.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:05:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Of one watch-list, those that wait for a second person included.</summary>
    [Range(1, 10_000)]
    public int MostEntries { get; set; } = 2_000;

    /// <summary>A deployment with more false alerts to be expected cannot be signed.</summary>
    [Range(0.01, 1_000.0)]
    public double MostFalseAlertsAnHour { get; set; } = 10;

    /// <summary>A match that nobody decided in this time is destroyed.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan Undecided { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long the picture of a confirmed match is kept.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan KeepConfirmed { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How often the core looks for what begins, ends, expires or is to be destroyed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);
}
