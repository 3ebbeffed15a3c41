using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Privacy;
using SmartCity.Core.Sightings;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Live;

/// <summary>
/// Sends the sightings of a batch to the live feed, after its commit, and wakes <see cref="LiveTail"/>, which tells of alerts and charges. If this fails, a screen
/// misses some sightings, but no record is lost.
/// </summary>
internal sealed class LivePublisher(
    LiveFeed feed, LiveTail tail, SightingQueries sightings, Restrictions restrictions, VehicleRegistry vehicles, NpgsqlDataSource dataSource, ChargingCity city, IOptions<LiveOptions> options, TimeProvider time, ILogger<LivePublisher> logger)
{
    public async Task PublishAsync(IngestResult result, CancellationToken cancellationToken)
    {
        tail.Wake();
        if (!feed.HasSubscribers)
        {
            return;
        }

        try
        {
            foreach (var view in await AgainAsync(result.Again, cancellationToken))
            {
                feed.Publish(new LiveEvent { Sighting = view });
            }

            var shown = result.Stored.Select(r => (Record: r, Passage: result.Passages.PassageOf.TryGetValue(r, out var passage) ? passage : (Guid?)null)).Concat(result.Revised)
                .OrderByDescending(r => r.Record.Sighting.CapturedAt).Take(LiveBatches.MostSightings).Reverse().ToList();
            var known = await vehicles.FindAsync([.. shown.Select(r => r.Record.Sighting.Plate).OfType<string>().Distinct()], cancellationToken);
            var charges = result.Charges.ToLookup(c => c.SightingId);
            var views = shown.ConvertAll(s => View(s.Record, s.Passage, result, known, [.. charges[s.Record.Sighting.Id]]));
            var before = await ChargeEntries.BeforeAsync(dataSource, [.. views.Where(v => v.Plate is not null && v.Charges.Count == 0).Select(v => new VehicleDay(v.Plate!, city.DayOf(v.CapturedAt))).Distinct()], cancellationToken);
            var restricted = await restrictions.AmongAsync(views.Select(v => v.Plate), cancellationToken);
            foreach (var view in views.Where(v => v.Plate is null || !restricted.Contains(v.Plate)))
            {
                feed.Publish(new LiveEvent { Sighting = view with { ChargedBefore = before.Other(view, city) } });
            }
        }
        catch (NpgsqlException e)
        {
            logger.LogWarning("A batch of sightings was stored but does not appear on the Live page: {Error}", e.Message);
        }
    }

    // The batch came before: perhaps it was committed, and the answer got lost. What was stored just now is told from the database; whoever has heard of it knows its id.
    private async Task<IReadOnlyList<SightingView>> AgainAsync(IReadOnlyList<SightingRecord> again, CancellationToken cancellationToken)
    {
        if (again.Count == 0)
        {
            return [];
        }

        var newest = again.OrderByDescending(r => r.Sighting.CapturedAt).Take(LiveBatches.MostSightings).ToList();
        var stored = await sightings.FindAsync([.. newest.Select(r => r.Sighting.Id).Distinct()], newest[^1].Sighting.CapturedAt, newest[0].Sighting.CapturedAt, cancellationToken);
        var since = time.GetUtcNow() - options.Value.Window;
        var restricted = await restrictions.AmongAsync(stored.Select(s => s.Plate), cancellationToken);
        return stored.FindAll(s => s.StoredAt >= since && (s.Plate is null || !restricted.Contains(s.Plate)));
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
