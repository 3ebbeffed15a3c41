namespace SmartCity.Contracts;

/// <summary>Topic and header names. On the core, a topic of an edge arrives with its station in front: <c>{station}.sightings</c>.</summary>
public static class Topics
{
    public const string Sightings = "sightings";
    public const string StationHeartbeats = "station-heartbeats";
    public const string Alerts = "alerts";
    public const string DeadLetters = "dead-letters";

    /// <summary>What functions of the city file with a topic are told.</summary>
    public const string Events = "events";

    /// <summary>Subscription patterns of the core (librdkafka treats a leading ^ as a regular expression).</summary>
    public const string MirroredSightings = @"^.*\.sightings$";
    public const string MirroredHeartbeats = @"^.*\.station-heartbeats$";

    /// <summary>Whether the core writes to a topic: its own, and a station's sightings when a dead letter goes back there. Its rights in Kafka follow from this.</summary>
    public static bool IsWrittenByCore(string topic) => topic is Alerts or DeadLetters or Events || topic.EndsWith("." + Sightings, StringComparison.Ordinal);

    /// <summary>Name on the core of an edge's topic.</summary>
    public static string Mirrored(string station, string topic) => $"{station}.{topic}";
}

/// <summary>Consumer groups of the core.</summary>
public static class ConsumerGroups
{
    public const string Ingest = "core-ingest";

    /// <summary>Each core has a group of its own for heartbeats: this, the name of its machine and what no other process has.</summary>
    public const string Heartbeats = "core-heartbeats-";
}

public static class RecordHeaders
{
    public const string TraceParent = "traceparent";
    public const string TraceState = "tracestate";
    public const string ContentType = "content-type";
    public const string Schema = "schema";

    /// <summary>On a sighting: when the edge sent it, in Unix milliseconds by the edge's clock. A broker may write its own time on the record.</summary>
    public const string SentAt = "sent-at";

    /// <summary>On <see cref="Topics.DeadLetters"/>: where the record came from and why it could not be used.</summary>
    public const string SourceTopic = "source-topic";
    public const string SourcePartition = "source-partition";
    public const string SourceOffset = "source-offset";
    public const string Reason = "reason";

    /// <summary>On a record that is replayed from the dead letters: id of its dead letter.</summary>
    public const string DeadLetter = "dead-letter";

    public const string SightingSchema = "sighting/1";
    public const string Json = "application/json";
}
