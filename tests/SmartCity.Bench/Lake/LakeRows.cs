using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Bench.Lake;

/// <summary>Sightings as <c>simulate</c> makes them, a day after the other: into the lake by the archive's own writer and commit, and the same rows into Postgres.</summary>
internal sealed class LakeRows(City city, DateOnly first, int days, long count)
{
    private const int RowsOfASlice = 250_000;
    private const double SecondsOfADay = 86_400;

    private static readonly NpgsqlDbType[] Types =
    [
        NpgsqlDbType.Uuid, NpgsqlDbType.TimestampTz, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Integer, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Double,
        NpgsqlDbType.Array | NpgsqlDbType.Real, NpgsqlDbType.Integer, NpgsqlDbType.Array | NpgsqlDbType.Integer, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Integer, NpgsqlDbType.Bigint, NpgsqlDbType.TimestampTz,
    ];

    /// <returns>How many rows there are.</returns>
    public async Task<long> ToLakeAsync(NpgsqlDataSource data, CityLake lake, Action<int> done, CancellationToken cancellationToken)
    {
        await lake.PrepareAsync(cancellationToken);
        var (rows, made) = (0L, 0);
        using var turn = new SemaphoreSlim(1);
        await Parallel.ForEachAsync(Enumerable.Range(0, days), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, async (day, token) =>
        {
            using var temporary = new TemporaryFile();
            var file = await lake.Sightings.UploadAsync(Write(day, temporary.Path), first.AddDays(day), temporary.Path, token);
            await turn.WaitAsync(token);
            try
            {
                await using var connection = await data.OpenConnectionAsync(token);
                await using var transaction = await connection.BeginTransactionAsync(token);
                await lake.Sightings.CommitAsync(connection, transaction, LakeChange.Append(file), token);
                await transaction.CommitAsync(token);
                rows += file.Rows;
                done(++made);
            }
            finally
            {
                turn.Release();
            }
        });
        return rows;
    }

    /// <summary>The rows of some days, each day in a table of its own, as the core has them.</summary>
    public async Task<long> ToPostgresAsync(NpgsqlDataSource data, int from, int some, CancellationToken cancellationToken)
    {
        var rows = 0L;
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        for (var day = from; day < from + some; day++)
        {
            var (begin, end) = (first.AddDays(day), first.AddDays(day + 1));
            await using (var table = new NpgsqlCommand($"create table if not exists sightings_of_{begin:yyyyMMdd} partition of sightings for values from ('{begin:yyyy-MM-dd} 00:00Z') to ('{end:yyyy-MM-dd} 00:00Z')", connection))
            {
                await table.ExecuteNonQueryAsync(cancellationToken);
            }

            await using var copy = await connection.BeginBinaryImportAsync(
                "copy sightings (id, captured_at, station_id, camera_id, lane, direction, plate, country, confidence, characters, frames, box, detector_version, reader_version, topic, partition, record_offset, stored_at) from stdin (format binary)", cancellationToken);
            foreach (var s in Day(day))
            {
                object?[] values =
                [
                    s.Id, s.CapturedAt.UtcDateTime, s.StationId, s.CameraId, s.Lane, s.Direction, s.Plate, s.Country, s.Confidence, s.Characters.Select(c => (float)c).ToArray(), s.Frames, s.Box.ToArray(), s.DetectorVersion, s.ReaderVersion,
                    Topics.Sightings, 0, rows++, s.CapturedAt.UtcDateTime,
                ];
                await copy.StartRowAsync(cancellationToken);
                for (var i = 0; i < values.Length; i++)
                {
                    await (values[i] is { } value ? copy.WriteAsync(value, Types[i], cancellationToken) : copy.WriteNullAsync(cancellationToken));
                }
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await using var analyze = new NpgsqlCommand("vacuum analyze sightings", connection) { CommandTimeout = 0 };
        await analyze.ExecuteNonQueryAsync(cancellationToken);
        return rows;
    }

    // As a day that is over is after its compaction.
    private DataFile Write(int day, string path)
    {
        using var writer = new LakeParquetWriter(LakeTables.Sightings, path, isTogether: true);
        var batch = new LakeBatch(LakeTables.Sightings);
        foreach (var s in Day(day))
        {
            var at = s.CapturedAt.UtcDateTime;
            batch.Add([
                s.Id.ToString(), at, s.StationId, s.CameraId, s.Lane, s.Direction, s.Plate, s.Country, s.Format, s.Confidence, s.Characters.Select(c => (float)c).ToArray(), s.Frames,
                s.Box[0], s.Box[1], s.Box[2], s.Box[3], s.Evidence, s.DetectorVersion, s.ReaderVersion, s.SpeedKmh, null, at, null, 0, null, null, null, at,
            ]);
            if (batch.Rows == RowsOfASlice)
            {
                Move();
            }
        }

        Move();
        return writer.Close();

        void Move()
        {
            foreach (var row in batch.Together([.. Enumerable.Range(0, batch.Rows)]))
            {
                writer.Add(batch, row, 1);
            }

            writer.Flush();
            batch.Clear();
        }
    }

    private IEnumerable<Sighting> Day(int day)
    {
        var (from, to) = (Start(day), Start(day + 1));
        return DemoTraffic.Sightings(city, day, from, count / (days * SecondsOfADay)).TakeWhile(s => s.CapturedAt < to);
    }

    private DateTimeOffset Start(int day) => new(first.AddDays(day), TimeOnly.MinValue, TimeSpan.Zero);
}
