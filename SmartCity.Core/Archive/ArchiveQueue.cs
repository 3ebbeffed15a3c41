using Npgsql;
using SmartCity.Contracts;

namespace SmartCity.Core.Archive;

/// <summary>What waits to be archived.</summary>
internal static class ArchiveQueue
{
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
