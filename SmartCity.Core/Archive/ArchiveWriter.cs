using System.Globalization;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Archive;

/// <summary>What one roll or compaction made.</summary>
public sealed record ArchiveRoll(int Objects, long Rows, long Bytes)
{
    public static readonly ArchiveRoll Nothing = new(0, 0, 0);

    public static ArchiveRoll operator +(ArchiveRoll a, ArchiveRoll b) => new(a.Objects + b.Objects, a.Rows + b.Rows, a.Bytes + b.Bytes);
}

/// <summary>Sightings of one station and UTC day that wait for an object.</summary>
public sealed record ArchiveBacklog(string StationId, DateOnly Day, long Rows, DateTimeOffset Since);

/// <summary>
/// Moves queued sightings into Parquet objects, one for a UTC day and station. The transaction that takes rows off the queue ends when their object
/// is durable; an object that a crash left without that end is removed by the next roll. So the archive has each sighting once, and once
/// more in a later revision that came when it had been archived; of revisions that wait together it gets the last.
/// </summary>
public sealed class ArchiveWriter(NpgsqlDataSource dataSource, IObjectStore objects, TimeProvider time)
{
    internal const string ContentType = "application/vnd.apache.parquet";

    /// <summary>What waits, by station and day.</summary>
    public async Task<List<ArchiveBacklog>> BacklogAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select station_id, (captured_at at time zone 'UTC')::date, count(*), min(queued_at) from archive_queue group by 1, 2 order by 2, 1");
        return await command.ReadAllAsync(r => new ArchiveBacklog(r.GetString(0), r.GetFieldValue<DateOnly>(1), r.GetInt64(2), r.Time(3)), cancellationToken);
    }

    /// <summary>Removes first what a crash left half done, then writes what waits: full objects, and the rest of a backlog when it is older than asked.</summary>
    /// <param name="rowsOfAnObject">Rows that fill an object.</param>
    /// <param name="olderThan">Backlogs that wait since before this are written whole.</param>
    public async Task<ArchiveRoll> RollAsync(long rowsOfAnObject, DateTimeOffset olderThan, CancellationToken cancellationToken)
    {
        await using var turn = await ArchiveTurn.TryTakeAsync(dataSource, cancellationToken);
        if (turn is null)
        {
            return ArchiveRoll.Nothing;
        }

        await RemoveLeftOverAsync(cancellationToken);
        var rolled = ArchiveRoll.Nothing;
        foreach (var backlog in await BacklogAsync(cancellationToken))
        {
            var waiting = backlog.Since <= olderThan ? backlog.Rows : backlog.Rows / rowsOfAnObject * rowsOfAnObject;
            for (; waiting > 0; waiting -= rowsOfAnObject)
            {
                rolled += await WriteAsync(backlog, Math.Min(rowsOfAnObject, waiting), cancellationToken);
            }
        }

        return rolled;
    }

    /// <summary>A short text that no other object of the same first record has.</summary>
    internal static string NewSuffix(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("n", CultureInfo.InvariantCulture)[..12];

    private async Task RemoveLeftOverAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select key from archive_objects where state = 'writing' order by key");
        foreach (var key in await command.ReadAllAsync(r => r.GetString(0), cancellationToken))
        {
            await objects.DeleteAsync(key, cancellationToken);
            await using var forget = dataSource.CreateCommand("delete from archive_objects where key = $1");
            forget.Parameters.Add(new() { Value = key });
            await forget.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task<ArchiveRoll> WriteAsync(ArchiveBacklog backlog, long rows, CancellationToken cancellationToken)
    {
        var key = await AnnounceAsync(backlog, cancellationToken);
        using var file = new TemporaryFile();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var content = await TakeAsync(connection, transaction, backlog, rows, file.Path, cancellationToken);
        if (content.Rows == 0)
        {
            await using var forget = new NpgsqlCommand("delete from archive_objects where key = $1", connection, transaction) { Parameters = { new() { Value = key } } };
            await forget.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return ArchiveRoll.Nothing;
        }

        await objects.PutFileAsync(key, file.Path, ContentType, cancellationToken);
        await FinishAsync(connection, transaction, key, content, file.Length, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new ArchiveRoll(1, content.Rows, file.Length);
    }

    // The key names the record with which the object begins; the suffix keeps it apart from one of another run of a broker that forgets.
    private async Task<string> AnnounceAsync(ArchiveBacklog backlog, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            insert into archive_objects (key, station_id, day)
            select format('sightings/date=%s/station=%s/%s-%s-%s-%s.parquet', $3::date, $1, s.topic, s.partition, s.record_offset, $4), $1, $3
            from (select * from archive_queue where station_id = $1 and captured_at >= $2 and captured_at < $2 + interval '1 day' order by captured_at limit 1) as first
            join sightings s on s.captured_at = first.captured_at and s.id = first.sighting_id
            returning key
            """);
        Parameters(command, backlog.StationId, Start(backlog.Day), backlog.Day, NewSuffix(time));
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    // All of them may be revisions of which later ones still wait: then there are no rows.
    private static async Task<Content> TakeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ArchiveBacklog backlog, long rows, string path, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            with taken as (
                delete from archive_queue where ctid = any(array(
                    select ctid from archive_queue where station_id = $1 and captured_at >= $2 and captured_at < $2 + interval '1 day' order by captured_at limit $3
                )) returning captured_at, sighting_id, revision
            )
            select {SightingParquet.Select}
            from taken join sightings s on s.captured_at = taken.captured_at and s.id = taken.sighting_id
            where s.station_id = $1 and s.captured_at >= $2 and s.captured_at < $2 + interval '1 day'
              and not exists (select from archive_queue later where later.sighting_id = taken.sighting_id and later.revision > taken.revision)
            order by s.captured_at, s.id
            """,
            connection,
            transaction);
        Parameters(command, backlog.StationId, Start(backlog.Day), rows);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        using var parquet = new SightingParquet(path);
        var (first, last) = (DateTimeOffset.MaxValue, DateTimeOffset.MinValue);
        while (await reader.ReadAsync(cancellationToken))
        {
            parquet.Add(reader);
            last = reader.Time(SightingParquet.CapturedAt);
            first = first < last ? first : last;
        }

        parquet.Close();
        return new Content(parquet.Rows, first, last);
    }

    private async Task FinishAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string key, Content content, long bytes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "update archive_objects set state = 'written', rows = $2, bytes = $3, first_at = $4, last_at = $5, written_at = $6 where key = $1",
            connection,
            transaction);
        Parameters(command, key, content.Rows, bytes, content.FirstAt, content.LastAt, time.GetUtcNow());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static DateTime Start(DateOnly day) => day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);

    private static void Parameters(NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }
    }

    private sealed record Content(long Rows, DateTimeOffset FirstAt, DateTimeOffset LastAt);
}
