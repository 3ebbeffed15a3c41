using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;

namespace SmartCity.Core.Archive;

/// <summary>What waits to be archived.</summary>
internal static class ArchiveQueue
{
    /// <summary>Archives sightings that are new, in the transaction that stores them.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, IEnumerable<Sighting> sightings, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync("copy archive_queue (sighting_id, captured_at, station_id, revision) from stdin (format binary)", cancellationToken);
        foreach (var s in sightings)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(s.Id, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(s.CapturedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(s.StationId, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(s.Revision, NpgsqlDbType.Integer, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    /// <summary>Archives a stored sighting again, as it is when the transaction is over, because a person has decided on its reading.</summary>
    public static NpgsqlBatchCommand Corrected(Sighting sighting, DateTimeOffset now) => new(
        """
        insert into archive_queue (sighting_id, captured_at, station_id, revision, corrected)
        select id, captured_at, station_id, revision, $3 from sightings where captured_at = $1 and id = $2 on conflict do nothing
        """)
    {
        Parameters = { new() { Value = sighting.CapturedAt }, new() { Value = sighting.Id }, new() { Value = (int)now.ToUnixTimeSeconds() } },
    };
}
