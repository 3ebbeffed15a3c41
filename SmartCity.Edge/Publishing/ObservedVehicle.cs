using System.Diagnostics;
using SmartCity.Contracts;

namespace SmartCity.Edge.Publishing;

/// <summary>A sighting ready to be published, with its pictures as JPEG bytes and the trace that produced it.</summary>
public sealed record ObservedVehicle(Sighting Sighting, byte[]? EvidenceJpeg, byte[]? PatchJpeg, ActivityContext Trace)
{
    /// <summary>The sighting's revision before this one; null of the first.</summary>
    public Sighting? Corrects { get; init; }

    /// <summary>The edge's hot-list looks for it: it goes before others.</summary>
    public bool IsWanted { get; init; }
}
