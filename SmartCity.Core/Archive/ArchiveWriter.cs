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
    // would rather compare every one with every other. All revisions of a sighting have the same time, so an object takes all that wait. Of the batches only
    // those are opened that have what is taken; what an object leaves of them waits on.
    internal static readonly string Take =
        $"""
        with batches as (
            select to_at, sum(rows) over (order by from_at, id) - rows as before from archive_batches where from_at >= $1 and from_at < $2
        ),
        edge as (
            select captured_at from (
                select captured_at from archive_queue where captured_at >= $1 and captured_at < $2
                union all
                select unnest(captured_at) from archive_batches where from_at >= $1 and from_at < $2 and from_at <= (select max(to_at) from batches where before < $3)
            ) as w order by captured_at offset $3 - 1 limit 1
        ),
        taken as (
            delete from archive_queue where captured_at >= $1 and captured_at < $2 and captured_at <= coalesce((select captured_at from edge), 'infinity')
            returning captured_at, sighting_id
        ),
        opened as (
            delete from archive_batches where from_at >= $1 and from_at < $2 and from_at <= coalesce((select captured_at from edge), 'infinity')
            returning id, queued_at, captured_at, sighting_ids
        ),
        waiting as (
            select o.id, o.queued_at, w.captured_at, w.sighting_id, w.captured_at <= coalesce((select captured_at from edge), 'infinity') as is_taken
            from opened o cross join lateral unnest(o.captured_at, o.sighting_ids) as w (captured_at, sighting_id)
        ),
        rest as (
            insert into archive_batches (id, queued_at, from_at, to_at, rows, captured_at, sighting_ids, is_rest)
            select id, queued_at, min(captured_at), max(captured_at), count(*), array_agg(captured_at), array_agg(sighting_id), true from waiting where not is_taken group by id, queued_at
        )
        select {LakeTables.Sightings.Select}
        from (select captured_at, sighting_id from taken union select captured_at, sighting_id from waiting where is_taken order by captured_at, sighting_id) as t
        cross join lateral (
            select * from sightings s where s.captured_at = t.captured_at and s.id = t.sighting_id and s.captured_at >= $1 and s.captured_at < $2 offset 0
        ) as s
        order by t.captured_at, t.sighting_id
        """;

    /// <summary>What waits, by day.</summary>
    public async Task<List<ArchiveBacklog>> BacklogAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select (at at time zone 'UTC')::date, sum(rows)::bigint, min(queued_at)
            from (select captured_at as at, 1 as rows, queued_at from archive_queue union all select from_at, rows, queued_at from archive_batches) w group by 1 order by 1
            """);
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
