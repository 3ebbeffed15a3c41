using System.ComponentModel.DataAnnotations;

namespace SmartCity.Edge.Mirroring;

/// <summary>Section <c>Mirror</c>: which edges' Kafkas are carried to the core's.</summary>
public sealed class MirrorOptions
{
    public const string Section = "Mirror";

    /// <summary>Station ids; their Kafka is <c>ConnectionStrings:edge-kafka-{station}</c> or <c>ConnectionStrings:edge-kafka</c>.</summary>
    public IList<string> Stations { get; } = [];

    /// <summary>Records of a batch.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 500;

    /// <summary>How many bytes a partition keeps, if the core's broker deletes records that nobody has read; null for a real Kafka.</summary>
    [Range(1, long.MaxValue)]
    public long? CorePartitionBytes { get; set; }

    /// <summary>Consumer groups of the core that must have read a sighting before the broker may delete it; used with <see cref="CorePartitionBytes"/>.</summary>
    public IList<string> CoreReaders { get; } = [];
}
