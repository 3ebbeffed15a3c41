using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;

namespace SmartCity.Core.Archive;

/// <summary>What waits to be archived.</summary>
internal static class ArchiveQueue
{
    /// <summary>Archives sightings that are new, in the transaction that stores them: a row for each of their days, which is taken apart when an object has room for some of them only.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IEnumerable<Sighting> sightings, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var day in sightings.GroupBy(s => s.CapturedAt.UtcDateTime.Date))
        {
            var ordered = day.OrderBy(s => s.CapturedAt).ToList();
            batch.BatchCommands.Add(new NpgsqlBatchCommand("insert into archive_batches (id, from_at, to_at, rows, captured_at, sighting_ids, revisions) values ($1, $2, $3, $4, $5, $6, $7)")
            {
                Parameters =
                {
                    new() { Value = Guid.CreateVersion7() }, new() { Value = ordered[0].CapturedAt }, new() { Value = ordered[^1].CapturedAt }, new() { Value = ordered.Count },
                    new() { Value = ordered.ConvertAll(s => s.CapturedAt).ToArray() }, new() { Value = ordered.ConvertAll(s => s.Id).ToArray() },
                    new() { Value = ordered.Exists(s => s.Revision > 0) ? ordered.ConvertAll(s => s.Revision).ToArray() : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
                },
            });
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
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
