using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Review;

/// <summary>Decisions that wait for a second person, all inside the caller's transaction. One of each person for a sighting.</summary>
internal static class ReviewProposals
{
    public static async Task<List<ReviewProposal>> OfAsync(NpgsqlConnection connection, Guid sightingId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select decision, plate, proposed_by, proposed_at from review_proposals where sighting_id = $1 order by proposed_at, proposed_by", connection)
        {
            Parameters = { new() { Value = sightingId } },
        };
        return await command.ReadAllAsync(r => Read(r, 0), cancellationToken);
    }

    /// <summary>Keeps a proposal; the sighting's cases wait, and a case is made where there was none.</summary>
    public static async Task KeepAsync(NpgsqlConnection connection, Sighting sighting, ReviewProposal proposal, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(
                    """
                    insert into review_proposals (sighting_id, proposed_by, decision, plate, proposed_at) values ($1, $2, $3, $4, $5)
                    on conflict (sighting_id, proposed_by) do update set decision = excluded.decision, plate = excluded.plate, proposed_at = excluded.proposed_at
                    """)
                {
                    Parameters = { new() { Value = sighting.Id }, new() { Value = proposal.By }, new() { Value = proposal.Decision }, TextParameter.Of(proposal.Plate), new() { Value = proposal.At } },
                },
                new("update review_cases set state = 'proposed', claimed_by = null, claimed_until = null where sighting_id = $1 and state in ('open', 'skipped', 'proposed')")
                {
                    Parameters = { new() { Value = sighting.Id } },
                },
                new(
                    """
                    insert into review_cases (id, kind, why, sighting_id, captured_at, station_id, plate, confidence, evidence, state, created_at)
                    select $2, 'second-person', $3, $1, $4, $5, $6, $7, $8, 'proposed', $9
                    where not exists (select from review_cases where sighting_id = $1 and state = 'proposed')
                    on conflict (sighting_id, kind) do update set state = 'proposed', why = excluded.why, resolved_plate = null, resolved_by = null, resolved_at = null
                    """)
                {
                    Parameters =
                    {
                        new() { Value = sighting.Id }, new() { Value = Guid.CreateVersion7(sighting.CapturedAt) }, new() { Value = $"{proposal.By} proposes {proposal.Plate ?? "no plate"} for it." },
                        new() { Value = sighting.CapturedAt }, new() { Value = sighting.StationId }, TextParameter.Of(sighting.Plate), new() { Value = sighting.Confidence }, TextParameter.Of(sighting.Evidence), new() { Value = proposal.At },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes a person's proposal back; the cases are open again when it was the last.</summary>
    public static async Task WithdrawAsync(NpgsqlConnection connection, Guid sightingId, string by, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("delete from review_proposals where sighting_id = $1 and proposed_by = $2") { Parameters = { new() { Value = sightingId }, new() { Value = by } } },
                new(
                    """
                    update review_cases set state = 'open'
                    where sighting_id = $1 and state = 'proposed' and not exists (select from review_proposals where sighting_id = $1)
                    """)
                {
                    Parameters = { new() { Value = sightingId } },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The sighting was decided: none waits any more.</summary>
    public static async Task ClearAsync(NpgsqlConnection connection, Guid sightingId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from review_proposals where sighting_id = $1", connection) { Parameters = { new() { Value = sightingId } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal static ReviewProposal Read(NpgsqlDataReader r, int first) => new(r.GetString(first), r.Text(first + 1), r.GetString(first + 2), r.Time(first + 3));
}
