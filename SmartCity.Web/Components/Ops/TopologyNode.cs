using SmartCity.Contracts.Api;

namespace SmartCity.Web.Components.Ops;

/// <summary>A part of the pipeline as the topology draws it.</summary>
/// <param name="Key">The same for as long as the part exists.</param>
/// <param name="Kind">What it is, such as Edge.</param>
/// <param name="Name">Which one.</param>
/// <param name="Glance">The figures that one looks at first.</param>
/// <param name="Service">OpenTelemetry service whose traces tell more; null for what has none of its own.</param>
public sealed record TopologyNode(string Key, string Kind, string Name, NodeState State, IReadOnlyList<string> Glance, IReadOnlyList<Figure> Figures, string? Service);

/// <param name="At">A time, shown in the city's time zone; else the text.</param>
public sealed record Figure(string Name, string? Text, DateTimeOffset? At = null);

/// <summary>A station's three parts, and whether sightings flow.</summary>
public sealed record TopologyRow(StationStatus Station, TopologyNode Edge, TopologyNode Kafka, TopologyNode Mirror, bool Flows)
{
    private IEnumerable<string> States => [Edge.State.State, Kafka.State.State, Mirror.State.State];

    public bool IsHealthy => States.All(s => s == "healthy");

    /// <summary>Something is known to be wrong; what has not been heard of yet may be all right.</summary>
    public bool IsInTrouble => States.Any(s => s is "failed" or "degraded");
}
