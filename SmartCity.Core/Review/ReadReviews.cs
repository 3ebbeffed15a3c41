using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Passages;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Review;

/// <summary>What a person says of a reading.</summary>
public enum ReviewDecision
{
    Confirmed,
    Corrected,
    NoPlate,
}

/// <summary>
/// Applies people's decisions on readings, each in one transaction: the sighting counts as what was decided, its passages, charges and alerts follow,
/// its open cases are closed, and the decision is kept as truth for training. What the camera read stays. Replays of the sighting change nothing.
/// </summary>
public sealed class ReadReviews(NpgsqlDataSource dataSource, PassageBuilder passages, ChargeLedger ledger, AlertRaiser raiser, TimeProvider time)
{
    /// <param name="plate">The right plate, with <see cref="ReviewDecision.Corrected"/>.</param>
    /// <returns>Null when there is no such sighting.</returns>
    /// <exception cref="ArgumentException">The decision does not go with the sighting; the message says why.</exception>
    public async Task<ReviewOutcome?> ApplyAsync(Guid sightingId, ReviewDecision decision, string? plate, string? by, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await CorrectionGate.TakeAsync(connection, transaction, cancellationToken);
        if (await FindAsync(connection, transaction, sightingId, cancellationToken) is not { } read)
        {
            return null;
        }

        var counts = decision switch
        {
            ReviewDecision.Confirmed => read.Sighting.Plate ?? throw new ArgumentException("The sighting has no plate to confirm; correct it, or say that it has none."),
            ReviewDecision.Corrected => plate ?? throw new ArgumentException("corrected needs the right plate."),
            _ => null,
        };
        await RecordAsync(connection, transaction, read, decision, counts, by, cancellationToken);
        var alerts = counts == read.Sighting.Plate ? [] : await MoveAsync(connection, transaction, read, counts, cancellationToken);
        var entries = await ledger.RederiveAsync(connection, transaction, Days(read.Sighting, counts), Why(read.Sighting, decision, counts), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new ReviewOutcome(sightingId, counts, entries, alerts);
    }

    private static VehicleDay[] Days(Sighting sighting, string? counts)
    {
        var day = ChargeRules.DayOf(sighting.CapturedAt);
        return [.. new[] { sighting.Plate, counts }.OfType<string>().Distinct().Select(p => new VehicleDay(p, day))];
    }

    private static string Why(Sighting sighting, ReviewDecision decision, string? counts) => decision switch
    {
        ReviewDecision.Confirmed => $"The reading {sighting.Plate} of sighting {sighting.Id} was confirmed.",
        ReviewDecision.Corrected => $"The reading {sighting.Plate ?? "without a plate"} of sighting {sighting.Id} was corrected to {counts}.",
        _ => $"The reading {sighting.Plate ?? "without a plate"} of sighting {sighting.Id} was found to show no plate.",
    };

    private async Task<IReadOnlyList<AlertView>> MoveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ReviewedSighting read, string? counts, CancellationToken cancellationToken)
    {
        if (read.PassageId is { } left)
        {
            await passages.LeaveAsync(connection, transaction, left, cancellationToken);
        }

        if (counts is null)
        {
            return [];
        }

        var record = new SightingRecord(read.Sighting with { Plate = counts, Confidence = 1 }, default, read.Trace);
        var joined = await passages.ApplyAsync(connection, transaction, [record], cancellationToken);
        await using var command = new NpgsqlCommand("update sightings set passage_id = $3 where captured_at = $1 and id = $2", connection, transaction)
        {
            Parameters = { new() { Value = read.Sighting.CapturedAt }, new() { Value = read.Sighting.Id }, new() { Value = joined.PassageOf[record] } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        return await raiser.RaiseAsync(connection, transaction, joined.Changes, cancellationToken);
    }

    private static async Task<ReviewedSighting?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select captured_at, station_id, camera_id, direction, plate, country, confidence, evidence, reader_version, trace_id, passage_id, coalesce(read_plate, case when reviewed_at is null then plate end)
            from sightings where id = $1
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = id } },
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
                r.Text(11)),
            cancellationToken);
        return found.FirstOrDefault();
    }

    private async Task RecordAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ReviewedSighting read, ReviewDecision decision, string? counts, string? by, CancellationToken cancellationToken)
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
                    insert into reviewed_reads (id, sighting_id, captured_at, station_id, camera_id, decision, read_plate, plate, confidence, evidence, reader_version, reviewed_by, reviewed_at)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                    """)
                {
                    Parameters =
                    {
                        new() { Value = Guid.CreateVersion7(now) }, new() { Value = s.Id }, new() { Value = s.CapturedAt }, new() { Value = s.StationId }, new() { Value = s.CameraId },
                        new() { Value = name }, Text(read.ReadPlate), Text(counts), new() { Value = s.Confidence }, Text(s.Evidence), Text(s.ReaderVersion), Text(by), new() { Value = now },
                    },
                },
                new NpgsqlBatchCommand(
                    """
                    update sightings set plate = $3, read_plate = case when reviewed_at is null then plate else read_plate end, reviewed_at = $4,
                        format = case when plate is not distinct from $3 then format end, passage_id = case when plate is not distinct from $3 then passage_id end
                    where captured_at = $1 and id = $2
                    """)
                {
                    Parameters = { new() { Value = s.CapturedAt }, new() { Value = s.Id }, Text(counts), new() { Value = now } },
                },
                new NpgsqlBatchCommand(
                    "update review_cases set state = $2, resolved_plate = $3, resolved_by = $4, resolved_at = $5 where sighting_id = $1 and state in ('open', 'skipped')")
                {
                    Parameters = { new() { Value = s.Id }, new() { Value = name }, Text(counts), Text(by), new() { Value = now } },
                },
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

    private static NpgsqlParameter Text(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    /// <param name="ReadPlate">What the camera read, whatever was decided since.</param>
    private sealed record ReviewedSighting(Sighting Sighting, ActivityContext Trace, Guid? PassageId, string? ReadPlate);
}
