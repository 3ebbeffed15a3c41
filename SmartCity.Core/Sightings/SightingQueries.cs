using System.Text.Json;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Privacy;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Sightings;

/// <summary>Sightings as the API shows them.</summary>
internal sealed class SightingQueries(NpgsqlDataSource dataSource, SightingStrips strips, ChargingCity city)
{
    private static string Select(string table) =>
        $"""
        select s.id, s.captured_at, s.station_id, s.camera_id, s.lane, s.direction, s.plate, s.country, s.format, s.confidence, s.characters, s.alternatives::text,
               s.frames, s.box, s.evidence, s.detector_version, s.reader_version, s.speed_kmh, s.trace_id, s.stored_at, s.passage_id, s.clock_synchronised, s.revision, s.movement, s.reviewed_at, s.read_plate, {VehicleRegistry.Columns}
        from {table} s left join vehicles v on v.plate = s.plate and {VehicleRegistry.HasBegun}
        """;

    private const int VehicleColumn = 26;

    public async Task<List<SightingView>> ListAsync(SightingFilter filter, int count, CancellationToken cancellationToken)
    {
        await using var command = new SqlFilter()
            .And("s.station_id = @", filter.Station)
            .And("s.station_id = any(@)", filter.Only)
            .And("s.plate = @", filter.Plate)
            .And("v.class = @", filter.Class)
            .And("s.station_id in (select z.station_id from station_zones z where z.zone = @ and (now() at time zone (select time_zone from city))::date >= z.from_day and (now() at time zone (select time_zone from city))::date < z.to_day)", filter.Zone)
            .And("s.passage_id = @", filter.Passage)
            .And("s.reader_version = @", filter.Version)
            .And("s.captured_at >= @", filter.From)
            .And("s.captured_at < @", filter.To)
            .After("s.captured_at", "s.id", filter.After)
            .Command(dataSource, Select(Restricted.Sightings(filter.AlsoRestricted)) + " where {where} order by s.captured_at desc, s.id desc limit {limit}", count);
        return await WithChargesAsync(await command.ReadAllAsync(Read, cancellationToken), cancellationToken);
    }

    /// <summary>Also where its plate is restricted: whoever shows it asks <see cref="Audit.History.IsHiddenAsync"/>.</summary>
    public async Task<SightingView?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        foreach (var (from, to) in SightingDays.Of(id))
        {
            if (await FindAsync([id], from, to, cancellationToken) is [var found, ..])
            {
                var whole = found with { Strip = (await strips.OfAsync([id], cancellationToken)).TryGetValue(id, out var strip) ? strip.Strip : null };
                return whole.Decision is { } decision ? whole with { Decision = decision with { By = await DecidedByAsync(id, cancellationToken) } } : whole;
            }
        }

        return null;
    }

    private async Task<string?> DecidedByAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select reviewed_by from reviewed_reads where sighting_id = $1 order by reviewed_at desc, id desc limit 1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <inheritdoc cref="FindAsync(Guid, CancellationToken)" path="/summary"/>
    /// <param name="from">Capture time of the oldest of them; spares looking through all days.</param>
    /// <param name="to">Capture time of the newest of them.</param>
    public async Task<List<SightingView>> FindAsync(Guid[] ids, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        await using var command = new SqlFilter().And("s.id = any(@)", ids).And("s.captured_at >= @", (DateTimeOffset?)from).And("s.captured_at <= @", (DateTimeOffset?)to)
            .Command(dataSource, Select("sightings") + " where {where} order by s.captured_at limit {limit}", ids.Length);
        return await WithChargesAsync(await command.ReadAllAsync(Read, cancellationToken), cancellationToken);
    }

    // What each led to, reversals too: the ledger's lines that name it.
    private async Task<List<SightingView>> WithChargesAsync(List<SightingView> sightings, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {ChargeEntries.Columns} from charge_entries where sighting_id = any($1) order by recorded_at, id");
        command.Parameters.Add(new() { Value = sightings.ConvertAll(s => s.Id).ToArray() });
        var charges = (await command.ReadAllAsync(ChargeEntries.Read, cancellationToken)).ToLookup(c => c.SightingId);
        var before = await ChargeEntries.BeforeAsync(dataSource, [.. sightings.Where(s => s.Plate is not null).Select(s => new VehicleDay(s.Plate!, city.DayOf(s.CapturedAt))).Distinct()], cancellationToken);
        return sightings.ConvertAll(s => s with { Charges = [.. charges[s.Id]], ChargedBefore = before.Other(s, city) });
    }

    private static SightingView Read(NpgsqlDataReader r)
    {
        var evidence = r.Text(14);
        return new SightingView
        {
            Id = r.GetGuid(0),
            CapturedAt = r.Time(1),
            StationId = r.GetString(2),
            CameraId = r.GetString(3),
            Lane = r.Int(4),
            Direction = r.Text(5),
            Plate = r.Text(6),
            Country = r.Text(7),
            Format = r.Text(8),
            Confidence = r.GetDouble(9),
            Characters = [.. r.GetFieldValue<float[]>(10).Select(c => Math.Round((double)c, 4))],
            Alternatives = JsonSerializer.Deserialize<PlateAlternative[]>(r.GetString(11), JsonSerializerOptions.Web)!,
            Frames = r.GetInt32(12),
            Box = r.GetFieldValue<int[]>(13),
            Evidence = evidence,
            Patch = evidence is null ? null : Sighting.PatchKey(evidence),
            DetectorVersion = r.Text(15),
            ReaderVersion = r.Text(16),
            SpeedKmh = r.Double(17),
            TraceId = r.Text(18),
            StoredAt = r.Time(19),
            PassageId = r.Id(20),
            ClockSynchronised = r.Bool(21),
            Revision = r.GetInt32(22),
            Movement = r.Text(23),
            Decision = r.IsDBNull(24) ? null : new ReadingDecision(r.Text(25), null, r.Time(24)),
            Vehicle = VehicleRegistry.Read(r, VehicleColumn),
        };
    }
}

/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive.</param>
/// <param name="Class">Of the vehicle in the registry.</param>
/// <param name="Only">The stations that whoever asks is limited to; null for all.</param>
/// <param name="Zone">That the station lies in today.</param>
/// <param name="AlsoRestricted">Whether sightings of plates whose processing is restricted are among them.</param>
internal sealed record SightingFilter(
    string? Station, string? Plate, DateTimeOffset? From, DateTimeOffset? To, Cursor? After, string? Class = null, string? Zone = null, Guid? Passage = null, bool AlsoRestricted = false, string? Version = null, string[]? Only = null);
