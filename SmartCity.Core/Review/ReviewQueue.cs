using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Review;

/// <summary>Cases that a person decides.</summary>
public sealed class ReviewQueue(TimeProvider time)
{
    /// <summary>Adds cases inside the caller's transaction; a sighting has each kind of case once, with every reason, whatever is replayed. One that was settled and is not is open again.</summary>
    public async Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ReviewCase> cases, CancellationToken cancellationToken)
    {
        if (cases.Count == 0)
        {
            return;
        }

        cases = [.. cases.GroupBy(c => (c.SightingId, c.Kind)).Select(g => g.First() with { Why = string.Join(' ', g.Select(c => c.Why).Distinct()) })];
        await using var command = new NpgsqlCommand(
            """
            insert into review_cases (id, kind, why, sighting_id, captured_at, station_id, plate, confidence, evidence, other_id, other_at, other_station, other_plate, other_evidence, created_at)
            select c.*, $15 from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) as c
            on conflict (sighting_id, kind) do update set state = 'open', why = excluded.why, plate = excluded.plate, confidence = excluded.confidence, evidence = excluded.evidence,
                other_id = excluded.other_id, other_at = excluded.other_at, other_station = excluded.other_station, other_plate = excluded.other_plate, other_evidence = excluded.other_evidence, resolved_at = null where review_cases.state = 'settled'
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = cases.Select(c => Guid.CreateVersion7(c.CapturedAt)).ToArray() },
                new() { Value = cases.Select(c => c.Kind).ToArray() },
                new() { Value = cases.Select(c => c.Why).ToArray() },
                new() { Value = cases.Select(c => c.SightingId).ToArray() },
                new() { Value = cases.Select(c => c.CapturedAt).ToArray() },
                new() { Value = cases.Select(c => c.StationId).ToArray() },
                new() { Value = cases.Select(c => c.Plate).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = cases.Select(c => c.Confidence).ToArray() },
                new() { Value = cases.Select(c => c.Evidence).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                Others(c => c.Id, NpgsqlDbType.Uuid),
                Others(c => c.CapturedAt, NpgsqlDbType.TimestampTz),
                Others(c => c.StationId, NpgsqlDbType.Text),
                Others(c => c.Plate, NpgsqlDbType.Text),
                Others(c => c.Evidence, NpgsqlDbType.Text),
                new() { Value = time.GetUtcNow() },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);

        NpgsqlParameter Others(Func<OtherReading, object?> of, NpgsqlDbType type) => new() { Value = cases.Select(c => c.Other is { } other ? of(other) : null).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}
