using System.Text.Json.Serialization;

namespace SmartCity.Contracts.Api;

/// <summary><c>GET /api/ops</c>: the state of the pipeline. States are healthy, degraded, failed or unknown.</summary>
public sealed record OpsView
{
    public required DateTimeOffset At { get; init; }

    /// <summary>Worst first, then by id.</summary>
    public required IReadOnlyList<StationStatus> Stations { get; init; }

    public required IReadOnlyList<WorkerStatus> Workers { get; init; }
    public required CoreStatus Core { get; init; }
    public required KafkaStatus Kafka { get; init; }
    public required DatabaseStatus Database { get; init; }
    public required StorageStatus Storage { get; init; }
}

/// <summary>The state of a part of the pipeline.</summary>
/// <param name="State">healthy, degraded, failed, or unknown (nothing was heard or measured).</param>
/// <param name="Problems">What is wrong, in plain words.</param>
public sealed record NodeState(string State, IReadOnlyList<string> Problems);

/// <summary>A station's edge, its Kafka and what carries it to the core, as the core last heard of them.</summary>
public sealed record StationStatus
{
    public required string StationId { get; init; }
    public string? Name { get; init; }

    /// <summary>up (a heartbeat within 30 s), down, or unknown (never heard).</summary>
    public required string State { get; init; }

    public required NodeState Edge { get; init; }
    public required NodeState EdgeKafka { get; init; }
    public required NodeState Mirror { get; init; }

    public StationHeartbeat? Heartbeat { get; init; }

    /// <summary>Milliseconds that the newest heartbeat took from the edge, through both Kafkas, to the core. Null before the first.</summary>
    public double? LinkDelay { get; init; }

    /// <summary>Capture time of the newest sighting stored from this station.</summary>
    public DateTimeOffset? NewestSighting { get; init; }

    /// <summary>Sightings stored in the last minute.</summary>
    public long SightingsLastMinute { get; init; }

    /// <summary>Records a second that arrive on the core's topic of this station; null when not measured.</summary>
    public double? ArrivingPerSecond { get; init; }

    /// <summary>Seconds that the newest sighting on the core's side is behind the newest in the station's Kafka; null when not measured.</summary>
    public double? BehindSeconds { get; init; }

    /// <summary>Records on the core's topic of this station not yet stored; null when not known.</summary>
    public long? Lag { get; init; }

    /// <summary>Sightings that the station's edge has published, that have not arrived and are no longer on their way.</summary>
    public long Missing { get; init; }
}

public sealed record WorkerStatus(string Name, string State, string? Detail, DateTimeOffset? LastSuccess);

public sealed record CoreStatus
{
    public required NodeState Node { get; init; }

    /// <summary>OpenTelemetry <c>service.name</c>.</summary>
    public string? Service { get; init; }

    public double CpuPercent { get; init; }
    public long ResidentBytes { get; init; }
    public double SightingsPerSecond { get; init; }
    public long Lag { get; init; }
    public long SightingsStored { get; init; }
    public long Duplicates { get; init; }

    /// <summary>Dead letters that wait for a person.</summary>
    public long DeadLetters { get; init; }

    public long AlertsRaised { get; init; }
    public long ArchivedRows { get; init; }
    public long ArchivedBytes { get; init; }
    public long ArchivedObjects { get; init; }

    /// <summary>Sightings that are stored but not yet in an object of the archive.</summary>
    public long ArchiveWaiting { get; init; }

    /// <summary>Capture time of the newest sighting stored.</summary>
    public DateTimeOffset? NewestSighting { get; init; }

    /// <summary>Milliseconds from capture to stored over the last minute; null if nothing arrived.</summary>
    public double? CaptureToStoredP50 { get; init; }
    public double? CaptureToStoredP99 { get; init; }
}

/// <summary>The core's Kafka as of <see cref="MeasuredAt"/>.</summary>
public sealed record KafkaStatus
{
    public required NodeState Node { get; init; }

    /// <summary>Null until it was measured for the first time.</summary>
    public DateTimeOffset? MeasuredAt { get; init; }

    public int Brokers { get; init; }

    /// <summary>Records a second written to all topics of the product.</summary>
    public double? RecordsPerSecond { get; init; }

    public IReadOnlyList<TopicStatus> Topics { get; init; } = [];
    public IReadOnlyList<GroupStatus> Groups { get; init; } = [];
}

/// <param name="Records">Records that the topic keeps.</param>
/// <param name="End">Sum of the partitions' next offsets.</param>
/// <param name="RecordsPerSecond">Between the last two measurements; null at the first.</param>
/// <param name="UnderReplicated">Partitions with fewer replicas in sync than they should have.</param>
public sealed record TopicStatus(string Name, int Partitions, long Records, long End, double? RecordsPerSecond, int UnderReplicated, IReadOnlyList<PartitionStatus> Ends);

public sealed record PartitionStatus(int Partition, long Begin, long End);

/// <summary>A consumer group's place in a topic, by what it committed.</summary>
/// <param name="Lag">Records after the committed offset; null when the group has committed nothing there.</param>
public sealed record GroupStatus(string Group, string Topic, int Partitions, long? Committed, long End, long? Lag);

/// <summary>The core's Postgres.</summary>
public sealed record DatabaseStatus
{
    public required NodeState Node { get; init; }
    public DateTimeOffset? MeasuredAt { get; init; }
    public string? Version { get; init; }
    public long SizeBytes { get; init; }

    /// <summary>Connections to this database, and what the server allows altogether.</summary>
    public int Connections { get; init; }
    public int MaximumConnections { get; init; }

    /// <summary>Seconds that the oldest transaction has been open; null when none is.</summary>
    public double? OldestTransactionSeconds { get; init; }

    /// <summary>Committed a second between the last two measurements.</summary>
    public double? TransactionsPerSecond { get; init; }

    /// <summary>Share 0–1 of reads that found their page in memory, since the server's statistics began.</summary>
    public double? CacheHits { get; init; }

    /// <summary>The largest first; a partitioned table as one.</summary>
    public IReadOnlyList<TableStatus> Tables { get; init; } = [];
}

/// <param name="Bytes">With indexes and partitions.</param>
/// <param name="Rows">Postgres' own estimate; null before its first look.</param>
/// <param name="Partitions">Newest first; empty when it has none.</param>
public sealed record TableStatus(string Name, long Bytes, long? Rows, IReadOnlyList<TablePartition> Partitions);

public sealed record TablePartition(string Name, long Bytes, long? Rows);

/// <summary>The object store and the archive in it.</summary>
public sealed record StorageStatus
{
    public required NodeState Node { get; init; }
    public DateTimeOffset? MeasuredAt { get; init; }

    /// <summary>folder or s3.</summary>
    public required string Kind { get; init; }

    /// <summary>Objects by the first part of their key; counted from time to time.</summary>
    public IReadOnlyList<StoredObjects> Objects { get; init; } = [];

    /// <summary>The disk that a folder lies on; null with S3.</summary>
    public DiskStatus? Disk { get; init; }

    /// <summary>When the archive last wrote an object.</summary>
    public DateTimeOffset? ArchivedAt { get; init; }
}

public sealed record StoredObjects(string Prefix, long Objects, long Bytes);

public sealed record DiskStatus(string Path, long FreeBytes, long TotalBytes);

/// <summary>A camera of <c>GET /api/ops/cameras</c>.</summary>
public sealed record CameraStatus
{
    public required string CameraId { get; init; }
    public required string StationId { get; init; }
    public string? StationName { get; init; }
    public int? Lane { get; init; }
    public string? Direction { get; init; }

    /// <summary>connecting, streaming, lost, failing or ended, as its edge says; silent if its edge sends no heartbeats; unknown if it never sent one.</summary>
    public required string State { get; init; }

    /// <summary>Its health: healthy, degraded, failed or unknown.</summary>
    public required string Health { get; init; }

    /// <summary>Over the edge's last ten seconds.</summary>
    public double? FramesPerSecond { get; init; }

    /// <summary>Since the edge started.</summary>
    public long? FramesDropped { get; init; }

    /// <summary>Frames left out since the edge started because they could not be decoded.</summary>
    public long? FramesBad { get; init; }

    /// <summary>What was wrong with the last of them, in plain English; null when there was none.</summary>
    public string? BadFrame { get; init; }
    public long? FramesRead { get; init; }
    public long? Sightings { get; init; }

    /// <summary>Share 0–1 of the sightings that were read, since the edge started; null when there were none.</summary>
    public double? ReadRate { get; init; }

    /// <summary>For a simulated camera, whose plates are known: share 0–1 of the vehicles that were read right.</summary>
    public double? ReadRight { get; init; }

    /// <summary>The reason for its health, in plain English; null if it is healthy.</summary>
    public string? Error { get; init; }

    /// <summary>Capture time of its newest picture, <c>GET /api/cameras/{id}/picture</c>; null when its edge has sent none since it started.</summary>
    public DateTimeOffset? PictureAt { get; init; }

    /// <summary>Time of its edge's heartbeat.</summary>
    public DateTimeOffset? ReportedAt { get; init; }
}

/// <summary><c>GET /api/ops/history</c>: a minute of ingest. All figures are null where no core was running.</summary>
/// <param name="Minute">Start of the minute.</param>
/// <param name="Lag">Records that waited in Kafka at the end of the minute.</param>
/// <param name="P50">Milliseconds from capture to stored; null when nothing was stored.</param>
public sealed record OpsMinute(DateTimeOffset Minute, long? Stored, double? PerSecond, long? Lag, double? P50, double? P99, long? DeadLetters, double? CpuPercent);

/// <summary>A record that could not be used, in <c>GET /api/dead-letters</c>.</summary>
public sealed record DeadLetterView
{
    public required Guid Id { get; init; }
    public required string Topic { get; init; }
    public required int Partition { get; init; }
    public required long Offset { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
    public required string Reason { get; init; }

    /// <summary>open, replaying (sent back, not yet read again), replayed or discarded.</summary>
    public required string State { get; init; }

    /// <summary>The result of the last replay, or why it was discarded; null if nothing was done yet.</summary>
    public string? Result { get; init; }

    /// <summary>How often it was replayed.</summary>
    public int Replays { get; init; }

    /// <summary>Who replayed or discarded it last, and when.</summary>
    public string? By { get; init; }
    public DateTimeOffset? DoneAt { get; init; }

    /// <summary>Bytes of the record's value.</summary>
    public long Bytes { get; init; }
}

/// <summary>A dead letter with its original bytes in base64: <c>GET /api/dead-letters/{id}</c>.</summary>
public sealed record DeadLetterDetail(DeadLetterView Letter, byte[]? Key, byte[]? Value, IReadOnlyList<DeadLetterHeader> Headers);

public sealed record DeadLetterHeader(string Name, byte[] Value);

/// <summary>The body of <c>POST /api/dead-letters/{id}/discard</c>.</summary>
/// <param name="Reason">Why the record is not needed.</param>
public sealed record DeadLetterDiscard(string? Reason);

/// <summary>The body of <c>POST /api/dead-letters/replay</c>: which open dead letters to send back.</summary>
/// <param name="Reason">A part of the reason.</param>
/// <param name="From">Only those recorded at or after this time.</param>
public sealed record DeadLetterSelection(string? Topic = null, string? Reason = null, [property: JsonConverter(typeof(BeginConverter))] DateTimeOffset? From = null, [property: JsonConverter(typeof(EndConverter))] DateTimeOffset? To = null);

/// <param name="Sent">Records sent back.</param>
/// <param name="Left">Open dead letters of the selection that are left, because a call sends at most a thousand.</param>
public sealed record DeadLetterReplay(int Sent, long Left);
