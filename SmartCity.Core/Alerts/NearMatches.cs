using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Api;
using SmartCity.Core.Review;

namespace SmartCity.Core.Alerts;

/// <summary>
/// Readings that are not on the hot-list and may be a plate that is. They never raise an alert: a person decides, and a correction raises it. A plate
/// that was read beyond doubt is taken at its word.
/// </summary>
/// <param name="mayMatch">Sifts plates; false must be certain.</param>
public sealed class NearMatches(Predicate<string> mayMatch)
{
    private const double BeyondDoubt = 0.98;
    private const double AlternativeFrom = 0.02;

    /// <summary>A case for each sighting that may be of a vehicle of interest.</summary>
    public async Task<IReadOnlyList<ReviewCase>> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IEnumerable<Sighting> sightings, CancellationToken cancellationToken)
    {
        var cases = new List<ReviewCase>();
        foreach (var sighting in sightings.Where(s => s.Plate is null || (s.Confidence < BeyondDoubt && !mayMatch(s.Plate))))
        {
            var near = Candidates(sighting).Where(p => mayMatch(p)).Distinct().ToArray();
            if (near.Length > 0 && await EntryAsync(connection, transaction, near, sighting.CapturedAt, cancellationToken) is { } entry)
            {
                cases.Add(new ReviewCase("near-match", Why(sighting, entry), sighting.Id, sighting.CapturedAt, sighting.StationId, sighting.Plate, sighting.Confidence, sighting.Evidence));
            }
        }

        return cases;
    }

    internal static IEnumerable<string> Candidates(Sighting sighting)
    {
        var considered = sighting.Alternatives.Where(a => a.Confidence >= AlternativeFrom).Select(a => a.Plate);
        return sighting.Plate is null ? considered : considered.Concat(NearPlates.LookingLike(sighting.Plate));
    }

    private static string Why(Sighting sighting, Entry entry) => sighting.Plate is null
        ? $"A plate that was not read for certain may be {entry.Pattern}, which is on the hot-list ({entry.Reason}, priority {entry.Priority})."
        : $"Read as {sighting.Plate}; {entry.Pattern}, which looks alike ({NearPlates.Difference(sighting.Plate, entry.Pattern)}), is on the hot-list ({entry.Reason}, priority {entry.Priority}).";

    private static async Task<Entry?> EntryAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string[] plates, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select pattern, reason, priority from hotlist_entries where pattern = any($1) and valid_from <= $2 and $2 < valid_to order by priority, pattern limit 1", connection, transaction)
        {
            Parameters = { new() { Value = plates }, new() { Value = at } },
        };
        return (await command.ReadAllAsync(r => new Entry(r.GetString(0), r.GetString(1), r.GetInt32(2)), cancellationToken)).FirstOrDefault();
    }

    private sealed record Entry(string Pattern, string Reason, int Priority);
}
