using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Kafka;
using SmartCity.Core.Live;
using SmartCity.Core.Review;

namespace SmartCity.Core.Sightings;

/// <summary>
/// Later revisions of stored sightings, in one transaction: the new reading takes the place of the old one, and its passage, charges, alerts and cases
/// follow. What a person has decided or proposed stays, and what was erased. Repeating it changes nothing. The archive gets the new revision as another row.
/// Where the reading stays, nothing follows but the passage's direction.
/// </summary>
public sealed class SightingRevisions(NpgsqlDataSource dataSource, ReadingMove moves, ChargeLedger ledger, NearMatches near, ReviewQueue review, ReadingCases cases, LiveBatches live, TimeProvider time)
{
    internal const string TookPlace = "it took the place of the revision before";

    /// <param name="records">The latest revision of each sighting.</param>
    /// <param name="all">Every record of these sightings; of those that were replayed it is said what became of them.</param>
    /// <param name="reached">Where the consumer of the batch goes on afterwards.</param>
    internal Task<Revised> ApplyAsync(
        IReadOnlyList<SightingRecord> records, IReadOnlyList<SightingRecord> all, IReadOnlyList<ConsumerPosition> reached, CancellationToken cancellationToken) =>
        CorrectionGate.CorrectAsync(dataSource, [], correction => ApplyAsync(correction, records, all, reached, cancellationToken), cancellationToken);

    private async Task<Revised> ApplyAsync(
        Correction correction, IReadOnlyList<SightingRecord> records, IReadOnlyList<SightingRecord> all, IReadOnlyList<ConsumerPosition> reached, CancellationToken cancellationToken)
    {
        var (connection, transaction) = (correction.Connection, correction.Transaction);
        await TouchAsync(correction, records, cancellationToken);
        var (sightings, charges, alerts) = (new List<(SightingRecord, Guid?)>(), new List<ChargeView>(), new List<AlertView>());
        var results = new Dictionary<SightingRecord, string>();
        foreach (var record in records)
        {
            var s = record.Sighting;
            if (await FindAsync(connection, transaction, s, cancellationToken) is not { } stored || stored.Revision >= s.Revision)
            {
                continue;
            }

            if (stored.IsDecided || stored.IsErased)
            {
                await CountAsync(connection, transaction, record, cancellationToken);
                results[record] = stored.IsErased ? "the sighting was erased, and that stays" : "a person had decided on the sighting or proposed a decision, and that stays";
                continue;
            }

            await WriteAsync(connection, transaction, record, cancellationToken);
            var moved = await moves.ApplyAsync(connection, transaction, record, stored.PassageId, cancellationToken);
            await review.AddAsync(connection, transaction, [.. cases.Of(s, stored.StoredAt), .. await near.FindAsync(connection, transaction, [s], cancellationToken)], cancellationToken);
            var days = await moves.DaysAsync(connection, transaction, s with { Plate = stored.Plate }, s.Plate, cancellationToken);
            correction.Touches(days.Select(d => d.Plate));
            charges.AddRange(await ledger.SettleAsync(connection, transaction, days, Why(stored.Plate, s), null, cancellationToken));
            alerts.AddRange(moved.Alerts);
            sightings.Add((record, moved.Passage));
            results[record] = TookPlace;
        }

        await DeadLetterStore.SettleAsync(connection, transaction, all, r => results.GetValueOrDefault(r, "it had been stored before"), time.GetUtcNow(), cancellationToken);
        await ConsumerPositions.KeepAsync(connection, transaction, reached, cancellationToken);
        if (live.Of(sightings.Select(r => r.Item1.Sighting)) is { } told)
        {
            await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { told } };
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return new Revised(sightings, charges, alerts);
    }

    // All at once, as each time it begins again.
    private async Task TouchAsync(Correction correction, IReadOnlyList<SightingRecord> records, CancellationToken cancellationToken)
    {
        if (correction.IsAlone)
        {
            return;
        }

        var plates = records.Select(r => CorrectionGate.Of(r.Sighting.Id)).ToHashSet(StringComparer.Ordinal);
        foreach (var s in records.Select(r => r.Sighting))
        {
            if (await FindAsync(correction.Connection, correction.Transaction, s, cancellationToken) is { } stored)
            {
                plates.UnionWith((await moves.DaysAsync(correction.Connection, correction.Transaction, s with { Plate = stored.Plate }, s.Plate, cancellationToken)).Select(d => d.Plate));
            }
        }

        correction.Touches(plates);
    }

    /// <summary>Later revisions with the reading that is stored, in the transaction of their batch: nothing is corrected, so they need not run alone.</summary>
    /// <returns>Each with the passage that it is part of.</returns>
    internal static async Task<IReadOnlyList<(SightingRecord Record, Guid? Passage)>> MoveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<SightingRecord> records, CancellationToken cancellationToken)
    {
        var moved = new List<(SightingRecord, Guid?)>();
        foreach (var record in records)
        {
            var s = record.Sighting;
            await using var batch = new NpgsqlBatch(connection, transaction)
            {
                BatchCommands =
                {
                    Update(record, s),
                    Queue(s),
                    new NpgsqlBatchCommand(
                        """
                        with moved as (
                            update passages p set direction = s.direction from sightings s where s.captured_at = $1 and s.id = $2 and p.id = s.passage_id and p.best_sighting_id = s.id
                        )
                        select passage_id from sightings where captured_at = $1 and id = $2
                        """)
                    {
                        Parameters = { new() { Value = s.CapturedAt }, new() { Value = s.Id } },
                    },
                },
            };
            moved.Add((record, await batch.ExecuteScalarAsync(cancellationToken) as Guid?));
        }

        return moved;
    }

    private static string Why(string? before, Sighting s) => before == s.Plate
        ? $"Later frames of sighting {s.Id} showed {s.Plate} better."
        : $"The reading {before ?? "without a plate"} of sighting {s.Id} was corrected to {s.Plate ?? "none"} by later frames of its camera.";

    private static async Task<Stored?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Sighting s, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select revision, plate, passage_id, reviewed_at is not null or exists (select from review_proposals p where p.sighting_id = s.id), erased_at is not null, stored_at
            from sightings s where captured_at = $1 and id = $2
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = s.CapturedAt }, new() { Value = s.Id } },
        };
        return (await command.ReadAllAsync(r => new Stored(r.GetInt32(0), r.Text(1), r.Id(2), r.GetBoolean(3), r.GetBoolean(4), r.Time(5)), cancellationToken)).SingleOrDefault();
    }

    // The edge counts what it has sent.
    private static async Task CountAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, SightingRecord record, CancellationToken cancellationToken)
    {
        var (s, position) = (record.Sighting, record.Position);
        await using var command = new NpgsqlCommand("update sightings set revision = $3, topic = $4, partition = $5, record_offset = $6 where captured_at = $1 and id = $2", connection, transaction)
        {
            Parameters =
            {
                new() { Value = s.CapturedAt }, new() { Value = s.Id }, new() { Value = s.Revision },
                new() { Value = position.Topic }, new() { Value = position.Partition }, new() { Value = position.Offset },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Its cases were about the reading before; those that hold for the new one are opened again.
    private async Task WriteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, SightingRecord record, CancellationToken cancellationToken)
    {
        var s = record.Sighting;
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                Update(record, s),
                new NpgsqlBatchCommand("update sightings set passage_id = null where captured_at = $1 and id = $2") { Parameters = { new() { Value = s.CapturedAt }, new() { Value = s.Id } } },
                new NpgsqlBatchCommand("update review_cases set state = 'settled', resolved_at = $2, claimed_by = null, claimed_until = null where sighting_id = $1 and state in ('open', 'skipped')")
                {
                    Parameters = { new() { Value = s.Id }, new() { Value = time.GetUtcNow() } },
                },
                Queue(s),
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlBatchCommand Update(SightingRecord record, Sighting s) => new(
        """
        update sightings set revision = $3, plate = $4, country = $5, format = $6, confidence = $7, characters = $8, alternatives = $9, frames = $10, box = $11, evidence = $12,
            detector_version = $13, reader_version = $14, direction = $15, speed_kmh = $16, clock_synchronised = $17, movement = $18,
            evidence_sha256 = $19, patch_sha256 = $20, topic = $21, partition = $22, record_offset = $23
        where captured_at = $1 and id = $2
        """)
    {
        Parameters =
        {
            new() { Value = s.CapturedAt }, new() { Value = s.Id }, new() { Value = s.Revision }, TextParameter.Of(s.Plate), TextParameter.Of(s.Country), TextParameter.Of(s.Format), new() { Value = s.Confidence },
            new() { Value = SightingStore.Singles(s.Characters) }, new() { Value = JsonSerializer.Serialize(s.Alternatives, JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb }, new() { Value = s.Frames },
            new() { Value = s.Box.ToArray() }, TextParameter.Of(s.Evidence), TextParameter.Of(s.DetectorVersion), TextParameter.Of(s.ReaderVersion), TextParameter.Of(s.Direction),
            Value(s.SpeedKmh, NpgsqlDbType.Double), Value(s.ClockSynchronised, NpgsqlDbType.Boolean), TextParameter.Of(s.Movement),
            Digest(s.EvidenceSha256), Digest(s.PatchSha256), new() { Value = record.Position.Topic }, new() { Value = record.Position.Partition }, new() { Value = record.Position.Offset },
        },
    };

    private static NpgsqlBatchCommand Queue(Sighting s) => new("insert into archive_queue (sighting_id, captured_at, station_id, revision) values ($1, $2, $3, $4)")
    {
        Parameters = { new() { Value = s.Id }, new() { Value = s.CapturedAt }, new() { Value = s.StationId }, new() { Value = s.Revision } },
    };

    private static NpgsqlParameter Digest(string? hex) => new() { Value = hex is null ? DBNull.Value : Convert.FromHexString(hex), NpgsqlDbType = NpgsqlDbType.Bytea };

    private static NpgsqlParameter Value<T>(T? value, NpgsqlDbType type)
        where T : struct => new() { Value = value is { } known ? known : DBNull.Value, NpgsqlDbType = type };

    private sealed record Stored(int Revision, string? Plate, Guid? PassageId, bool IsDecided, bool IsErased, DateTimeOffset StoredAt);
}

/// <summary>What revisions changed.</summary>
public sealed record Revised(IReadOnlyList<(SightingRecord Record, Guid? Passage)> Sightings, IReadOnlyList<ChargeView> Charges, IReadOnlyList<AlertView> Alerts);
