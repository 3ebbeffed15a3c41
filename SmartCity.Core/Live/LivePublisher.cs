using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Live;

/// <summary>Sends the changes of a batch to the live feed, after its commit. If this fails, a screen misses something, but no record is lost.</summary>
internal sealed class LivePublisher(LiveFeed feed, VehicleRegistry vehicles, ILogger<LivePublisher> logger)
{
    // More than a screen shows of one batch.
    private const int MostSightings = 100;

    public async Task PublishAsync(IngestResult result, CancellationToken cancellationToken)
    {
        if (!feed.HasSubscribers)
        {
            return;
        }

        foreach (var alert in result.Alerts)
        {
            feed.Publish(new LiveEvent { Alert = alert });
        }

        try
        {
            var shown = result.Stored.Select(r => (Record: r, Passage: result.Passages.PassageOf.TryGetValue(r, out var passage) ? passage : (Guid?)null)).Concat(result.Revised)
                .OrderByDescending(r => r.Record.Sighting.CapturedAt).Take(MostSightings).Reverse().ToList();
            var known = await vehicles.FindAsync([.. shown.Select(r => r.Record.Sighting.Plate).OfType<string>().Distinct()], cancellationToken);
            var charges = result.Charges.ToLookup(c => c.SightingId);
            foreach (var (record, passage) in shown)
            {
                feed.Publish(new LiveEvent { Sighting = View(record, passage, result, known, [.. charges[record.Sighting.Id]]) });
            }
        }
        catch (NpgsqlException e)
        {
            logger.LogWarning("A batch of sightings was stored but does not appear on the Live page: {Error}", e.Message);
        }

        foreach (var charge in result.Charges)
        {
            feed.Publish(new LiveEvent { Charge = charge });
        }
    }

    private static SightingView View(SightingRecord record, Guid? passage, IngestResult result, Dictionary<string, VehicleView> known, IReadOnlyList<ChargeView> charges)
    {
        var s = record.Sighting;
        return new SightingView
        {
            Id = s.Id,
            CapturedAt = s.CapturedAt,
            StationId = s.StationId,
            CameraId = s.CameraId,
            Lane = s.Lane,
            Direction = s.Direction,
            Plate = s.Plate,
            Country = s.Country,
            Format = s.Format,
            Confidence = s.Confidence,
            Characters = s.Characters,
            Alternatives = s.Alternatives,
            Frames = s.Frames,
            Box = s.Box,
            Evidence = s.Evidence,
            Patch = s.Evidence is null ? null : Contracts.Sighting.PatchKey(s.Evidence),
            DetectorVersion = s.DetectorVersion,
            ReaderVersion = s.ReaderVersion,
            SpeedKmh = s.SpeedKmh,
            ClockSynchronised = s.ClockSynchronised,
            Revision = s.Revision,
            Movement = s.Movement,
            StoredAt = result.StoredAt,
            TraceId = record.TraceId,
            PassageId = passage,
            Vehicle = s.Plate is not null && known.TryGetValue(s.Plate, out var vehicle) ? vehicle : null,
            Charges = charges,
        };
    }
}
