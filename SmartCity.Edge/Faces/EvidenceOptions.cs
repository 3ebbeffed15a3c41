using System.ComponentModel.DataAnnotations;
using SmartCity.Contracts;

namespace SmartCity.Edge.Faces;

/// <summary>Section <c>Edge:Evidence</c>: what is done to every picture before it leaves the edge.</summary>
public sealed class EvidenceOptions
{
    public const string Section = "Edge:Evidence";

    /// <summary>Whether faces are blurred. A plate that was read never is.</summary>
    public bool BlurFaces { get; set; } = true;

    /// <summary>A picture is looked at with at most this many pixels a side: more find smaller faces and take longer.</summary>
    [Range(320, 4096)]
    public int FaceSide { get; set; } = 768;

    /// <summary>What scores less (0–1) is no face. Lower than for a comparison, because a spot that is blurred needlessly costs nothing.</summary>
    [Range(0.3, 0.95)]
    public double FaceScore { get; set; } = 0.6;

    /// <summary>
    /// How many frames just before a sighting, and as many after it, are kept beside its picture, small and masked and blurred as it is. 0 for none: they show more of the street than the
    /// sighting needs.
    /// </summary>
    [Range(0, EdgeStrip.MostEachSide)]
    public int FramesAround { get; set; }

    /// <summary>Time between two of these frames.</summary>
    [Range(typeof(TimeSpan), "00:00:00.040", "00:00:05")]
    public TimeSpan FramesAroundEvery { get; set; } = TimeSpan.FromMilliseconds(200);
}
