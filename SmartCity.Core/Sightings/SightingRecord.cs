using System.Diagnostics;
using SmartCity.Contracts;

namespace SmartCity.Core.Sightings;

/// <summary>A sighting with the Kafka record that brought it. Compared by reference: a replay is another record of the same sighting.</summary>
public sealed class SightingRecord(Sighting sighting, RecordPosition position, ActivityContext trace)
{
    public Sighting Sighting { get; } = sighting;

    public RecordPosition Position { get; } = position;

    /// <summary>Context of the edge's span; default when the record carries none.</summary>
    public ActivityContext Trace { get; } = trace;

    /// <summary>When the edge sent it, by the edge's clock; null if the record does not say.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>The dead letter that the record was replayed from; null when it was not.</summary>
    public Guid? ReplayOf { get; init; }

    /// <summary>32 hexadecimal digits, or null.</summary>
    public string? TraceId { get; } = trace == default ? null : trace.TraceId.ToHexString();
}

/// <summary>Where a record lies in Kafka.</summary>
public readonly record struct RecordPosition(string Topic, int Partition, long Offset);
