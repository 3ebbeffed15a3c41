using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SmartCity.Core.Sightings;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Ops;

/// <summary>What ingest did, as metrics and, for the Ops page, over the last minute.</summary>
internal sealed class IngestStatistics(TimeProvider time)
{
    private static readonly Counter<long> Stored = Telemetry.Meter.CreateCounter<long>("smartcity.core.sightings.stored", "{sighting}", "Sightings stored for the first time.");
    private static readonly Counter<long> Duplicates = Telemetry.Meter.CreateCounter<long>("smartcity.core.sightings.duplicate", "{sighting}", "Sightings that had come before; those that a batch brings when it is tried again are none.");
    private static readonly Counter<long> OddIds = Telemetry.Meter.CreateCounter<long>("smartcity.core.sightings.odd_ids", "{sighting}", "Stored sightings whose id says another time than that of capture, by station: no other batch is stored beside one that has such a sighting.");
    private static readonly Counter<long> DeadLetters = Telemetry.Meter.CreateCounter<long>("smartcity.core.dead_letters", "{record}", "Records that could not be used.");
    private static readonly Histogram<double> CaptureToStored = Telemetry.Meter.CreateHistogram<double>("smartcity.core.capture_to_stored", "s", "From capture at the camera to the commit.", advice: Telemetry.Delays);
    private static readonly Counter<double> Charged = Telemetry.Meter.CreateCounter<double>("smartcity.core.charged", "{currency_unit}", "What was charged, by scheme and currency; reversals are not taken off.");
    private static readonly Counter<long> Raised = Telemetry.Meter.CreateCounter<long>("smartcity.core.alerts", "{alert}", "Alerts raised.");
    private static readonly Gauge<long> Lag = Telemetry.Meter.CreateGauge<long>("smartcity.core.lag", "{record}", "Records in Kafka that are not stored yet.");

    private readonly LastMinute _all = new();
    private readonly ConcurrentDictionary<string, LastMinute> _stations = new(StringComparer.Ordinal);
    private long _alerts;
    private long _deadLetters;

    /// <summary>Set by the consumer that reads sightings.</summary>
    public Func<IReadOnlyList<PartitionLag>> LagSource { get; set; } = static () => [];

    /// <summary>Alerts raised since start.</summary>
    public long Alerts => Interlocked.Read(ref _alerts);

    /// <summary>Records since start that could not be used.</summary>
    public long DeadLetterCount => Interlocked.Read(ref _deadLetters);

    public LastMinute All => _all;

    /// <param name="again">The batch was tried before: what that try had stored was not counted.</param>
    public void Add(IngestResult result, int deadLetters, bool again = false)
    {
        IReadOnlyList<SightingRecord> stored = again ? [.. result.Stored, .. result.Repeated.Where(r => r.Sighting.Revision == 0).DistinctBy(r => r.Sighting.Id)] : result.Stored;
        Stored.Add(stored.Count);
        Duplicates.Add(result.Duplicates);
        DeadLetters.Add(deadLetters);
        Interlocked.Add(ref _alerts, result.Alerts.Count);
        Interlocked.Add(ref _deadLetters, deadLetters);
        Raised.Add(result.Alerts.Count);
        Lag.Record(LagSource().Sum(l => l.Records));
        foreach (var charge in result.Charges.Where(c => c.Kind == "charge"))
        {
            Charged.Add((double)charge.Amount, new("scheme", charge.Scheme), new("currency", charge.Currency));
        }

        var now = time.GetUtcNow();
        foreach (var record in stored)
        {
            var age = now - record.Sighting.CapturedAt;
            CaptureToStored.Record(age.TotalSeconds);
            if (SightingDays.Made(record.Sighting.Id) != record.Sighting.CapturedAt)
            {
                OddIds.Add(1, new KeyValuePair<string, object?>("station", record.Sighting.StationId));
            }

            _all.Add(now, age);
            _stations.GetOrAdd(record.Sighting.StationId, static _ => new LastMinute()).Add(now, age);
        }
    }

    public long LastMinuteOf(string station) => _stations.TryGetValue(station, out var minute) ? minute.Summarise(time.GetUtcNow()).Count : 0;

    public MinuteSummary Summarise() => _all.Summarise(time.GetUtcNow());
}
