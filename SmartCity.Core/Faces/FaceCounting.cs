using System.Text.Json;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;
using SmartCity.Core.Api;

namespace SmartCity.Core.Faces;

/// <summary>Counts of deployments, from what their edges report and what people decided.</summary>
internal static class FaceCounting
{
    public static FaceCounts None { get; } = new(0, FaceRefusal.All.ToDictionary(r => r, _ => 0L), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>Deployments without any are left out.</summary>
    public static async Task<Dictionary<Guid, FaceCounts>> OfAsync(NpgsqlConnection connection, Guid[] deployments, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<Guid, FaceCounts>();
        await using var runs = new NpgsqlCommand("select deployment_id, faces, refused::text, passes, comparisons, matches, lost from face_runs where deployment_id = any($1)", connection) { Parameters = { new() { Value = deployments } } };
        foreach (var (id, one) in await runs.ReadAllAsync(
            r => (r.GetGuid(0), None with { Faces = r.GetInt64(1), Refused = JsonSerializer.Deserialize<Dictionary<string, long>>(r.GetString(2))!, Passes = r.GetInt64(3), Comparisons = r.GetInt64(4), Matches = r.GetInt64(5), Lost = r.GetInt64(6) }),
            cancellationToken))
        {
            counts[id] = Sum(counts.GetValueOrDefault(id, None), one);
        }

        await using var matches = new NpgsqlCommand(
            """
            select deployment_id, count(*), count(*) filter (where outcome = 'true'), count(*) filter (where outcome = 'false'), count(*) filter (where outcome = 'unresolved'),
                   count(*) filter (where outcome is null), count(*) filter (where destroyed_at is not null)
            from face_matches where deployment_id = any($1) group by 1
            """, connection)
        { Parameters = { new() { Value = deployments } } };
        foreach (var (id, one) in await matches.ReadAllAsync(
            r => (r.GetGuid(0), None with { Received = r.GetInt64(1), True = r.GetInt64(2), False = r.GetInt64(3), Unresolved = r.GetInt64(4), Waiting = r.GetInt64(5), Destroyed = r.GetInt64(6) }), cancellationToken))
        {
            counts[id] = Sum(counts.GetValueOrDefault(id, None), one);
        }

        return counts;
    }

    public static FaceCounts Sum(FaceCounts a, FaceCounts b) => new(
        a.Faces + b.Faces,
        FaceRefusal.All.ToDictionary(r => r, r => a.Refused.GetValueOrDefault(r) + b.Refused.GetValueOrDefault(r)),
        a.Passes + b.Passes,
        a.Comparisons + b.Comparisons,
        a.Matches + b.Matches,
        a.Received + b.Received,
        a.True + b.True,
        a.False + b.False,
        a.Unresolved + b.Unresolved,
        a.Waiting + b.Waiting,
        a.Lost + b.Lost,
        a.Destroyed + b.Destroyed);
}
