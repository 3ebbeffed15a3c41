using SmartCity.Contracts.Models;

namespace SmartCity.Contracts;

/// <summary>What an edge says of itself every ten seconds on <see cref="Topics.StationHeartbeats"/>. Rates are over the last interval.</summary>
public sealed record StationHeartbeat
{
    public required string StationId { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Percent of one core that the edge's process used.</summary>
    public double CpuPercent { get; init; }

    public long ResidentBytes { get; init; }

    public long DiskFreeBytes { get; init; }

    /// <summary>Sightings in the spool that Kafka or the object store has not acknowledged yet.</summary>
    public long SpoolDepth { get; init; }

    public long SpoolBytes { get; init; }

    /// <summary>Evidence pictures shed since start because the disk was full.</summary>
    public long PicturesShed { get; init; }

    /// <summary>Evidence pictures that the object store does not have yet; their sightings go before them.</summary>
    public long PicturesWaiting { get; init; }

    /// <summary>Evidence pictures that the object store refused several times; the edge tries again now and then.</summary>
    public long PicturesSetAside { get; init; }

    /// <summary>What the core has of the sightings in the spool; null until the core was asked.</summary>
    public AtCoreHeartbeat? AtCore { get; init; }

    /// <summary>
    /// By hour of capture, how many of the sightings in the spool the station's Kafka has acknowledged: the hours that changed since the heartbeat before,
    /// and now and then all of them. Null from an edge that does not say.
    /// </summary>
    public IReadOnlyList<PublishedHour>? Published { get; init; }

    public double SightingsPerSecond { get; init; }

    /// <summary>Share 0–1 of the last interval's sightings that were read; null when there were none.</summary>
    public double? ReadRate { get; init; }

    public IReadOnlyList<CameraHeartbeat> Cameras { get; init => field = value ?? []; } = [];

    /// <summary>Problems of this station in the edge's process, in plain English.</summary>
    public IReadOnlyList<string> Problems { get; init => field = value ?? []; } = [];

    /// <summary>The station's own Kafka; null from an edge that does not say.</summary>
    public EdgeKafkaHeartbeat? Kafka { get; init; }

    /// <summary>What carries this station's sightings to the core in the edge's process; null where something else does.</summary>
    public MirrorHeartbeat? Mirror { get; init; }

    /// <summary>The hot-list that the edge holds; null from an edge that holds none or does not say.</summary>
    public HotlistHeartbeat? Hotlist { get; init; }

    /// <summary>How far the edge's own clock can be trusted; null where nothing knows, and where no camera is timed by it.</summary>
    public ClockHeartbeat? Clock { get; init; }

    /// <summary>OpenTelemetry <c>service.name</c> of the edge's process.</summary>
    public string? Service { get; init; }

    public string? DetectorVersion { get; init; }

    public string? ReaderVersion { get; init; }

    /// <summary>Inference device in use: cpu, cuda or tensorrt.</summary>
    public string? Device { get; init; }

    /// <summary>The models that the core may replace; null from an edge that does not say.</summary>
    public IReadOnlyList<ModelHeartbeat>? Models { get; init; }
}

public sealed record CameraHeartbeat
{
    public required string CameraId { get; init; }

    /// <summary>connecting, streaming, lost, failing (frames come and looking for plates in them fails), ended.</summary>
    public required string State { get; init; }

    public double FramesPerSecond { get; init; }

    /// <summary>Frames dropped since start because recognition could not keep up.</summary>
    public long FramesDropped { get; init; }

    /// <summary>Frames left out since start because they could not be decoded.</summary>
    public long FramesBad { get; init; }

    /// <summary>What was wrong with the last of them, in plain English; null when there was none.</summary>
    public string? BadFrame { get; init; }

    public long FramesRead { get; init; }

    public long Sightings { get; init; }

    public long Unread { get; init; }

    /// <summary>For a simulated camera, whose plates are known: vehicles read right, and vehicles that passed, since start.</summary>
    public long? TruthRight { get; init; }

    public long? TruthTotal { get; init; }

    /// <summary>Capture time of its newest picture in the object store; null when none was put there since start.</summary>
    public DateTimeOffset? PictureAt { get; init; }

    public string? Error { get; init; }
}

/// <summary>Topic <see cref="Topics.Sightings"/> of a station's own Kafka.</summary>
public sealed record EdgeKafkaHeartbeat
{
    /// <summary>Records that the topic keeps.</summary>
    public long Records { get; init; }

    /// <summary>Sum of the partitions' next offsets: records ever written.</summary>
    public long End { get; init; }

    /// <summary>Records acknowledged a second over the last interval.</summary>
    public double RecordsPerSecond { get; init; }

    /// <summary>Capture time of the newest sighting that it acknowledged since the edge started.</summary>
    public DateTimeOffset? Newest { get; init; }

    /// <summary>Why Kafka could not be asked; the figures above are then older. Null if it answered.</summary>
    public string? Error { get; init; }
}

/// <summary>The edge's count of a station's sightings beside the core's.</summary>
public sealed record AtCoreHeartbeat
{
    /// <summary>When the core was asked.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Sightings in the spool that the station's Kafka has acknowledged.</summary>
    public long Kept { get; init; }

    /// <summary>How many of these the core does not have yet that may still be on their way.</summary>
    public long OnTheWay { get; init; }

    /// <summary>How many of these the core does not have; the edge sends them again.</summary>
    public long Missing { get; init; }
}

/// <summary>What a station's Kafka has acknowledged of an hour.</summary>
/// <param name="From">The beginning of the hour of capture, UTC.</param>
/// <param name="Count">Sightings; later revisions of one do not count.</param>
/// <param name="SentAt">When the last of them was acknowledged, by the edge's clock.</param>
public sealed record PublishedHour(DateTimeOffset From, long Count, DateTimeOffset SentAt)
{
    /// <summary>The beginning of the hour in which a time lies.</summary>
    public static DateTimeOffset HourOf(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
}

/// <summary>The edge's own mirror, topic <see cref="Topics.Sightings"/>.</summary>
public sealed record MirrorHeartbeat
{
    /// <summary>Records carried since start.</summary>
    public long Records { get; init; }

    /// <summary>Records carried a second over the last interval.</summary>
    public double RecordsPerSecond { get; init; }

    /// <summary>Records of the station's Kafka not yet carried.</summary>
    public long Lag { get; init; }

    /// <summary>Milliseconds from a record's timestamp (when the edge sent it) to its delivery on the core, over the last minute; null when nothing was carried.</summary>
    public double? LatencyP50 { get; init; }

    public double? LatencyP99 { get; init; }

    public string? Error { get; init; }
}

/// <summary>The clock of an edge's machine.</summary>
public sealed record ClockHeartbeat
{
    /// <summary>Whether it follows a reference and is near enough to it.</summary>
    public required bool Synchronised { get; init; }

    /// <summary>How far it is ahead of (above 0) or behind its reference; null when that is not known.</summary>
    public double? OffsetMilliseconds { get; init; }

    /// <summary>By how much the reference itself may be wrong; it grows while none is heard. Null when that is not known.</summary>
    public double? UncertaintyMilliseconds { get; init; }

    /// <summary>What says so, such as <c>chrony, from 192.0.2.1</c> or <c>kernel</c>.</summary>
    public required string Source { get; init; }
}

/// <summary>The hot-list at the edge. All but <see cref="Matches"/> is of the edge's process.</summary>
public sealed record HotlistHeartbeat
{
    /// <summary>Entries that the edge holds.</summary>
    public int Entries { get; init; }

    /// <summary>When the core last confirmed the entries; null before the first time.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Sightings of this station that matched an entry, since start; a sighting counts once for each entry.</summary>
    public long Matches { get; init; }

    /// <summary>Deliveries that wait for the site's own receivers.</summary>
    public long Waiting { get; init; }

    /// <summary>What is wrong, in plain English; null if nothing is.</summary>
    public string? Error { get; init; }
}
