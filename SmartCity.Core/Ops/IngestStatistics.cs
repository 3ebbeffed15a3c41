using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SmartCity.Core.Sightings;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Ops;

/// <summary>What ingest did, as metrics and, for the Ops page, over the last minute.</summary>
internal sealed class IngestStatistics(TimeProvider time)
{
    private static readonly Counter<long> Stored = Telemetry.Meter.CreateCounter<long>("smartcity.core.sightings.stored", "{sighting}");
    private static readonly Counter<long> Duplicates = Telemetry.Meter.CreateCounter<long>("smartcity.core.sightings.duplicate", "{sighting}");
    private static readonly Counter<long> DeadLetters = Telemetry.Meter.CreateCounter<long>("smartcity.core.dead_letters", "{record}");
    private static readonly Histogram<double> CaptureToStored = Telemetry.Meter.CreateHistogram<double>("smartcity.core.capture_to_stored", "s");

    private readonly LastMinute _all = new();
    private readonly ConcurrentDictionary<string, LastMinute> _stations = new(StringComparer.Ordinal);
    private long _alerts;

    /// <summary>Set by the consumer that reads sightings.</summary>
    public Func<IReadOnlyList<PartitionLag>> LagSource { get; set; } = static () => [];

    /// <summary>Alerts raised since start.</summary>
    public long Alerts => Interlocked.Read(ref _alerts);

    public LastMinute All => _all;

    public void Add(IngestResult result, int deadLetters)
    {
        Stored.Add(result.Stored.Count);
        Duplicates.Add(result.Duplicates);
        DeadLetters.Add(deadLetters);
        Interlocked.Add(ref _alerts, result.Alerts.Count);
        var now = time.GetUtcNow();
        foreach (var record in result.Stored)
        {
            var age = now - record.Sighting.CapturedAt;
            CaptureToStored.Record(age.TotalSeconds);
            _all.Add(now, age);
            _stations.GetOrAdd(record.Sighting.StationId, static _ => new LastMinute()).Add(now, age);
        }
    }

    public long LastMinuteOf(string station) => _stations.TryGetValue(station, out var minute) ? minute.Summarise(time.GetUtcNow()).Count : 0;

    public MinuteSummary Summarise() => _all.Summarise(time.GetUtcNow());
}

/// <param name="P50">Milliseconds; null when nothing came.</param>
internal readonly record struct MinuteSummary(long Count, double? P50, double? P99);

/// <summary>Counts and ages of the last sixty seconds in one slot a second; ages in buckets 9 % wide.</summary>
internal sealed class LastMinute
{
    private const int Seconds = 60;
    private const int BucketsPerDoubling = 8;
    private const int Buckets = 32 * BucketsPerDoubling;

    private readonly Lock _lock = new();
    private readonly long[] _second = new long[Seconds];
    private readonly int[][] _counts = [.. Enumerable.Range(0, Seconds).Select(_ => new int[Buckets])];

    public void Add(DateTimeOffset now, TimeSpan age)
    {
        var second = now.ToUnixTimeSeconds();
        var slot = (int)(second % Seconds);
        var bucket = Math.Clamp((int)(Math.Log2(Math.Max(1, age.TotalMilliseconds)) * BucketsPerDoubling), 0, Buckets - 1);
        lock (_lock)
        {
            if (_second[slot] != second)
            {
                _second[slot] = second;
                Array.Clear(_counts[slot]);
            }

            _counts[slot][bucket]++;
        }
    }

    public MinuteSummary Summarise(DateTimeOffset now)
    {
        var second = now.ToUnixTimeSeconds();
        var sum = new long[Buckets];
        lock (_lock)
        {
            for (var slot = 0; slot < Seconds; slot++)
            {
                if (second - _second[slot] < Seconds)
                {
                    for (var b = 0; b < Buckets; b++)
                    {
                        sum[b] += _counts[slot][b];
                    }
                }
            }
        }

        var count = sum.Sum();
        return new MinuteSummary(count, Quantile(sum, count, 0.50), Quantile(sum, count, 0.99));
    }

    private static double? Quantile(long[] counts, long total, double quantile)
    {
        var rank = (long)Math.Ceiling(total * quantile);
        long seen = 0;
        for (var b = 0; b < counts.Length; b++)
        {
            seen += counts[b];
            if (seen >= rank && seen > 0)
            {
                return Math.Round(Math.Pow(2, (b + 1.0) / BucketsPerDoubling), 1);
            }
        }

        return null;
    }
}
