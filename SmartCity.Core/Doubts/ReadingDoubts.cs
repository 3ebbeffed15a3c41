using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Passages;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Doubts;

/// <summary>
/// What speaks against readings that are sure by themselves: a plate at two places at once, a vehicle that two cameras read differently. They are charged
/// only when a person has decided. Ingest suspects; <see cref="CountingAsync"/> decides, from all that is stored, whenever a day is worked out again.
/// </summary>
public sealed class ReadingDoubts(
    StationPlaces places, RecentReadings recent, ReviewQueue review, ChargingCity city, IOptions<SightingOptions> sightings, IOptions<PassageOptions> passages, IOptions<DoubtOptions> options, TimeProvider time)
{
    /// <summary>Columns of <c>sightings s</c> as <see cref="Read"/> expects them.</summary>
    internal const string Columns =
        "s.id, s.captured_at, s.plate, s.station_id, s.camera_id, s.confidence, case when s.reviewed_at is null then s.country end, s.evidence, s.trace_id, s.reviewed_at is not null";

    private static readonly string[] Kinds = [TwoPlaces.Kind, TwoReadings.Kind];

    internal static ChargeableSighting Read(NpgsqlDataReader r) =>
        new(r.GetGuid(0), r.Time(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetDouble(5), r.Text(6), r.Text(7), r.Text(8), r.GetBoolean(9));

    /// <summary>What a camera read with enough confidence, or a person has decided.</summary>
    internal static string IsSure(string least) => $"((s.confidence >= {least} and s.clock_synchronised is not false and s.captured_at <= s.stored_at + interval '{SightingOptions.Ahead.TotalSeconds:0} seconds') or s.reviewed_at is not null)";

    /// <summary>How far around a reading others can speak against it.</summary>
    public async ValueTask<TimeSpan> ReachAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken) =>
        TwoPlaces.Reach(await places.GetAsync(connection, transaction, cancellationToken), options.Value);

    /// <summary>Of a batch's sure readings, those that something may speak against, and the days to be worked out again once the batch is stored.</summary>
    /// <param name="readings">Their passages are stored already.</param>
    public async Task<Suspicion> SuspectAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ChargeableSighting> readings, CancellationToken cancellationToken)
    {
        if (readings.Count == 0)
        {
            return Suspicion.None;
        }

        var (held, days) = (new HashSet<Guid>(), new HashSet<VehicleDay>());
        var known = await places.GetAsync(connection, transaction, cancellationToken);
        var near = await PassageElsewhere.AroundAsync(connection, transaction, readings, TwoPlaces.Reach(known, options.Value), cancellationToken);
        foreach (var reading in readings.Where(r => known.ContainsKey(r.StationId)))
        {
            foreach (var other in near[reading.Plate].Where(n => n.StationId != reading.StationId && known.ContainsKey(n.StationId)))
            {
                if (TwoPlaces.IsImpossible(known[reading.StationId], known[other.StationId], other.Apart(reading.CapturedAt), options.Value))
                {
                    held.Add(reading.Id);
                    days.UnionWith([new(reading.Plate, city.DayOf(reading.CapturedAt)), new(reading.Plate, city.DayOf(other.FirstAt)), new(reading.Plate, city.DayOf(other.LastAt))]);
                }
            }
        }

        foreach (var (reading, other) in await recent.FindAsync(connection, transaction, readings, cancellationToken))
        {
            held.UnionWith([reading.Id, other.Id]);
            days.UnionWith([new(reading.Plate, city.DayOf(reading.CapturedAt)), new(other.Plate, city.DayOf(other.CapturedAt))]);
        }

        return new Suspicion(held, days);
    }

    /// <summary>
    /// The readings of some days that count. The others of these days wait for a person, each with a case; cases that nothing speaks for any more are settled.
    /// The caller holds the correction gate.
    /// </summary>
    /// <param name="days">The days in question.</param>
    /// <param name="readings">All sure readings of their vehicles, as far around them as <see cref="ReachAsync"/>.</param>
    public async Task<List<ChargeableSighting>> CountingAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<VehicleDay> days, IReadOnlyList<ChargeableSighting> readings, CancellationToken cancellationToken)
    {
        var (held, cases) = (new HashSet<Guid>(), new List<ReviewCase>());
        var known = await places.GetAsync(connection, transaction, cancellationToken);
        var asked = days.ToHashSet();
        var ofDays = readings.Where(r => asked.Contains(new VehicleDay(r.Plate, city.DayOf(r.CapturedAt)))).ToList();
        foreach (var (stay, other) in readings.GroupBy(r => r.Plate, StringComparer.Ordinal).SelectMany(g => TwoPlaces.Find(g, known, passages.Value.Gap, options.Value)).Where(f => !f.Stay.IsReviewed))
        {
            held.UnionWith(stay.Readings.Select(r => r.Id));
            cases.Add(Case(TwoPlaces.Kind, TwoPlaces.Why(stay.Best, other.Best, known), stay.Best, other.Best));
        }

        foreach (var (reading, other) in await BesideAsync(connection, transaction, ofDays, cancellationToken))
        {
            if (!reading.IsReviewed)
            {
                held.Add(reading.Id);
            }

            if (!reading.IsReviewed || !other.IsReviewed)
            {
                var decide = TwoReadings.ToDecide(reading, other);
                var second = decide == reading ? other : reading;
                cases.Add(Case(TwoReadings.Kind, TwoReadings.Why(decide, second), decide, second));
            }
        }

        var counting = ofDays.FindAll(r => !held.Contains(r.Id));
        await SettleAsync(connection, transaction, [.. counting.Select(r => r.Id)], cancellationToken);
        await review.AddAsync(connection, transaction, cases, cancellationToken);
        return counting;
    }

    /// <summary>Plates of the readings that may be one vehicle with a sighting read as some plate.</summary>
    public async Task<IReadOnlyList<string>> PlatesBesideAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ChargeableSighting reading, CancellationToken cancellationToken) =>
        [.. (await BesideAsync(connection, transaction, [reading], cancellationToken)).Select(b => b.Other.Plate).Distinct()];

    // Readings of another plate at the same station that may be of the same vehicle.
    private async Task<List<(ChargeableSighting Reading, ChargeableSighting Other)>> BesideAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ChargeableSighting> readings, CancellationToken cancellationToken)
    {
        var within = options.Value.OneVehicleWithin;
        if (readings.Count == 0 || within == TimeSpan.Zero)
        {
            return [];
        }

        await using var command = new NpgsqlCommand(
            $"""
            select {Columns}, w.place from unnest($1, $2, $3) with ordinality as w (station_id, from_at, to_at, place)
            join sightings s on s.station_id = w.station_id and s.captured_at between w.from_at and w.to_at
            where s.captured_at between $4 and $5 and s.plate is not null and {IsSure("$6")}
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = readings.Select(r => r.StationId).ToArray() },
                new() { Value = readings.Select(r => r.CapturedAt - within).ToArray() },
                new() { Value = readings.Select(r => r.CapturedAt + within).ToArray() },
                new() { Value = readings.Min(r => r.CapturedAt) - within },
                new() { Value = readings.Max(r => r.CapturedAt) + within },
                new() { Value = sightings.Value.DoubtfulBelow },
            },
        };
        var around = await command.ReadAllAsync(r => (Reading: readings[(int)r.GetInt64(10) - 1], Other: Read(r)), cancellationToken);
        return around.FindAll(a => a.Reading.Id != a.Other.Id && TwoReadings.AreOfOneVehicle(a.Reading.Plate, a.Reading.CameraId, a.Other.Plate, a.Other.CameraId));
    }

    private async Task SettleAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid[] free, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "update review_cases set state = 'settled', resolved_at = $3, claimed_by = null, claimed_until = null where sighting_id = any($1) and kind = any($2) and state in ('open', 'skipped')", connection, transaction)
        {
            Parameters = { new() { Value = free }, new() { Value = Kinds }, new() { Value = time.GetUtcNow() } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static ReviewCase Case(string kind, string why, ChargeableSighting reading, ChargeableSighting other) =>
        new(kind, why, reading.Id, reading.CapturedAt, reading.StationId, reading.Plate, reading.Confidence, reading.Evidence)
        {
            Other = new OtherReading(other.Id, other.CapturedAt, other.StationId, other.Plate, other.Evidence),
        };
}

/// <summary>What ingest suspects of a batch.</summary>
/// <param name="Held">Readings that are not charged with the batch.</param>
/// <param name="Days">Days to be worked out once the batch is stored.</param>
public sealed record Suspicion(IReadOnlySet<Guid> Held, IReadOnlyCollection<VehicleDay> Days)
{
    public static readonly Suspicion None = new(new HashSet<Guid>(), []);
}
