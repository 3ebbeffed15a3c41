using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Doubts;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Charges;

/// <summary>
/// Makes the charges of sightings: at most one stands for a plate, scheme and charging day, whatever arrives again or in which order, because it
/// stands exactly when one of the day's sightings calls for it.
/// </summary>
public sealed class ChargeLedger(ReviewQueue review, ReadingDoubts doubts, ChargingCity city, IOptions<SightingOptions> options, IOptions<ReviewOptions> people, TimeProvider time)
{
    private const string BeforeSettling = "before_settling";

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
    public Task<IReadOnlyList<ChargeView>> RederiveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<VehicleDay> days, string why, CancellationToken cancellationToken) =>
        RederiveAsync(connection, transaction, days, why, registryTakesBack: true, cancellationToken);

    /// <summary>
    /// The same where nobody has asked for these days. Where two people are asked for, a charge that the registry alone no longer calls for stays: taking it back
    /// becomes a proposal.
    /// </summary>
    /// <param name="by">Who has changed the registry; null if the core found it by itself. Then two people must still agree.</param>
    public async Task<IReadOnlyList<ChargeView>> SettleAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<VehicleDay> days, string why, string? by, CancellationToken cancellationToken)
    {
        if (!people.Value.TwoPeople)
        {
            return await RederiveAsync(connection, transaction, days, why, cancellationToken);
        }

        await transaction.SaveAsync(BeforeSettling, cancellationToken);
        var all = await RederiveAsync(connection, transaction, days, why, cancellationToken);
        if (!all.Any(l => l.Kind == "reversal"))
        {
            return all;
        }

        await transaction.RollbackAsync(BeforeSettling, cancellationToken);
        var added = await RederiveAsync(connection, transaction, days, why, registryTakesBack: false, cancellationToken);
        var done = added.Select(l => (l.Plate, l.Day, RederiveProposals.Line(l))).ToHashSet();
        foreach (var waiting in all.Where(l => !done.Contains((l.Plate, l.Day, RederiveProposals.Line(l)))).GroupBy(l => new VehicleDay(l.Plate, l.Day)))
        {
            await RederiveProposals.KeepAsync(connection, waiting.Key, why, by, [.. waiting], time.GetUtcNow(), cancellationToken);
        }

        return added;
    }

    private async Task<IReadOnlyList<ChargeView>> RederiveAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<VehicleDay> days, string why, bool registryTakesBack, CancellationToken cancellationToken)
    {
        if (days.Count == 0)
        {
            return [];
        }

        var reach = await doubts.ReachAsync(connection, transaction, cancellationToken);
        var readings = await ReadingsAsync(connection, transaction, days, reach, cancellationToken);
        var counting = await doubts.CountingAsync(connection, transaction, days, readings, cancellationToken);
        var due = await AssessAsync(connection, transaction, counting, cancellationToken);
        var added = new List<ChargeView>();
        foreach (var standing in await ChargeEntries.StandingAsync(connection, transaction, days, cancellationToken))
        {
            if (!due.Exists(d => (d.Plate, d.Scheme, d.Day, d.Amount, d.Currency) == (standing.Plate, standing.Scheme, standing.Day, standing.Amount, standing.Currency))
                && (registryTakesBack || await IsForReadingsAsync(connection, transaction, standing, counting, cancellationToken)))
            {
                added.Add(await ChargeEntries.ReverseAsync(connection, transaction, standing, why, time.GetUtcNow(), cancellationToken));
            }
        }

        added.AddRange(await ChargeEntries.ChargeAsync(connection, transaction, due, cancellationToken));
        return added;
    }

    // Whether a charge goes because of the day's readings: its own does not count any more, and by the facts that it rests on the others do not call for it.
    private async Task<bool> IsForReadingsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ChargeView standing, List<ChargeableSighting> counting, CancellationToken cancellationToken)
    {
        var ofDay = counting.FindAll(s => s.Plate == standing.Plate && city.DayOf(s.CapturedAt) == standing.Day);
        if (ofDay.Exists(s => s.Id == standing.SightingId))
        {
            return false;
        }

        if (ofDay.Count == 0 || standing.Facts is not { } f)
        {
            return ofDay.Count == 0;
        }

        var facts = await ChargeFacts.LoadAsync(connection, transaction, ofDay, city, cancellationToken);
        var vehicle = DatedVehicle.Always(new ChargedVehicle(f.Class, f.Fuel, f.Euro, f.FirstRegistered, f.GrossKg, f.UnladenKg, f.TaxClass, f.Discounts) { TypeApproval = f.TypeApproval });
        var moments = ofDay.ConvertAll(s => new ZonePassage(s.CapturedAt, facts.Zones(s.StationId, standing.Day)));
        return !ChargeRules.Assess(vehicle, moments, facts.Tariffs).Any(a => a.Scheme == standing.Scheme && a.Verdict == Verdict.Charged && a.Amount == standing.Amount);
    }

    private async Task<List<ChargeView>> AssessAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ChargeableSighting> sightings, CancellationToken cancellationToken)
    {
        var facts = await ChargeFacts.LoadAsync(connection, transaction, sightings, city, cancellationToken);
        var watched = await WatchedPlates.OfAsync(connection, transaction, [.. sightings.Select(s => s.Plate).Distinct()], cancellationToken);
        var (due, looked) = (new List<ChargeView>(), new List<(WatchedPlate, ChargeView, ChargeableSighting)>());
        var cases = new List<ReviewCase>();
        var now = time.GetUtcNow();
        foreach (var group in sightings.GroupBy(s => s.Plate, StringComparer.Ordinal))
        {
            var seen = group.OrderByDescending(s => s.IsReviewed).ThenBy(s => s.CapturedAt).ThenBy(s => s.Id).ToList();
            if (facts.Vehicle(group.Key) is not { } vehicle)
            {
                cases.AddRange(seen.Select(s => Case(s, "unregistered", $"The registry does not know {s.Plate}.")));
                continue;
            }

            cases.AddRange(seen.Where(IsEarlier).Select(s => Case(s, "unregistered", $"The registry knows {s.Plate} only from {vehicle.Since.ToString("d MMMM yyyy", CultureInfo.InvariantCulture)} on.")));
            seen.RemoveAll(IsEarlier);
            bool IsEarlier(ChargeableSighting s) => city.DayOf(s.CapturedAt) < vehicle.Since;

            // The registry's vehicle may be another one with the same characters.
            cases.AddRange(seen.Where(IsForeign).Select(s => Case(s, "doubtful", $"The plate looks like one from {s.Country}, but the registry's {s.Plate} is from {options.Value.HomeCountry}.")));
            seen.RemoveAll(IsForeign);
            var moments = seen.ConvertAll(s => new ZonePassage(s.CapturedAt, facts.Zones(s.StationId, city.DayOf(s.CapturedAt))));
            foreach (var assessment in ChargeRules.Assess(vehicle, moments, facts.Tariffs))
            {
                var sighting = seen[assessment.Passage];
                if (assessment.Verdict == Verdict.Review)
                {
                    cases.Add(Case(sighting, "unclassified", $"{assessment.Scheme.ToUpperInvariant()}: {assessment.Why}"));
                }
                else if (assessment.Verdict == Verdict.Charged)
                {
                    var charge = View(sighting, assessment, facts.Tariffs.On(assessment.Day), now);
                    if (!sighting.IsReviewed && watched[group.Key].FirstOrDefault(w => w.Covers(assessment.Day)) is { } watch)
                    {
                        looked.Add((watch, charge, sighting));
                    }
                    else
                    {
                        due.Add(charge);
                    }
                }
            }
        }

        if (looked.Count > 0)
        {
            due.AddRange(await LookAtAsync(connection, transaction, looked, cases, cancellationToken));
        }

        await review.AddAsync(connection, transaction, cases, cancellationToken);
        return due;
    }

    // A charge of a watched vehicle that stands stays; for one that does not, a person is asked once a day.
    private async Task<List<ChargeView>> LookAtAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, List<(WatchedPlate Watch, ChargeView Charge, ChargeableSighting Sighting)> looked, List<ReviewCase> cases, CancellationToken cancellationToken)
    {
        var standing = (await ChargeEntries.StandingAsync(connection, transaction, [.. looked.Select(l => new VehicleDay(l.Charge.Plate, l.Charge.Day)).Distinct()], cancellationToken))
            .Select(c => (c.Plate, c.Scheme, c.Day)).ToHashSet();
        var stays = looked.FindAll(l => standing.Contains((l.Charge.Plate, l.Charge.Scheme, l.Charge.Day)));
        var asked = await AskedAsync(connection, transaction, [.. looked.Select(l => l.Charge.Plate).Distinct()], cancellationToken);
        foreach (var day in looked.Except(stays).Where(l => !asked.Contains(new VehicleDay(l.Charge.Plate, l.Charge.Day))).GroupBy(l => (l.Charge.Plate, l.Charge.Day)))
        {
            var first = day.MinBy(l => l.Sighting.CapturedAt);
            cases.Add(Case(first.Sighting, WatchedPlates.Kind, first.Watch.Why(string.Join(' ', day.Select(l => $"{l.Charge.Scheme.ToUpperInvariant()}: {l.Charge.Why}")))));
        }

        return stays.ConvertAll(l => l.Charge);
    }

    private async Task<HashSet<VehicleDay>> AskedAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string[] plates, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select plate, captured_at from review_cases where plate = any($1) and kind = $2 and state in ('open', 'proposed', 'skipped')", connection, transaction)
        {
            Parameters = { new() { Value = plates }, new() { Value = WatchedPlates.Kind } },
        };
        return [.. await command.ReadAllAsync(r => new VehicleDay(r.GetString(0), city.DayOf(r.Time(1))), cancellationToken)];
    }

    private bool IsForeign(ChargeableSighting sighting) => sighting.Country is { } country && options.Value.HomeCountry is { } home && country != home;

    // Those of the days, and those around them that can speak against them.
    private async Task<List<ChargeableSighting>> ReadingsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<VehicleDay> days, TimeSpan reach, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select distinct {ReadingDoubts.Columns} from unnest($1, $2, $3) as w (plate, from_at, to_at)
            join sightings s on s.plate = w.plate and s.captured_at >= w.from_at and s.captured_at < w.to_at
            where s.captured_at >= $4 and s.captured_at < $5 and {ReadingDoubts.IsSure("$6")}
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = days.Select(d => d.Plate).ToArray() },
                new() { Value = days.Select(d => city.StartOf(d.Day) - reach).ToArray() },
                new() { Value = days.Select(d => city.StartOf(d.Day.AddDays(1)) + reach).ToArray() },
                new() { Value = city.StartOf(days.Min(d => d.Day)) - reach },
                new() { Value = city.StartOf(days.Max(d => d.Day).AddDays(1)) + reach },
                new() { Value = options.Value.DoubtfulBelow },
            },
        };
        return await command.ReadAllAsync(ReadingDoubts.Read, cancellationToken);
    }

    private static ReviewCase Case(ChargeableSighting s, string kind, string why) => new(kind, why, s.Id, s.CapturedAt, s.StationId, s.Plate, s.Confidence, s.Evidence);

    private static ChargeView View(ChargeableSighting sighting, Assessment assessment, Tariff tariff, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        Plate = sighting.Plate,
        Scheme = assessment.Scheme,
        Day = assessment.Day,
        Amount = assessment.Amount,
        Currency = tariff.Currency,
        Kind = "charge",
        Rule = assessment.Rule,
        Why = assessment.Why,
        TariffVersion = tariff.Version,
        SightingId = sighting.Id,
        StationId = sighting.StationId,
        Evidence = sighting.Evidence,
        TraceId = sighting.TraceId,
        RecordedAt = now,
        Facts = assessment.Facts is not { } f ? null : new ChargedFacts(f.Class, f.Fuel, f.Euro, f.FirstRegistered, f.GrossKg, f.UnladenKg, f.TaxClass, [.. f.Discounts]) { TypeApproval = f.TypeApproval },
    };
}
