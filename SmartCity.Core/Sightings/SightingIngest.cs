using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Archive;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Doubts;
using SmartCity.Core.Kafka;
using SmartCity.Core.Live;
using SmartCity.Core.Passages;
using SmartCity.Core.Review;
using SmartCity.ServiceDefaults;

namespace SmartCity.Core.Sightings;

/// <summary>One batch, one transaction: sightings, passages, charges, alerts, review. Repeating a batch changes nothing.</summary>
public sealed class SightingIngest(
    NpgsqlDataSource dataSource,
    SightingPartitions partitions,
    PassageBuilder passages,
    ChargeLedger ledger,
    AlertRaiser raiser,
    NearMatches near,
    ReviewQueue review,
    ReadingCases cases,
    ReadingDoubts doubts,
    DaysInDoubt inDoubt,
    SightingRevisions revisions,
    LiveBatches live,
    TimeProvider time,
    ILogger<SightingIngest> logger)
{
    // What OpenTelemetry keeps of a span's links.
    private const int MostLinks = 128;

    // Days in doubt were stored and could not be worked out yet; at start perhaps by a core that ended before it could.
    private int _owes = 1;

    /// <summary>Why days in doubt could not be worked out at the last attempt; null when they were.</summary>
    public string? OwedBecause { get; private set; }

    /// <summary>Applies records that no consumer has read.</summary>
    public Task<IngestResult> ApplyAsync(IReadOnlyList<SightingRecord> records, IReadOnlyList<DeadLetter> deadLetters, CancellationToken cancellationToken) =>
        ApplyAsync(records, deadLetters, [], cancellationToken);

    /// <summary>Applies the records and the dead letters; when this returns they are durable.</summary>
    /// <param name="reached">Where their consumer goes on afterwards: stored in the last transaction of the batch.</param>
    public async Task<IngestResult> ApplyAsync(
        IReadOnlyList<SightingRecord> records, IReadOnlyList<DeadLetter> deadLetters, IReadOnlyList<ConsumerPosition> reached, CancellationToken cancellationToken)
    {
        await partitions.EnsureAsync(records.Select(r => DateOnly.FromDateTime(r.Sighting.CapturedAt.UtcDateTime)).Distinct(), cancellationToken);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await CorrectionGate.BeginBatchAsync(connection, Touched(records), cancellationToken);
        await DeadLetterStore.AddAsync(connection, transaction, deadLetters, cancellationToken);
        try
        {
            var (result, revised, inDoubtNow) = records.Count == 0 ? (IngestResult.Empty, [], false) : await ApplyAsync(connection, transaction, records, cancellationToken);
            if (revised.Count == 0)
            {
                await ConsumerPositions.KeepAsync(connection, transaction, reached, cancellationToken);
            }

            if (inDoubtNow)
            {
                // Before the commit, of which nobody may hear.
                Interlocked.Exchange(ref _owes, 1);
            }

            await PassageBuilder.BeforeCommitAsync(connection, transaction, result.Passages, live.Of(result.Stored.Concat(result.Revised.Select(r => r.Record)).Select(r => r.Sighting)), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            passages.Committed(result.Passages);
            result = result with { Charges = [.. result.Charges, .. await WorkOffAsync(cancellationToken)] };
            if (revised.Count == 0)
            {
                return result;
            }

            // A correction runs alone, and all of it comes again when it fails: what the batch stored is ignored then.
            var corrected = await revisions.ApplyAsync(revised, RecordsOf(revised, records), reached, cancellationToken);
            return result with { Revised = [.. result.Revised, .. corrected.Sightings], Charges = [.. result.Charges, .. corrected.Charges], Alerts = [.. result.Alerts, .. corrected.Alerts] };
        }
        catch (PostgresException e) when (SightingPartitions.IsMissing(e))
        {
            partitions.Forget();
            throw;
        }
    }

    /// <summary>
    /// Works out the days in doubt that are committed, also those of batches beside this one, and gives the lines added to the ledger. What cannot be worked out
    /// is owed on: it is no fault of any batch.
    /// </summary>
    public async Task<IReadOnlyList<ChargeView>> WorkOffAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _owes, 0) == 0)
        {
            return [];
        }

        try
        {
            var charges = await inDoubt.WorkOffAsync(cancellationToken);
            OwedBecause = null;
            return charges;
        }
        catch (Exception e)
        {
            Interlocked.Exchange(ref _owes, 1);
            cancellationToken.ThrowIfCancellationRequested();
            OwedBecause = e.Message;
            logger.LogWarning(e, "Days whose charges are in doubt cannot be worked out, and the core tries again.");
            return [];
        }
    }

    private async Task<(IngestResult Result, List<SightingRecord> Revised, bool InDoubt)> ApplyAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<SightingRecord> records, CancellationToken cancellationToken)
    {
        await SightingStore.LockStationsAsync(connection, transaction, records, cancellationToken);
        var (fresh, revised, moved, repeated) = await SightingStore.SelectNewAsync(connection, transaction, records, cancellationToken);
        var storedAt = time.GetUtcNow();
        await DeadLetterStore.SettleAsync(
            connection, transaction, records.Except(RecordsOf(revised, records)), r => fresh.Contains(r) ? "stored" : moved.Contains(r) ? SightingRevisions.TookPlace : "it had been stored before", storedAt, cancellationToken);
        var shown = await SightingRevisions.MoveAsync(connection, transaction, moved, cancellationToken);
        var built = await MatchAsync(connection, transaction, fresh, cancellationToken);
        await SightingStore.CopyAsync(connection, fresh, built.PassageOf, storedAt, cancellationToken);
        await ArchiveQueue.AddAsync(connection, transaction, fresh.Select(r => r.Sighting), cancellationToken);
        var alerts = await RaiseAsync(connection, transaction, built, fresh, cancellationToken);
        var nearMatches = await near.FindAsync(connection, transaction, fresh.Select(r => r.Sighting), cancellationToken);
        await review.AddAsync(connection, transaction, [.. fresh.SelectMany(r => cases.Of(r.Sighting, storedAt)), .. nearMatches], cancellationToken);
        await SightingStore.AddTotalsAsync(connection, transaction, Totals(records, fresh, [.. revised, .. moved, .. repeated], storedAt), storedAt, cancellationToken);
        await StationFlow.AddAsync(connection, transaction, fresh, cancellationToken);

        // Last, as batches take turns from here on: of two that see one plate at two places, the second finds what the first has stored.
        var sure = fresh.FindAll(r => cases.IsSure(r.Sighting, storedAt)).ConvertAll(Chargeable);
        var suspicion = await doubts.SuspectAsync(connection, transaction, sure, cancellationToken);
        await inDoubt.KeepAsync(connection, transaction, suspicion.Days, cancellationToken);
        var charges = await ChargeAsync(connection, transaction, fresh, sure.FindAll(s => !suspicion.Held.Contains(s.Id)), cancellationToken);
        var duplicates = records.Count - fresh.Count - revised.Count - moved.Count - repeated.Count;
        return (new IngestResult(fresh, built, storedAt, duplicates, charges, alerts) { Revised = shown, Again = [.. records.Except([.. fresh, .. moved, .. RecordsOf(revised, records)])], Repeated = [.. repeated] }, revised, suspicion.Days.Count > 0);
    }

    // A correction of a sighting without a plate is told apart by the sighting.
    private static IEnumerable<string> Touched(IReadOnlyList<SightingRecord> records) =>
        records.Select(r => r.Sighting).SelectMany(s => s.Plate is { } plate ? s.Revision > 0 ? [plate, CorrectionGate.Of(s.Id)] : (string[])[plate] : [CorrectionGate.Of(s.Id)]);

    // A record that came before in the batch stands or falls with the later revision of its sighting.
    private static List<SightingRecord> RecordsOf(List<SightingRecord> revised, IReadOnlyList<SightingRecord> records)
    {
        var sightings = revised.Select(r => (r.Sighting.CapturedAt, r.Sighting.Id)).ToHashSet();
        return [.. records.Where(r => sightings.Contains((r.Sighting.CapturedAt, r.Sighting.Id)))];
    }

    private async Task<PassageBatch> MatchAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, List<SightingRecord> fresh, CancellationToken cancellationToken)
    {
        using var span = Telemetry.Source.StartActivity("match", ActivityKind.Internal, default(ActivityContext), links: Links(fresh));
        return await passages.ApplyAsync(connection, transaction, fresh, cancellationToken);
    }

    private async Task<IReadOnlyList<ChargeView>> ChargeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, List<SightingRecord> fresh, List<ChargeableSighting> sure, CancellationToken cancellationToken)
    {
        using var span = Telemetry.Source.StartActivity("charge", ActivityKind.Internal, default(ActivityContext), links: Links(fresh));
        return await ledger.ApplyAsync(connection, transaction, sure, cancellationToken);
    }

    private static ChargeableSighting Chargeable(SightingRecord r) => new(
        r.Sighting.Id, r.Sighting.CapturedAt, r.Sighting.Plate!, r.Sighting.StationId, r.Sighting.CameraId, r.Sighting.Confidence, r.Sighting.Country, r.Sighting.Evidence, r.TraceId);

    // A vehicle of interest is looked up for the batch; the alert is told in the trace of its own sighting.
    private async Task<IReadOnlyList<AlertView>> RaiseAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, PassageBatch built, List<SightingRecord> fresh, CancellationToken cancellationToken)
    {
        var started = time.GetUtcNow();
        var alerts = await raiser.RaiseAsync(connection, transaction, built.Changes, cancellationToken);
        foreach (var alert in alerts)
        {
            var trace = fresh.Find(r => r.Sighting.Id == alert.SightingId)?.Trace ?? default;
            using var span = Telemetry.Source.StartActivity(
                "alert", ActivityKind.Internal, trace, [new("plate", Masking.Plate(alert.Plate)), new("station", alert.StationId), new("priority", alert.Priority)], startTime: started);
        }

        return alerts;
    }

    private static IEnumerable<ActivityLink> Links(List<SightingRecord> records) =>
        records.Where(r => r.Trace != default).Take(MostLinks).Select(r => new ActivityLink(r.Trace));

    private static List<StationTotal> Totals(IReadOnlyList<SightingRecord> records, List<SightingRecord> fresh, IReadOnlyList<SightingRecord> revised, DateTimeOffset storedAt)
    {
        var stored = fresh.CountBy(r => r.Sighting.StationId).ToDictionary();
        var changed = revised.CountBy(r => r.Sighting.StationId).ToDictionary();
        return
        [
            .. records.GroupBy(r => r.Sighting.StationId).Select(g =>
            {
                var added = stored.GetValueOrDefault(g.Key);
                var newest = g.Where(r => !ReadingCases.IsAhead(r.Sighting, storedAt)).Select(r => (DateTimeOffset?)r.Sighting.CapturedAt).Max();
                return new StationTotal(g.Key, added, g.Count() - added - changed.GetValueOrDefault(g.Key), newest ?? storedAt, g.Max(r => r.SentAt));
            }),
        ];
    }
}

/// <summary>What a batch changed.</summary>
/// <param name="Stored">Sightings that were new.</param>
/// <param name="Duplicates">Records whose sighting had come before, in that revision or a later one. Those that a batch brings when it is tried again are none.</param>
public sealed record IngestResult(
    IReadOnlyList<SightingRecord> Stored,
    PassageBatch Passages,
    DateTimeOffset StoredAt,
    int Duplicates,
    IReadOnlyList<ChargeView> Charges,
    IReadOnlyList<AlertView> Alerts)
{
    /// <summary>Sightings of which later frames showed more, with the passage of each.</summary>
    public IReadOnlyList<(SightingRecord Record, Guid? Passage)> Revised { get; init; } = [];

    /// <summary>Records whose sighting was there already: sent twice, or a batch that was committed without anybody hearing of it.</summary>
    public IReadOnlyList<SightingRecord> Again { get; init; } = [];

    /// <summary>Those of them that this batch itself had stored when it was tried before.</summary>
    public IReadOnlyList<SightingRecord> Repeated { get; init; } = [];

    public static readonly IngestResult Empty = new([], PassageBatch.Empty, default, 0, [], []);
}
