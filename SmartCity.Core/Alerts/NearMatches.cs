using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Api;
using SmartCity.Core.Review;

namespace SmartCity.Core.Alerts;

/// <summary>
/// Readings that are not on the hot-list and may be a plate that is. They never raise an alert: a person decides, and a correction raises it. A plate
/// that was read beyond doubt is taken at its word, but for the characters that a plate's font does not tell apart: whoever typed the entry could not see them either.
/// </summary>
public sealed class NearMatches(HotListSieve sieve)
{
    private const double BeyondDoubt = 0.98;
    private const double AlternativeFrom = 0.02;

    /// <summary>A case for each sighting that may be of a vehicle of interest.</summary>
    public async Task<IReadOnlyList<ReviewCase>> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IEnumerable<Sighting> sightings, CancellationToken cancellationToken)
    {
        var all = sightings.ToArray();
        if (all.Length == 0)
        {
            return [];
        }

        await sieve.CatchUpAsync(connection, cancellationToken);
        var near = all.SelectMany((s, place) => Candidates(s).Concat(s.Plate is { } read ? sieve.MatchingInPrint(read) : []).Distinct().Select(plate => (Place: place, Pattern: plate))).ToArray();
        if (near.Length == 0)
        {
            return [];
        }

        var own = near.Select(n => n.Place).Distinct().SelectMany(place => all[place].Plate is { } plate ? sieve.Matching(plate).Select(pattern => (Place: place, Pattern: pattern)) : []).ToArray();
        var found = await EntriesAsync(connection, transaction, all, near, own, cancellationToken);
        return found.ConvertAll(f => (Sighting: all[f.Place], f.Entry)).ConvertAll(
            f => new ReviewCase("near-match", Why(f.Sighting, f.Entry), f.Sighting.Id, f.Sighting.CapturedAt, f.Sighting.StationId, f.Sighting.Plate, f.Sighting.Confidence, f.Sighting.Evidence));
    }

    // What a sighting may really be and may be on the list.
    private IEnumerable<string> Candidates(Sighting sighting)
    {
        if (sighting.Plate is { } sure && sighting.Confidence >= BeyondDoubt)
        {
            return NearPlates.SameInPrint(sure).Where(sieve.MayBeListed);
        }

        var considered = sighting.Alternatives.Where(a => a.Confidence >= AlternativeFrom).Select(a => a.Plate).Where(sieve.MayBeListed);
        return sighting.Plate is null ? considered : considered.Concat(NearPlates.LookingLike(sighting.Plate, sieve.MayBeListed)).Concat(NearPlates.SameInPrint(sighting.Plate).Where(sieve.MayBeListed));
    }

    private static string Why(Sighting sighting, Entry entry) => !PlatePattern.IsExact(entry.Pattern)
        ? $"Read as {sighting.Plate}; the pattern {entry.Pattern}, which it matches but for O and 0 or I and 1, is on the hot-list ({entry.Reason}, priority {entry.Priority})."
        : sighting.Plate is null
        ? $"A plate that was not read for certain may be {entry.Pattern}, which is on the hot-list ({entry.Reason}, priority {entry.Priority})."
        : $"Read as {sighting.Plate}; {entry.Pattern}, which looks alike ({NearPlates.Difference(sighting.Plate, entry.Pattern)}), is on the hot-list ({entry.Reason}, priority {entry.Priority}).";

    // The most urgent entry near to each sighting, unless an entry that is as urgent holds for the sighting's own plate: then there is an alert.
    private static async Task<List<(int Place, Entry Entry)>> EntriesAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Sighting[] sightings, (int Place, string Pattern)[] near, (int Place, string Pattern)[] own, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with own as (
                select o.place, min(e.priority) as priority from unnest($4, $5, $6) as o (place, pattern, at)
                cross join lateral (select priority from hotlist_entries where pattern = o.pattern and valid_from <= o.at and o.at < valid_to offset 0) as e
                group by o.place
            )
            select distinct on (n.place) n.place, e.pattern, e.reason, e.priority from unnest($1, $2, $3) as n (place, pattern, at)
            cross join lateral (select pattern, reason, priority from hotlist_entries where pattern = n.pattern and valid_from <= n.at and n.at < valid_to offset 0) as e
            left join own on own.place = n.place where own.priority is null or e.priority < own.priority order by n.place, e.priority, e.pattern
            """,
            connection,
            transaction);
        foreach (var asked in (ReadOnlySpan<(int Place, string Pattern)[]>)[near, own])
        {
            command.Parameters.Add(new() { Value = Array.ConvertAll(asked, a => a.Place) });
            command.Parameters.Add(new() { Value = Array.ConvertAll(asked, a => a.Pattern) });
            command.Parameters.Add(new() { Value = Array.ConvertAll(asked, a => sightings[a.Place].CapturedAt) });
        }

        return await command.ReadAllAsync(r => (r.GetInt32(0), new Entry(r.GetString(1), r.GetString(2), r.GetInt32(3))), cancellationToken);
    }

    private sealed record Entry(string Pattern, string Reason, int Priority);
}
