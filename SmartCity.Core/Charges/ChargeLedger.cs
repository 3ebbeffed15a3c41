using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Charges;

/// <summary>
/// Makes the charges of sightings: at most one stands for a plate, scheme and charging day, whatever arrives again or in which order, because it
/// stands exactly when one of the day's sightings calls for it.
/// </summary>
public sealed class ChargeLedger(ReviewQueue review, IOptions<SightingOptions> options, TimeProvider time)
{
    /// <summary>Charges new sightings inside the caller's transaction; gives the charges that are new. What cannot be decided goes to review.</summary>
    public async Task<IReadOnlyList<ChargeView>> ApplyAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ChargeableSighting> sightings, CancellationToken cancellationToken)
    {
        if (sightings.Count == 0)
        {
            return [];
        }

        var due = await AssessAsync(connection, transaction, sightings, cancellationToken);
        return await ChargeEntries.ChargeAsync(connection, transaction, due, cancellationToken);
    }

    /// <summary>
    /// Works out again what some vehicles owe for some days, after a reading or the registry was corrected: what no sighting calls for any more is
    /// reversed, what is owed and does not stand is charged. Gives the lines added. The caller holds the correction gate.
    /// </summary>
    /// <param name="why">Why the day is worked out again; recorded with each reversal.</param>
    public async Task<IReadOnlyList<ChargeView>> RederiveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<VehicleDay> days, string why, CancellationToken cancellationToken)
    {
        if (days.Count == 0)
        {
            return [];
        }

        var sightings = await SightingsOfAsync(connection, transaction, days, cancellationToken);
        var due = await AssessAsync(connection, transaction, sightings, cancellationToken);
        var added = new List<ChargeView>();
        foreach (var standing in await ChargeEntries.StandingAsync(connection, transaction, days, cancellationToken))
        {
            if (!due.Exists(d => (d.Plate, d.Scheme, d.Day, d.Amount) == (standing.Plate, standing.Scheme, standing.Day, standing.Amount)))
            {
                added.Add(await ChargeEntries.ReverseAsync(connection, transaction, standing, why, time.GetUtcNow(), cancellationToken));
            }
        }

        added.AddRange(await ChargeEntries.ChargeAsync(connection, transaction, due, cancellationToken));
        return added;
    }

    private async Task<List<ChargeView>> AssessAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ChargeableSighting> sightings, CancellationToken cancellationToken)
    {
        var facts = await ChargeFacts.LoadAsync(connection, transaction, sightings, cancellationToken);
        var due = new List<ChargeView>();
        var cases = new List<ReviewCase>();
        var now = time.GetUtcNow();
        foreach (var group in sightings.GroupBy(s => s.Plate, StringComparer.Ordinal))
        {
            var seen = group.OrderBy(s => s.CapturedAt).ThenBy(s => s.Id).ToList();
            if (facts.Vehicle(group.Key) is not { } vehicle)
            {
                cases.AddRange(seen.Select(s => Case(s, "unregistered", $"The registry does not know {s.Plate}.")));
                continue;
            }

            cases.AddRange(seen.Where(IsEarlier).Select(s => Case(s, "unregistered", $"The registry knows {s.Plate} only from {vehicle.Since.ToString("d MMMM yyyy", CultureInfo.InvariantCulture)} on.")));
            seen.RemoveAll(IsEarlier);
            bool IsEarlier(ChargeableSighting s) => ChargeRules.DayOf(s.CapturedAt) < vehicle.Since;

            // The registry's vehicle may be another one with the same characters.
            cases.AddRange(seen.Where(IsForeign).Select(s => Case(s, "doubtful", $"The plate looks like one from {s.Country}, but the registry's {s.Plate} is from {options.Value.HomeCountry}.")));
            seen.RemoveAll(IsForeign);
            var moments = seen.ConvertAll(s => new ZonePassage(s.CapturedAt, facts.Zones(s.StationId, ChargeRules.DayOf(s.CapturedAt))));
            foreach (var assessment in ChargeRules.Assess(vehicle, moments, facts.Tariffs))
            {
                var sighting = seen[assessment.Passage];
                if (assessment.Verdict == Verdict.Review)
                {
                    cases.Add(Case(sighting, "unclassified", $"{assessment.Scheme.ToUpperInvariant()}: {assessment.Why}"));
                }
                else if (assessment.Verdict == Verdict.Charged)
                {
                    due.Add(View(sighting, assessment, facts.Tariffs.On(assessment.Day).Version, now));
                }
            }
        }

        await review.AddAsync(connection, transaction, cases, cancellationToken);
        return due;
    }

    private bool IsForeign(ChargeableSighting sighting) => sighting.Country is { } country && options.Value.HomeCountry is { } home && country != home;

    // What a camera read with enough confidence, or a person has decided.
    private async Task<List<ChargeableSighting>> SightingsOfAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<VehicleDay> days, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select s.id, s.captured_at, s.plate, s.station_id, s.confidence, case when s.reviewed_at is null then s.country end, s.evidence, s.trace_id
            from unnest($1, $2, $3) as w (plate, from_at, to_at)
            join sightings s on s.plate = w.plate and s.captured_at >= w.from_at and s.captured_at < w.to_at
            where (s.confidence >= $4 and s.clock_synchronised is not false) or s.reviewed_at is not null
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = days.Select(d => d.Plate).ToArray() },
                new() { Value = days.Select(d => ChargeRules.StartOf(d.Day)).ToArray() },
                new() { Value = days.Select(d => ChargeRules.StartOf(d.Day.AddDays(1))).ToArray() },
                new() { Value = options.Value.DoubtfulBelow },
            },
        };
        return await command.ReadAllAsync(
            r => new ChargeableSighting(r.GetGuid(0), r.Time(1), r.GetString(2), r.GetString(3), r.GetDouble(4), r.Text(5), r.Text(6), r.Text(7)),
            cancellationToken);
    }

    private static ReviewCase Case(ChargeableSighting s, string kind, string why) => new(kind, why, s.Id, s.CapturedAt, s.StationId, s.Plate, s.Confidence, s.Evidence);

    private static ChargeView View(ChargeableSighting sighting, Assessment assessment, string tariff, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        Plate = sighting.Plate,
        Scheme = assessment.Scheme,
        Day = assessment.Day,
        Amount = assessment.Amount,
        Kind = "charge",
        Rule = assessment.Rule,
        Why = assessment.Why,
        TariffVersion = tariff,
        SightingId = sighting.Id,
        StationId = sighting.StationId,
        Evidence = sighting.Evidence,
        TraceId = sighting.TraceId,
        RecordedAt = now,
        Facts = assessment.Facts is not { } f ? null : new ChargedFacts(f.Class, f.Fuel, f.Euro, f.FirstRegistered, f.GrossKg, f.UnladenKg, f.TaxClass, [.. f.Discounts]),
    };
}
