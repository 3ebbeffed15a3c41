using System.Security.Claims;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Review;

/// <summary>Reserves cases for people, each for one person at a time.</summary>
internal sealed class ReviewClaims(NpgsqlDataSource dataSource, SightingQueries sightings, IOptions<ReviewOptions> options, TimeProvider time)
{
    public const string SecondPerson = "second-person";
    public const string Skipped = "skipped";

    // Whoever has proposed has done their part, unless somebody else has proposed something too.
    private const string NotMineAlone =
        """
        (c.state <> 'proposed' or not exists (select from review_proposals p where p.sighting_id = c.sighting_id and p.proposed_by = @me)
            or exists (select from review_proposals p where p.sighting_id = c.sighting_id and p.proposed_by <> @me))
        """;

    // A case is of the version that read its sighting.
    private const string OfVersion =
        "(@version = '' or exists (select from sightings s where s.captured_at = c.captured_at and s.id = c.sighting_id and s.reader_version = @version))";

    /// <summary>Reserves the newest cases that are not reserved for somebody else. Cases that the user already has are included, and their reservation is extended.</summary>
    public async Task<IReadOnlyList<ReviewTask>> TakeAsync(ClaimsPrincipal user, ReviewClaim claim, CancellationToken cancellationToken)
    {
        var (kind, count, version) = claim;
        var now = time.GetUtcNow();
        var until = now + options.Value.Lease;
        var waiting = kind switch { SecondPerson => "c.state = 'proposed'", Skipped => "c.state = 'skipped'", null => "c.state = 'open'", _ => "c.state = 'open' and c.kind = @kind" };
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // One at a time, so that a sighting's cases all go to the same person.
        await using (var turn = new NpgsqlCommand("select pg_advisory_xact_lock(5, 0)", connection))
        {
            await turn.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var command = new NpgsqlCommand(
            $"""
            with free as (
                select c.sighting_id from review_cases c
                where {waiting} and {NotMineAlone} and {OfVersion} and {ReviewLimit.Shows("@only", "c")}
                    and not exists (select from review_cases o where o.sighting_id = c.sighting_id and o.claimed_until > @now and o.claimed_by <> @me)
                order by c.captured_at desc, c.id desc limit @count)
            update review_cases c set claimed_by = @me, claimed_until = @until
            where c.sighting_id in (select sighting_id from free) and {waiting} and {ReviewLimit.Shows("@only", "c")}
            returning {ReviewEndpoints.Columns}
            """,
            connection);
        command.Parameters.AddWithValue("me", user.Identity!.Name!);
        command.Parameters.AddWithValue("now", now);
        command.Parameters.AddWithValue("until", until);
        command.Parameters.AddWithValue("count", count);
        command.Parameters.AddWithValue("kind", kind ?? "");
        command.Parameters.AddWithValue("version", version ?? "");
        command.Parameters.Add(Only(StationLimit.Of(user)));
        var cases = await command.ReadAllAsync(ReviewEndpoints.Read, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return await TasksAsync(user, cases, until, cancellationToken);
    }

    /// <summary>Gives back the cases that are reserved for somebody.</summary>
    public async Task GiveBackAsync(string by, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("update review_cases set claimed_by = null, claimed_until = null where claimed_by = $1 and state in ('open', 'proposed', 'skipped')");
        command.Parameters.Add(new() { Value = by });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>For whom else the sighting is reserved, and until when; null if for nobody, or if whoever asks may not see the sighting.</summary>
    public async Task<(string By, DateTimeOffset Until)?> OtherAsync(Guid sightingId, ClaimsPrincipal me, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"select claimed_by, claimed_until from review_cases where sighting_id = $1 and state in ('open', 'proposed', 'skipped') and claimed_by <> $2 and claimed_until > $3 and {ReviewLimit.Shows("$4")} limit 1");
        foreach (var value in (object[])[sightingId, me.Identity!.Name!, time.GetUtcNow()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        command.Parameters.Add(TextParameter.Of(StationLimit.Of(me)));

        return await command.ReadAllAsync(r => (r.GetString(0), r.Time(1)), cancellationToken) is [var other] ? other : null;
    }

    /// <summary>Open cases by kind, what waits for another than the one who asks, and what was put off.</summary>
    /// <param name="version">Only readings by this version; null for any.</param>
    public async Task<List<ReviewCount>> CountAsync(ClaimsPrincipal me, string? version, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            select case c.state when 'open' then c.kind when 'proposed' then '{SecondPerson}' else '{Skipped}' end as shown, count(distinct c.sighting_id)
            from review_cases c where c.state in ('open', 'proposed', 'skipped') and {NotMineAlone} and {OfVersion} and {ReviewLimit.Shows("@only", "c")} group by shown order by shown
            """);
        command.Parameters.AddWithValue("me", me.Identity!.Name!);
        command.Parameters.AddWithValue("version", version ?? "");
        command.Parameters.Add(Only(StationLimit.Of(me)));
        return await command.ReadAllAsync(r => new ReviewCount(r.GetString(0), r.GetInt64(1)), cancellationToken);
    }

    private static NpgsqlParameter Only(string[]? stations)
    {
        var only = TextParameter.Of(stations);
        only.ParameterName = "only";
        return only;
    }

    private async Task<IReadOnlyList<ReviewTask>> TasksAsync(ClaimsPrincipal user, List<ReviewView> cases, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (cases.Count == 0)
        {
            return [];
        }

        var ids = cases.Select(c => c.SightingId).Distinct().ToArray();
        var seen = (await sightings.FindAsync(ids, cases.Min(c => c.CapturedAt), cases.Max(c => c.CapturedAt), cancellationToken)).ToDictionary(s => s.Id, s => Keepers.For(user, s));
        await using var command = dataSource.CreateCommand("select sighting_id, decision, plate, proposed_by, proposed_at from review_proposals where sighting_id = any($1) order by proposed_at, proposed_by");
        command.Parameters.Add(new() { Value = ids });
        var proposals = (await command.ReadAllAsync(r => (Sighting: r.GetGuid(0), Proposal: ReviewProposals.Read(r, 1)), cancellationToken)).ToLookup(p => p.Sighting, p => p.Proposal);
        return
        [
            .. cases.OrderByDescending(c => c.CapturedAt).ThenByDescending(c => c.Id).DistinctBy(c => c.SightingId).Where(c => seen.ContainsKey(c.SightingId))
                .Select(c => new ReviewTask(c, seen[c.SightingId], [.. proposals[c.SightingId]], until)),
        ];
    }
}
