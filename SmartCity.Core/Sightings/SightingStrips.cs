using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Sightings;

/// <summary>What edges have told of the frames before and after sightings.</summary>
internal sealed class SightingStrips(NpgsqlDataSource dataSource)
{
    /// <summary>Keeps what an edge tells of a strip.</summary>
    /// <returns>Whether it may put the picture; a sighting has one strip, and one that was erased has none any more.</returns>
    public async Task<StripAnswer> AddAsync(Guid sighting, EdgeStrip strip, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            with seen as materialized (select erased_at from sightings where id = $1 and captured_at = $2 for share), -- waits for an erasure that is under way
            added as (
                insert into sighting_strips (id, captured_at, key, sha256, width, height, milliseconds)
                select $1, $2, $3, $4, $5, $6, $7 where not exists (select from seen where erased_at is not null)
                on conflict (id, key) do nothing returning sha256)
            select sha256 from added union all select sha256 from sighting_strips where id = $1 and key = $3
            """);
        foreach (var value in (object[])[sighting, strip.CapturedAt, strip.Key, Convert.FromHexString(strip.Sha256), strip.Width, strip.Height, strip.Milliseconds.ToArray()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        var known = await command.ReadAllAsync(r => r.GetFieldValue<byte[]>(0), cancellationToken);
        return known is not [var sha256, ..] ? StripAnswer.Erased : sha256.AsSpan().SequenceEqual(Convert.FromHexString(strip.Sha256)) ? StripAnswer.Wanted : StripAnswer.Another;
    }

    /// <summary>The strips of some sightings, with the SHA-256 that their edges told of.</summary>
    public async Task<Dictionary<Guid, (SightingStrip Strip, byte[] Sha256)>> OfAsync(Guid[] sightings, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select t.id, t.key, t.width, t.height, t.milliseconds, t.sha256
            from sighting_strips t join sightings s on s.id = t.id and s.captured_at = t.captured_at and s.station_id = split_part(t.key, '/', 2)
            where t.id = any($1) and s.erased_at is null
            """);
        command.Parameters.Add(new() { Value = sightings });
        return (await command.ReadAllAsync(r => (Id: r.GetGuid(0), Strip: new SightingStrip(r.GetString(1), r.GetInt32(2), r.GetInt32(3), r.GetFieldValue<int[]>(4)), Sha256: r.GetFieldValue<byte[]>(5)), cancellationToken))
            .ToDictionary(s => s.Id, s => (s.Strip, s.Sha256));
    }
}

internal enum StripAnswer
{
    /// <summary>It is to be put.</summary>
    Wanted,

    /// <summary>The sighting has another strip.</summary>
    Another,

    /// <summary>The sighting was erased.</summary>
    Erased,
}
