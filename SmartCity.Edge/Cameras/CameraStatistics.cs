using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Cameras;

/// <summary>How a camera's source is.</summary>
public enum CameraState
{
    Connecting,
    Streaming,
    Lost,

    /// <summary>Frames come, and looking for plates in them fails.</summary>
    Failing,
    Ended,
}

/// <summary>What one camera did since start. Thread-safe.</summary>
public sealed class CameraStatistics(string stationId, string cameraId)
{
    private static readonly Counter<long> FramesRead = Telemetry.Meter.CreateCounter<long>("smartcity.edge.frames.read", "{frame}", "Frames in which plates were looked for.");
    private static readonly Counter<long> FramesDropped = Telemetry.Meter.CreateCounter<long>("smartcity.edge.frames.dropped", "{frame}", "Frames dropped because recognition had no time for them.");
    private static readonly Counter<long> FramesBad = Telemetry.Meter.CreateCounter<long>("smartcity.edge.frames.bad", "{frame}", "Frames and pictures that could not be decoded and were left out.");
    private static readonly Counter<long> Seen = Telemetry.Meter.CreateCounter<long>("smartcity.edge.sightings", "{sighting}", "Vehicles seen; the tag read says whether the plate was read.");

    private readonly KeyValuePair<string, object?> _station = new("station", stationId);
    private long _frames;
    private long _dropped;
    private long _read;
    private long _bad;
    private long _sightings;
    private long _unread;
    private long _truthRight;
    private long _truthTotal;
    private volatile bool _finished;
    private volatile Connection _connection = new(CameraState.Connecting, null);
    private volatile string? _fault;
    private volatile string? _badFrame;

    public string StationId { get; } = stationId;

    public string CameraId { get; } = cameraId;

    public long Frames => Interlocked.Read(ref _frames);

    public long Dropped => Interlocked.Read(ref _dropped);

    public long Sightings => Interlocked.Read(ref _sightings);

    public long Unread => Interlocked.Read(ref _unread);

    public CameraState State => Now.State;

    /// <summary>Why the source is lost or its frames can't be read; null when all is well.</summary>
    public string? Error => Now.Error;

    private Connection Now => _connection is { State: CameraState.Streaming } && _fault is { } fault ? new Connection(CameraState.Failing, fault) : _connection;

    public void Is(CameraState state, string? error = null) => _connection = new Connection(state, error);

    /// <summary>What keeps its frames from being read; null when they are.</summary>
    public void Fails(string? fault) => _fault = fault;

    /// <summary>True once the source has ended and all its frames were taken.</summary>
    public bool IsFinished => _finished;

    public void Finished() => _finished = true;

    public void FrameCaptured() => Interlocked.Increment(ref _frames);

    public void FrameDropped()
    {
        Interlocked.Increment(ref _dropped);
        FramesDropped.Add(1, _station);
    }

    /// <summary>A frame came that cannot be decoded.</summary>
    /// <param name="reason">What is wrong with it, in plain English.</param>
    public void FrameBad(string reason)
    {
        Interlocked.Increment(ref _bad);
        FramesBad.Add(1, _station);
        _badFrame = reason;
    }

    public void FrameRead()
    {
        Interlocked.Increment(ref _read);
        FramesRead.Add(1, _station);
    }

    public void Sighted(bool read)
    {
        Interlocked.Increment(ref _sightings);
        Seen.Add(1, _station, new KeyValuePair<string, object?>("read", read));
        if (!read)
        {
            Interlocked.Increment(ref _unread);
        }
    }

    /// <summary>A vehicle whose plate is known passed, and was or was not read right.</summary>
    public void Truth(bool right)
    {
        Interlocked.Increment(ref _truthTotal);
        if (right)
        {
            Interlocked.Increment(ref _truthRight);
        }
    }

    /// <param name="framesBefore">Frames at the last heartbeat.</param>
    public CameraHeartbeat Heartbeat(long framesBefore, TimeSpan since)
    {
        var connection = Now;
        var total = Interlocked.Read(ref _truthTotal);
        return new CameraHeartbeat
        {
            CameraId = CameraId,
            State = connection.State switch
            {
                CameraState.Connecting => "connecting",
                CameraState.Streaming => "streaming",
                CameraState.Lost => "lost",
                CameraState.Failing => "failing",
                _ => "ended",
            },
            // A camera that was started again counts from nothing.
            FramesPerSecond = Math.Round((Frames >= framesBefore ? Frames - framesBefore : Frames) / since.TotalSeconds, 2),
            FramesDropped = Dropped,
            FramesBad = Interlocked.Read(ref _bad),
            BadFrame = _badFrame,
            FramesRead = Interlocked.Read(ref _read),
            Sightings = Sightings,
            Unread = Unread,
            TruthRight = total == 0 ? null : Interlocked.Read(ref _truthRight),
            TruthTotal = total == 0 ? null : total,
            Error = connection.Error,
        };
    }

    private sealed record Connection(CameraState State, string? Error);
}

/// <summary>The statistics of every camera that this process serves.</summary>
public sealed class CameraBoard
{
    private readonly ConcurrentDictionary<string, CameraStatistics> _cameras = new(StringComparer.Ordinal);

    public CameraBoard(ServedStations stations)
    {
        foreach (var station in stations.All)
        {
            foreach (var camera in station.Cameras)
            {
                _cameras[camera.Id] = new CameraStatistics(station.Id, camera.Id);
            }
        }
    }

    public CameraStatistics this[string cameraId] => _cameras[cameraId];

    /// <summary>The statistics of a camera; null when there is none of this id.</summary>
    internal CameraStatistics? Find(string cameraId) => _cameras.GetValueOrDefault(cameraId);

    /// <summary>The statistics of a camera that starts; it goes on counting when it was there before.</summary>
    internal CameraStatistics Start(string stationId, string cameraId) =>
        _cameras.AddOrUpdate(cameraId, _ => new CameraStatistics(stationId, cameraId), (_, known) => known.StationId == stationId ? known : new CameraStatistics(stationId, cameraId));

    /// <summary>The camera is no more.</summary>
    internal void Remove(string cameraId) => _cameras.TryRemove(cameraId, out _);

    public IEnumerable<CameraStatistics> Of(string stationId) =>
        _cameras.Values.Where(c => c.StationId == stationId).OrderBy(c => c.CameraId, StringComparer.Ordinal);
}
