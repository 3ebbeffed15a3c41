using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Lake;

namespace SmartCity.Core.Archive;

/// <summary>What one roll or compaction made.</summary>
public sealed record ArchiveRoll(int Objects, long Rows, long Bytes)
{
    public static readonly ArchiveRoll Nothing = new(0, 0, 0);

    public static ArchiveRoll operator +(ArchiveRoll a, ArchiveRoll b) => new(a.Objects + b.Objects, a.Rows + b.Rows, a.Bytes + b.Bytes);
}

/// <summary>Sightings of a UTC day that wait for an object.</summary>
public sealed record ArchiveBacklog(DateOnly Day, long Rows, DateTimeOffset Since);

/// <summary>
/// Moves queued sightings into the lake's table <c>sightings</c>, an object at a time. The transaction that takes rows off the queue also moves the
/// table's pointer to the snapshot that has their object, which is durable by then: a crash leaves all of it or nothing. So the lake has each sighting once,
/// and once more as it is later, when it is corrected after it was archived; compaction leaves the newest.
/// </summary>
public sealed class ArchiveWriter(NpgsqlDataSource dataSource, CityLake lake)
{
    // Nothing is known yet of tables that were filled a moment ago, so each row is looked up by its key: a planner that has to guess how many are taken
    // would rather compare every one with every other. All revisions of a sighting have the same time, so an object takes all that wait.
    internal static readonly string Take =
        $"""
        with edge as (select captured_at from archive_queue where captured_at >= $1 and captured_at < $2 order by captured_at offset $3 - 1 limit 1),
        taken as (
            delete from archive_queue where captured_at >= $1 and captured_at < $2 and captured_at <= coalesce((select captured_at from edge), 'infinity')
            returning captured_at, sighting_id
        )
        select {LakeTables.Sightings.Select}
        from (select distinct captured_at, sighting_id from taken order by captured_at, sighting_id) as t
        cross join lateral (
            select * from sightings s where s.captured_at = t.captured_at and s.id = t.sighting_id and s.captured_at >= $1 and s.captured_at < $2 offset 0
        ) as s
        order by t.captured_at, t.sighting_id
        """;

    /// <summary>What waits, by day.</summary>
    public async Task<List<ArchiveBacklog>> BacklogAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select (captured_at at time zone 'UTC')::date, count(*), min(queued_at) from archive_queue group by 1 order by 1");
        return await command.ReadAllAsync(r => new ArchiveBacklog(r.GetFieldValue<DateOnly>(0), r.GetInt64(1), r.Time(2)), cancellationToken);
    }

    /// <summary>Writes what waits: full objects, and the rest of a day when it is older than asked.</summary>
    /// <param name="rowsOfAnObject">Rows that fill an object.</param>
    /// <param name="olderThan">Days of which something waits since before this are written whole.</param>
    public async Task<ArchiveRoll> RollAsync(long rowsOfAnObject, DateTimeOffset olderThan, CancellationToken cancellationToken)
    {
        await using var turn = await ArchiveTurn.TryTakeAsync(dataSource, cancellationToken);
        if (turn is null)
        {
            return ArchiveRoll.Nothing;
        }

        await lake.PrepareAsync(cancellationToken);
        var rolled = ArchiveRoll.Nothing;
        foreach (var backlog in await BacklogAsync(cancellationToken))
        {
            var waiting = backlog.Since <= olderThan ? backlog.Rows : backlog.Rows / rowsOfAnObject * rowsOfAnObject;
            for (; waiting > 0; waiting -= rowsOfAnObject)
            {
                rolled += await WriteAsync(backlog.Day, Math.Min(rowsOfAnObject, waiting), cancellationToken);
            }
        }

        return rolled;
    }

    private async Task<ArchiveRoll> WriteAsync(DateOnly day, long rows, CancellationToken cancellationToken)
    {
        using var file = new TemporaryFile();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Take, connection, transaction);
        var start = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        foreach (var value in (object[])[start, start.AddDays(1), rows])
        {
            command.Parameters.Add(new() { Value = value });
        }

        var made = await lake.Sightings.WriteAsync(command, day, file.Path, cancellationToken);
        if (made is not null)
        {
            // A passage that goes on from the day before began there.
            await using var passages = new NpgsqlCommand("insert into lake_days values ($1), ($1 - 1) on conflict do nothing", connection, transaction) { Parameters = { new() { Value = day } } };
            await passages.ExecuteNonQueryAsync(cancellationToken);
            await lake.Sightings.CommitAsync(connection, transaction, LakeChange.Append(made), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return made is null ? ArchiveRoll.Nothing : new ArchiveRoll(1, made.Rows, made.Bytes);
    }
}
