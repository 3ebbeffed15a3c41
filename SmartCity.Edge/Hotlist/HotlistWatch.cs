using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Publishing;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Hotlist;

/// <summary>Looks sightings up in the edge's hot-list and sends matches to the site's receivers. As at the core, every plate that was read is looked up, whatever its confidence.</summary>
internal sealed class HotlistWatch(HeldHotlist held, HotlistReceivers receivers, CoreLink link, WorkerHealth health, TimeProvider time, ILogger<HotlistWatch> logger)
{
    private static readonly Counter<long> Matches = Telemetry.Meter.CreateCounter<long>("smartcity.edge.hotlist.matches", "{match}", "Sightings that matched an entry of the edge's hot-list.");

    private readonly ConcurrentDictionary<string, long> _matches = new(StringComparer.Ordinal);

    /// <summary>What a station's heartbeat says; null when the edge is to hold no hot-list.</summary>
    public HotlistHeartbeat? Beat(string stationId) => !held.IsWanted
        ? null
        : new HotlistHeartbeat
        {
            Entries = held.List.Count,
            At = held.At,
            Matches = _matches.GetValueOrDefault(stationId),
            Waiting = receivers.Waiting,
            Error = Problems is { Length: > 0 } problems ? problems : null,
        };

    // The receivers' workers begin with the name of the list's.
    private string Problems => string.Join(' ', health.Reports.Where(r => r.Name.StartsWith(HotlistWorker.Worker, StringComparison.Ordinal) && r.State is WorkerState.Degraded or WorkerState.Failed).Select(r => $"{r.Name}: {r.Detail}"));

    /// <summary>Returns when what was found waits on the disk; that is at once for all but a few. A fault here is told and keeps no sighting from being kept.</summary>
    /// <returns>Whether the list looks for the vehicle.</returns>
    public bool See(ObservedVehicle vehicle)
    {
        try
        {
            return Look(vehicle);
        }
        catch (Exception e)
        {
            health.Degraded(HotlistWorker.Worker, $"A sighting could not be looked up: {e.Message}");
            logger.LogError(e, "Sighting {Sighting} could not be looked up in the hot-list of the edge.", vehicle.Sighting.Id);
            return false;
        }
    }

    private bool Look(ObservedVehicle vehicle)
    {
        var (sighting, list) = (vehicle.Sighting, held.List);
        if (sighting.Plate is not { } plate)
        {
            return false;
        }

        var wanted = false;
        foreach (var hit in list.Find(plate, sighting.CapturedAt))
        {
            using var activity = Telemetry.Source.StartActivity(
                "local match", ActivityKind.Internal, vehicle.Trace, [new("plate", Masking.Plate(plate)), new("station", sighting.StationId), new("priority", hit.Priority)]);
            wanted = true;
            receivers.Tell(Match(sighting, plate, hit));
            _matches.AddOrUpdate(sighting.StationId, 1, (_, count) => count + 1);
            Matches.Add(1, new KeyValuePair<string, object?>("station", sighting.StationId));
            logger.LogInformation("Camera {Camera} saw {Plate}, which is on the hot-list (entry {Entry}, priority {Priority}).", sighting.CameraId, Masking.Plate(plate), hit.EntryId, hit.Priority);
        }

        return wanted;
    }

    private LocalMatch Match(Sighting sighting, string plate, EdgeHotlistHit hit) => new()
    {
        SightingId = sighting.Id,
        EntryId = hit.EntryId,
        Priority = hit.Priority,
        StationId = sighting.StationId,
        CameraId = sighting.CameraId,
        Lane = sighting.Lane,
        Direction = sighting.Direction,
        CapturedAt = sighting.CapturedAt,
        MatchedAt = time.GetUtcNow(),
        Plate = plate,
        Country = sighting.Country,
        Confidence = sighting.Confidence,
        LinkUp = link.IsUp,
        ListAt = held.At ?? default,
    };
}
