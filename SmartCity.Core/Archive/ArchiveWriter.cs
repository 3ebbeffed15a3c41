using Npgsql;
using SmartCity.Core.Api;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Archive;

/// <summary>What one roll made.</summary>
public sealed record ArchiveRoll(int Objects, long Rows, long Bytes);

/// <summary>
/// Moves queued sightings into Parquet objects, one for a UTC day and station. An object's rows are settled before it is written, so a crash
/// writes the same rows under the same key again: the archive has each stored sighting once.
/// </summary>
public sealed class ArchiveWriter(NpgsqlDataSource dataSource, IObjectStore objects, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Writes everything that waits, and first what a crash left half done.</summary>
    public async Task<ArchiveRoll> RollAsync(int rowsOfAnObject, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var rolled = new ArchiveRoll(0, 0, 0);
            foreach (var key in await LeftOverAsync(cancellationToken))
            {
                rolled = Add(rolled, await WriteAsync(key, cancellationToken));
            }

            while (await AssignAsync(rowsOfAnObject, cancellationToken) is { } key)
            {
                rolled = Add(rolled, await WriteAsync(key, cancellationToken));
            }

            return rolled;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>How many sightings wait, and since when the oldest does.</summary>
    public async Task<(long Rows, DateTimeOffset? Since)> WaitingAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select count(*), min(queued_at) from archive_queue");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.Time(1));
    }

    public void Dispose() => _one.Dispose();

    private static ArchiveRoll Add(ArchiveRoll sum, (long Rows, long Bytes) written) => new(sum.Objects + 1, sum.Rows + written.Rows, sum.Bytes + written.Bytes);

    private async Task<List<string>> LeftOverAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select key from archive_objects where state = 'writing' order by key");
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }

    // The key names the record with which the object begins; the short id keeps it apart from one of another run of a broker that forgets.
    private async Task<string?> AssignAsync(int rows, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            with first as (
                select s.station_id, date_trunc('day', s.captured_at, 'UTC') as day, s.topic, s.partition, s.record_offset
                from archive_queue q join sightings s on s.captured_at = q.captured_at and s.id = q.sighting_id
                where q.object_key is null order by q.captured_at limit 1
            ), object as (
                insert into archive_objects (key)
                select format('sightings/date=%s/station=%s/%s-%s-%s-%s.parquet', to_char(day at time zone 'UTC', 'YYYY-MM-DD'), station_id, topic, partition, record_offset, $2) from first
                returning key
            ), chosen as (
                select q.sighting_id from archive_queue q
                join first f on q.captured_at >= f.day and q.captured_at < f.day + interval '1 day'
                join sightings s on s.captured_at = q.captured_at and s.id = q.sighting_id and s.station_id = f.station_id
                where q.object_key is null order by q.captured_at limit $1
            )
            update archive_queue q set object_key = object.key from object, chosen where q.sighting_id = chosen.sighting_id returning object.key
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = rows }, new() { Value = Guid.CreateVersion7(time.GetUtcNow()).ToString("n")[..12] } },
        };
        var key = await command.ExecuteScalarAsync(cancellationToken) as string;
        await transaction.CommitAsync(cancellationToken);
        return key;
    }

    private async Task<(long Rows, long Bytes)> WriteAsync(string key, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(key, cancellationToken);
        var file = Path.Combine(Path.GetTempPath(), $"smartcity-{Guid.NewGuid():n}.parquet");
        try
        {
            SightingParquet.Write(file, rows);
            await objects.PutFileAsync(key, file, "application/vnd.apache.parquet", cancellationToken);
            var bytes = new FileInfo(file).Length;
            await FinishAsync(key, rows, bytes, cancellationToken);
            return (rows.Count, bytes);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private async Task<List<ArchivedSighting>> RowsAsync(string key, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select s.id, s.captured_at, s.station_id, s.camera_id, s.lane, s.direction, s.plate, s.country, s.format, s.confidence, s.characters, s.frames, s.box,
                s.evidence, s.detector_version, s.reader_version, s.speed_kmh, s.trace_id, s.stored_at
            from archive_queue q join sightings s on s.captured_at = q.captured_at and s.id = q.sighting_id
            where q.object_key = $1 order by s.captured_at, s.id
            """);
        command.Parameters.Add(new() { Value = key });
        return await command.ReadAllAsync(
            r => new ArchivedSighting(
                r.GetGuid(0), r.GetDateTime(1), r.GetString(2), r.GetString(3), r.Int(4), r.Text(5), r.Text(6), r.Text(7), r.Text(8), r.GetDouble(9), r.GetFieldValue<float[]>(10),
                r.GetInt32(11), r.GetFieldValue<int[]>(12), r.Text(13), r.Text(14), r.Text(15), r.Double(16), r.Text(17), r.GetDateTime(18)),
            cancellationToken);
    }

    private async Task FinishAsync(string key, List<ArchivedSighting> rows, long bytes, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            with gone as (delete from archive_queue where object_key = $1)
            update archive_objects set state = 'written', rows = $2, bytes = $3, first_at = $4, last_at = $5, written_at = $6 where key = $1
            """);
        foreach (var value in (object[])[key, (long)rows.Count, bytes, rows.Count == 0 ? DBNull.Value : rows[0].CapturedAt, rows.Count == 0 ? DBNull.Value : rows[^1].CapturedAt, time.GetUtcNow()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
