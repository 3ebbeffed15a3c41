using System.Collections.Concurrent;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Mirroring;

/// <summary>How the mirror of each station's sightings fares. Thread-safe.</summary>
internal sealed class MirrorBoard
{
    private readonly ConcurrentDictionary<string, MirrorStatistics> _stations = new(StringComparer.Ordinal);

    /// <summary>Null for a station that this process does not mirror.</summary>
    public MirrorStatistics? Find(string stationId) => _stations.GetValueOrDefault(stationId);

    public MirrorStatistics Of(string stationId) => _stations.GetOrAdd(stationId, static _ => new MirrorStatistics());
}

/// <summary>What one link did since start.</summary>
internal sealed class MirrorStatistics
{
    private readonly LastMinute _latencies = new();
    private long _records;
    private long _lag;

    public long Records => Interlocked.Read(ref _records);

    /// <summary>Records of the source not yet carried.</summary>
    public long Lag
    {
        get => Interlocked.Read(ref _lag);
        set => Interlocked.Exchange(ref _lag, value);
    }

    /// <param name="age">From the record's timestamp to its delivery.</param>
    public void Carried(DateTimeOffset now, TimeSpan age)
    {
        Interlocked.Increment(ref _records);
        _latencies.Add(now, age);
    }

    /// <summary>Records and latencies of the last minute.</summary>
    public MinuteSummary Summarise(DateTimeOffset now) => _latencies.Summarise(now);
}
