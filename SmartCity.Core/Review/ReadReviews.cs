using System.Data;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Packages;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Review;

/// <summary>What a person says of a reading.</summary>
public enum ReviewDecision
{
    Confirmed,
    Corrected,
    NoPlate,
}

/// <summary>A decision takes charges back and nobody said why.</summary>
/// <param name="what">What reverses them, at the beginning of a sentence.</param>
public sealed class ReasonMissingException(IReadOnlyList<ChargeView> takenBack, string what = "This decision") : ArgumentException(
    $"{what} reverses {string.Join(" and ", takenBack.Select(e => string.Create(CultureInfo.InvariantCulture, $"{CurrencySign.Of(e.Currency)}{-e.Amount:0.00} ({PackageText.Scheme(e.Scheme)}, {e.Day:d MMMM yyyy}) for {e.Plate}")))}. Give a reason for it in the header Audit-Reason.");

/// <summary>
/// Applies people's decisions on readings, each in one transaction: the sighting counts as what was decided, its passages, charges and alerts follow,
/// its open cases are closed, and the decision is kept as truth for training. What the camera read stays. Replays of the sighting change nothing.
/// Where two people are asked for, a decision that would charge somebody or take a charge back waits until a second one comes to the same plate.
/// </summary>
public sealed class ReadReviews(NpgsqlDataSource dataSource, ReadingMove moves, ChargeLedger ledger, IOptions<ReviewOptions> options, TimeProvider time)
{
    private const string BeforeDecision = "before_decision";

    /// <param name="plate">The right plate, with <see cref="ReviewDecision.Corrected"/>.</param>
    /// <param name="shown">The plate that the person was shown, empty if there was none; null where the caller does not say.</param>
    /// <param name="reason">Why; needed if the decision takes a charge back.</param>
    /// <param name="change">The call's that it belongs to; null for a transaction of its own.</param>
    /// <param name="only">The stations that whoever decides is limited to; null for all. What changes charges of other stations, or may, waits for somebody who sees the whole city.</param>
    /// <returns>What changed; null if there is no such sighting.</returns>
    /// <exception cref="ReasonMissingException">The decision takes a charge back and no reason is given; nothing was decided.</exception>
    /// <exception cref="ArgumentException">The decision does not go with the sighting; the message says why.</exception>
    /// <exception cref="DBConcurrencyException">The sighting counts as another plate than the one that was shown; the message says so.</exception>
    public Task<ReviewOutcome?> ApplyAsync(Guid sightingId, ReviewDecision decision, string? plate, string? shown, string by, string? reason, CancellationToken cancellationToken, AuditedChange? change = null, string[]? only = null) =>
        CorrectionGate.CorrectAsync(dataSource, [], correction => ApplyAsync(correction, sightingId, decision, plate, shown, by, reason, only, cancellationToken), cancellationToken, change);

    private async Task<ReviewOutcome?> ApplyAsync(Correction correction, Guid sightingId, ReviewDecision decision, string? plate, string? shown, string by, string? reason, string[]? only, CancellationToken cancellationToken)
    {
        var (connection, transaction) = (correction.Connection, correction.Transaction);
        if (await FindAsync(connection, transaction, sightingId, only, cancellationToken) is not { } read)
        {
            return null;
        }

        var countsNow = read.Sighting.Plate ?? "";
        if (shown is not null && shown != countsNow)
        {
            throw new DBConcurrencyException($"Nothing was decided: the sighting now shows {Reading(countsNow)}, not {Reading(shown)}. Review it again.");
        }

        var counts = decision switch
        {
            ReviewDecision.Confirmed => read.Sighting.Plate ?? throw new ArgumentException("The sighting has no plate that could be confirmed. Correct it, or say that there is no plate."),
            ReviewDecision.Corrected => plate ?? throw new ArgumentException("corrected needs the right plate."),
            _ => null,
        };
        var proposals = await ReviewProposals.OfAsync(connection, sightingId, cancellationToken);
        var first = proposals.Find(p => p.By != by && p.Plate == counts);
        if ((only is not null || (options.Value.TwoPeople && first is null)) && proposals.Exists(p => p.By == by && p.Plate == counts))
        {
            throw new ArgumentException("You have already proposed this. A second person must agree before it takes effect.");
        }

        if (only is not null && (await HasHiddenCaseAsync(connection, sightingId, only, cancellationToken) || (decision == ReviewDecision.Corrected && !Resembles(read, counts!))))
        {
            // Worked out, it would tell whether that plate passed elsewhere, is registered or is listed, or settle a case that they do not see.
            correction.Touches([CorrectionGate.Of(sightingId)]);
            await ReviewProposals.KeepAsync(connection, read.Sighting, new ReviewProposal(Name(decision), counts, by, time.GetUtcNow()), cancellationToken);
            await correction.CommitAsync(cancellationToken);
            return new ReviewOutcome(sightingId, counts, [], [], true);
        }

        correction.Touches([CorrectionGate.Of(sightingId), .. (await moves.DaysAsync(connection, transaction, read.Sighting, counts, cancellationToken)).Select(d => d.Plate)]);
        await transaction.SaveAsync(BeforeDecision, cancellationToken);
        await RecordAsync(connection, transaction, read, decision, counts, by, first?.By, cancellationToken);
        var alerts = counts == read.Sighting.Plate ? [] : await MoveAsync(connection, transaction, read, counts, 1, cancellationToken);
        var entries = await RederiveAsync(correction, read.Sighting, counts, Why(read.Sighting, decision, counts, reason), cancellationToken);
        var shownEntries = ReviewLimit.Of(entries, only);
        if (string.IsNullOrWhiteSpace(reason) && shownEntries.Where(e => e.Kind == "reversal").ToList() is { Count: > 0 } takenBack)
        {
            throw new ReasonMissingException(takenBack);
        }

        var proposed = shownEntries.Count < entries.Count || (options.Value.TwoPeople && first is null && (entries.Count > 0 || proposals.Exists(p => p.By != by)));
        if (proposed)
        {
            await transaction.RollbackAsync(BeforeDecision, cancellationToken);
            await ReviewProposals.KeepAsync(connection, read.Sighting, new ReviewProposal(Name(decision), counts, by, time.GetUtcNow()), cancellationToken);
        }
        else if (proposals.Count > 0)
        {
            await ReviewProposals.ClearAsync(connection, sightingId, cancellationToken);
        }

        await correction.CommitAsync(cancellationToken);
        return new ReviewOutcome(sightingId, counts, shownEntries, proposed ? [] : ReviewLimit.Of(alerts, only), proposed);
    }

    /// <summary>
    /// Takes a person's last decision on a sighting back, or their proposal: it counts as before, passages and charges follow, its cases are open again and
    /// in front of that person. Alerts that were raised stay.
    /// </summary>
    /// <returns>What changed; null if there is no such sighting.</returns>
    /// <param name="reason">Why; needed if a charge is reversed with it.</param>
    /// <exception cref="ReasonMissingException">A charge would be reversed and no reason is given; nothing was undone.</exception>
    /// <exception cref="ArgumentException">It cannot be undone; the message says why.</exception>
    /// <param name="only">The stations that the person is limited to; null for all.</param>
    public Task<ReviewOutcome?> UndoAsync(Guid sightingId, string by, string? reason, CancellationToken cancellationToken, AuditedChange? change = null, string[]? only = null) =>
        CorrectionGate.CorrectAsync(dataSource, [CorrectionGate.Of(sightingId)], correction => UndoAsync(correction, sightingId, by, reason, only, cancellationToken), cancellationToken, change);

    private async Task<ReviewOutcome?> UndoAsync(Correction correction, Guid sightingId, string by, string? reason, string[]? only, CancellationToken cancellationToken)
    {
        var (connection, transaction) = (correction.Connection, correction.Transaction);
        if (await FindAsync(connection, transaction, sightingId, only, cancellationToken) is not { } read)
        {
            return null;
        }

        if ((await ReviewProposals.OfAsync(connection, sightingId, cancellationToken)).Exists(p => p.By == by))
        {
            await ReviewProposals.WithdrawAsync(connection, sightingId, by, cancellationToken);
            await correction.CommitAsync(cancellationToken);
            return new ReviewOutcome(sightingId, read.Sighting.Plate, [], []);
        }

        if (only is not null)
        {
            // Whether it would still go would tell of other stations.
            throw new ArgumentException("Whoever is limited to groups of stations cannot undo a decision that has taken effect. Correct the reading instead.");
        }

        var (last, before) = await LastAsync(connection, sightingId, cancellationToken);
        if (last is null)
        {
            throw new ArgumentException("Nobody has decided on this reading, so there is nothing to undo.");
        }

        if (last.By != by || time.GetUtcNow() - last.At > options.Value.UndoWithin)
        {
            throw new ArgumentException(
                last.By != by ? $"{last.By} made the last decision, and only they can undo it. Correct the reading instead." : $"A decision can be undone only within {options.Value.UndoWithin.TotalMinutes:0} minutes. Correct the reading instead.");
        }

        var counts = before is null ? read.ReadPlate : before.Plate;
        correction.Touches((await moves.DaysAsync(connection, transaction, read.Sighting, counts, cancellationToken)).Select(d => d.Plate));
        await RestoreAsync(connection, read.Sighting, counts, last, before?.At, cancellationToken);
        if (counts != read.Sighting.Plate)
        {
            await MoveAsync(connection, transaction, read, counts, before is null ? read.Sighting.Confidence : 1, cancellationToken);
        }

        var entries = await RederiveAsync(correction, read.Sighting, counts, $"{by} undid the decision on sighting {sightingId}.{(string.IsNullOrWhiteSpace(reason) ? "" : $" {reason}")}", cancellationToken);
        if (options.Value.TwoPeople && entries.Count > 0)
        {
            throw new ArgumentException("Two people made this decision and it changed what is charged, so one of them cannot undo it. Correct the reading instead.");
        }

        if (string.IsNullOrWhiteSpace(reason) && entries.Where(e => e.Kind == "reversal").ToList() is { Count: > 0 } takenBack)
        {
            throw new ReasonMissingException(takenBack, "Undoing this decision");
        }

        await correction.CommitAsync(cancellationToken);
        return new ReviewOutcome(sightingId, counts, entries, []);
    }

    // Another vehicle's reading beside it may have come since its plates were taken.
    private async Task<IReadOnlyList<ChargeView>> RederiveAsync(Correction correction, Sighting sighting, string? counts, string why, CancellationToken cancellationToken)
    {
        var days = await moves.DaysAsync(correction.Connection, correction.Transaction, sighting, counts, cancellationToken);
        correction.Touches(days.Select(d => d.Plate));
        return await ledger.RederiveAsync(correction.Connection, correction.Transaction, days, why, cancellationToken);
    }

    private static async Task<(Decided? Last, Decided? Before)> LastAsync(NpgsqlConnection connection, Guid sightingId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select id, plate, reviewed_by, reviewed_at from reviewed_reads where sighting_id = $1 order by reviewed_at desc, id desc limit 2", connection)
        {
            Parameters = { new() { Value = sightingId } },
        };
        var decided = await command.ReadAllAsync(r => new Decided(r.GetGuid(0), r.Text(1), r.Text(2), r.Time(3)), cancellationToken);
        return (decided.ElementAtOrDefault(0), decided.ElementAtOrDefault(1));
    }

    private async Task RestoreAsync(NpgsqlConnection connection, Sighting sighting, string? counts, Decided last, DateTimeOffset? reviewedAt, CancellationToken cancellationToken)
    {
        var reviewed = new NpgsqlParameter { Value = (object?)reviewedAt ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("delete from reviewed_reads where id = $1") { Parameters = { new() { Value = last.Id } } },
                new(
                    """
                    update sightings set plate = $3, reviewed_at = $4, read_plate = case when $4 is null then null else read_plate end,
                        passage_id = case when plate is not distinct from $3 then passage_id end
                    where captured_at = $1 and id = $2
                    """)
                {
                    Parameters = { new() { Value = sighting.CapturedAt }, new() { Value = sighting.Id }, TextParameter.Of(counts), reviewed },
                },
                new(
                    """
                    update review_cases set state = 'open', resolved_plate = null, resolved_by = null, resolved_at = null, claimed_by = $3, claimed_until = $4
                    where sighting_id = $1 and resolved_at = $2 and state in ('confirmed', 'corrected', 'no-plate')
                    """)
                {
                    Parameters = { new() { Value = sighting.Id }, new() { Value = last.At }, new() { Value = last.By! }, new() { Value = time.GetUtcNow() + options.Value.Lease } },
                },
                ArchiveQueue.Corrected(sighting, time.GetUtcNow()),
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Reading(string plate) => plate.Length == 0 ? "a reading without a plate" : plate;

    private static string Why(Sighting sighting, ReviewDecision decision, string? counts, string? reason)
    {
        var done = decision switch
        {
            ReviewDecision.Confirmed => $"The reading {sighting.Plate} of sighting {sighting.Id} was confirmed",
            ReviewDecision.Corrected => $"The reading {sighting.Plate ?? "without a plate"} of sighting {sighting.Id} was corrected to {counts}",
            _ => $"The reading {sighting.Plate ?? "without a plate"} of sighting {sighting.Id} was found to show no plate",
        };
        return string.IsNullOrWhiteSpace(reason) ? done + "." : $"{done}: {reason.Trim().TrimEnd('.')}.";
    }

    private async Task<IReadOnlyList<AlertView>> MoveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ReviewedSighting read, string? counts, double confidence, CancellationToken cancellationToken)
    {
        var record = new SightingRecord(read.Sighting with { Plate = counts, Confidence = confidence }, default, read.Trace);
        return (await moves.ApplyAsync(connection, transaction, record, read.PassageId, cancellationToken)).Alerts;
    }

    private static async Task<ReviewedSighting?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, string[]? only, CancellationToken cancellationToken)
    {
        foreach (var (from, to) in SightingDays.Of(id))
        {
            if (await FindAsync(connection, transaction, id, from, to, only, cancellationToken) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static async Task<ReviewedSighting?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, DateTimeOffset from, DateTimeOffset to, string[]? only, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select captured_at, station_id, camera_id, direction, plate, country, confidence, evidence, reader_version, trace_id, passage_id, coalesce(read_plate, case when reviewed_at is null then plate end),
                array(select a ->> 'plate' from jsonb_array_elements(alternatives) a)
            from sightings where id = $1 and captured_at between $2 and $3 and ($4::text[] is null or station_id = any($4))
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = id }, new() { Value = from }, new() { Value = to }, TextParameter.Of(only) },
        };
        var found = await command.ReadAllAsync(
            r => new ReviewedSighting(
                new Sighting
                {
                    Id = id,
                    CapturedAt = r.Time(0),
                    StationId = r.GetString(1),
                    CameraId = r.GetString(2),
                    Direction = r.Text(3),
                    Plate = r.Text(4),
                    Country = r.Text(5),
                    Confidence = r.GetDouble(6),
                    Evidence = r.Text(7),
                    ReaderVersion = r.Text(8),
                },
                r.Text(9) is { } trace ? new ActivityContext(ActivityTraceId.CreateFromString(trace), ActivitySpanId.CreateRandom(), ActivityTraceFlags.None) : default,
                r.Id(10),
                r.Text(11),
                r.GetFieldValue<string[]>(12)),
            cancellationToken);
        return found.FirstOrDefault();
    }

    private async Task RecordAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ReviewedSighting read, ReviewDecision decision, string? counts, string by, string? first, CancellationToken cancellationToken)
    {
        var s = read.Sighting;
        var now = time.GetUtcNow();
        var name = Name(decision);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(
                    """
                    insert into reviewed_reads (id, sighting_id, captured_at, station_id, camera_id, decision, read_plate, plate, confidence, evidence, reader_version, reviewed_by, reviewed_at, proposed_by)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                    """)
                {
                    Parameters =
                    {
                        new() { Value = Guid.CreateVersion7(now) }, new() { Value = s.Id }, new() { Value = s.CapturedAt }, new() { Value = s.StationId }, new() { Value = s.CameraId },
                        new() { Value = name }, TextParameter.Of(read.ReadPlate), TextParameter.Of(counts), new() { Value = s.Confidence }, TextParameter.Of(s.Evidence), TextParameter.Of(s.ReaderVersion), TextParameter.Of(by), new() { Value = now }, TextParameter.Of(first),
                    },
                },
                new NpgsqlBatchCommand(
                    """
                    update sightings set plate = $3, read_plate = case when reviewed_at is null then plate else read_plate end, reviewed_at = $4,
                        format = case when plate is not distinct from $3 then format end, passage_id = case when plate is not distinct from $3 then passage_id end
                    where captured_at = $1 and id = $2
                    """)
                {
                    Parameters = { new() { Value = s.CapturedAt }, new() { Value = s.Id }, TextParameter.Of(counts), new() { Value = now } },
                },
                new NpgsqlBatchCommand(
                    "update review_cases set state = $2, resolved_plate = $3, resolved_by = $4, resolved_at = $5, claimed_by = null, claimed_until = null where sighting_id = $1 and state in ('open', 'proposed', 'skipped')")
                {
                    Parameters = { new() { Value = s.Id }, new() { Value = name }, TextParameter.Of(counts), TextParameter.Of(by), new() { Value = now } },
                },
                ArchiveQueue.Corrected(s, now),
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Name(ReviewDecision decision) => decision switch
    {
        ReviewDecision.Confirmed => "confirmed",
        ReviewDecision.Corrected => "corrected",
        _ => "no-plate",
    };

    private sealed record Decided(Guid Id, string? Plate, string? By, DateTimeOffset At);

    // What the camera read, one of its alternatives, or a plate that looks like it.
    private static bool Resembles(ReviewedSighting read, string plate) =>
        plate == read.Sighting.Plate || read.Alternatives.Contains(plate) || (read.ReadPlate is { } own && (own == plate || NearPlates.SameInPrint(own).Contains(plate) || NearPlates.LookingLike(own).Contains(plate)));

    private static async Task<bool> HasHiddenCaseAsync(NpgsqlConnection connection, Guid sightingId, string[] only, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select exists (select from review_cases where sighting_id = $1 and state in ('open', 'proposed', 'skipped') and {ReviewLimit.Shows("$2")} is not true)", connection)
        {
            Parameters = { new() { Value = sightingId }, TextParameter.Of(only) },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <param name="ReadPlate">What the camera read, whatever was decided since.</param>
    /// <param name="Alternatives">Plates that it may have been to the camera.</param>
    private sealed record ReviewedSighting(Sighting Sighting, ActivityContext Trace, Guid? PassageId, string? ReadPlate, string[] Alternatives);
}
