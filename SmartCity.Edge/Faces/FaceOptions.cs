using System.ComponentModel.DataAnnotations;
using SmartCity.Faces;

namespace SmartCity.Edge.Faces;

/// <summary>Section <c>Edge:Faces</c>: looking for people on a watch-list while a deployment is in force.</summary>
public sealed class FaceOptions
{
    public const string Section = "Edge:Faces";

    /// <summary>Whether the edge asks the core for deployments at all. It needs a build with <c>-p:Faces=true</c>.</summary>
    public bool Enabled { get; set; }

    /// <summary>The descriptor, a row of <c>models/faces</c>.</summary>
    [Required]
    public string Descriptor { get; set; } = DescriptorCard.Usual;

    /// <summary>Folder of the models' files; null for the one beside the program.</summary>
    public string? ModelsPath { get; set; }

    /// <summary>How often the edge tells the core what it did and asks what to do.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A frame is looked at with at most this many pixels a side.</summary>
    [Range(320, 4096)]
    public int DetectionSide { get; set; } = FaceSearch.Usual.LongestSide;

    /// <summary>What scores less (0–1) is no face.</summary>
    [Range(0.3, 0.95)]
    public double DetectionThreshold { get; set; } = FaceSearch.Usual.LeastScore;

    /// <summary>Least time from one look at a camera's frames to the next.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:02")]
    public TimeSpan LookEvery { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How many good looks of a pass are pooled before they are compared with the list.</summary>
    [Range(3, 10)]
    public int Looks { get; set; } = 3;
}
