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

    public double SightingsPerSecond { get; init; }

    /// <summary>Share 0–1 of the last interval's sightings that were read; null when there were none.</summary>
    public double? ReadRate { get; init; }

    public IReadOnlyList<CameraHeartbeat> Cameras { get; init; } = [];

    public string? DetectorVersion { get; init; }

    public string? ReaderVersion { get; init; }

    /// <summary>Inference device in use: cpu, cuda or tensorrt.</summary>
    public string? Device { get; init; }
}

public sealed record CameraHeartbeat
{
    public required string CameraId { get; init; }

    /// <summary>connecting, streaming, lost, ended.</summary>
    public required string State { get; init; }

    public double FramesPerSecond { get; init; }

    /// <summary>Frames dropped since start because recognition could not keep up.</summary>
    public long FramesDropped { get; init; }

    public long FramesRead { get; init; }

    public long Sightings { get; init; }

    public long Unread { get; init; }

    /// <summary>Where truth is known (simulated camera): vehicles read right and vehicles that passed, since start.</summary>
    public long? TruthRight { get; init; }

    public long? TruthTotal { get; init; }

    public string? Error { get; init; }
}
