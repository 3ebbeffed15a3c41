using Npgsql;
using SmartCity.Core.Api;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Archive;

/// <summary>
/// Puts the small objects of a past day and station together. The new object is durable and in the catalogue before the old ones go, and a crash at
/// any point is made good by the next run. In between a reader of the bare folder sees rows twice; the catalogue (<c>GET /api/archive/objects</c>) never does.
/// </summary>
public sealed class ArchiveCompaction(NpgsqlDataSource dataSource, IObjectStore objects, TimeProvider time)
{
    /// <summary>Compacts every day before the one given into objects of about <paramref name="objectBytes"/>.</summary>
    /// <exception cref="InvalidDataException">Objects of the catalogue are not in the store; the days without them were compacted all the same.</exception>
    public async Task<ArchiveRoll> RunAsync(DateOnly before, long objectBytes, CancellationToken cancellationToken)
    {
        await using var turn = await ArchiveTurn.TryTakeAsync(dataSource, cancellationToken);
        if (turn is null)
        {
            return ArchiveRoll.Nothing;
        }

        var lost = new List<string>();
        var made = await FinishLeftOverAsync(lost, cancellationToken);
        foreach (var group in (await SmallAsync(before, objectBytes, cancellationToken)).GroupBy(s => (s.Day, s.StationId)))
        {
            foreach (var sources in Groups([.. group], objectBytes).Where(g => g.Count > 1))
            {
                made += await WriteAsync(await AssignAsync(sources, cancellationToken), [.. sources.Select(s => s.Key)], lost, cancellationToken);
            }
        }

        await RemoveReplacedAsync(cancellationToken);
        return lost.Count == 0 ? made : throw new InvalidDataException($"These objects are in the archive's catalogue but not in the object store, so their days are not compacted: {string.Join(", ", lost)}.");
    }

    // In order, as many as an object holds.
    private static List<List<Small>> Groups(List<Small> small, long objectBytes)
    {
        var groups = new List<List<Small>>();
        var room = 0L;
        foreach (var source in small)
        {
            if (room < source.Bytes)
            {
                groups.Add([]);
                room = objectBytes;
            }

            groups[^1].Add(source);
            room -= source.Bytes;
        }

        return groups;
    }

    private async Task<List<Small>> SmallAsync(DateOnly before, long objectBytes, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select key, station_id, day, bytes from archive_objects where state = 'written' and day < $1 and bytes < $2 order by day, station_id, first_at");
        command.Parameters.Add(new() { Value = before });
        command.Parameters.Add(new() { Value = objectBytes });
        return await command.ReadAllAsync(r => new Small(r.GetString(0), r.GetString(1), r.GetFieldValue<DateOnly>(2), r.GetInt64(3)), cancellationToken);
    }

    private async Task<ArchiveRoll> FinishLeftOverAsync(List<string> lost, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select o.key, array_agg(s.key order by s.first_at) from archive_objects o join archive_objects s on s.replaced_by = o.key where o.state = 'compacting' group by o.key");
        var made = ArchiveRoll.Nothing;
        foreach (var (key, sources) in await command.ReadAllAsync(r => (r.GetString(0), r.GetFieldValue<string[]>(1)), cancellationToken))
        {
            made += await WriteAsync(key, sources, lost, cancellationToken);
        }

        return made;
    }

    // Keeps the name of the record with which the first object begins.
    private async Task<string> AssignAsync(List<Small> sources, CancellationToken cancellationToken)
    {
        var first = sources[0];
        var key = $"{first.Key[..first.Key.LastIndexOf('-')]}-{ArchiveWriter.NewSuffix(time)}.parquet";
        await using var command = dataSource.CreateCommand(
            """
            with target as (insert into archive_objects (key, state, station_id, day) values ($1, 'compacting', $2, $3))
            update archive_objects set replaced_by = $1 where key = any($4)
            """);
        foreach (var value in (object[])[key, first.StationId, first.Day, sources.ConvertAll(s => s.Key).ToArray()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
        return key;
    }

    // Notes what is lost and makes no object without it.
    private async Task<ArchiveRoll> WriteAsync(string key, IReadOnlyList<string> sources, List<string> lost, CancellationToken cancellationToken)
    {
        using var target = new TemporaryFile();
        long rows;
        using (var parquet = new SightingParquet(target.Path))
        {
            foreach (var source in sources)
            {
                using var file = new TemporaryFile();
                if (!await DownloadAsync(source, file.Path, cancellationToken))
                {
                    lost.Add(source);
                    return ArchiveRoll.Nothing;
                }

                parquet.AddFile(file.Path);
            }

            parquet.Close();
            rows = parquet.Rows;
        }

        await objects.PutFileAsync(key, target.Path, ArchiveWriter.ContentType, cancellationToken);
        await FinishAsync(key, rows, target.Length, cancellationToken);
        return new ArchiveRoll(1, rows, target.Length);
    }

    private async Task<bool> DownloadAsync(string key, string path, CancellationToken cancellationToken)
    {
        await using var content = await objects.OpenAsync(key, cancellationToken);
        if (content is null)
        {
            return false;
        }

        await using var file = File.Create(path);
        await content.CopyToAsync(file, cancellationToken);
        return true;
    }

    private async Task FinishAsync(string key, long rows, long bytes, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            with replaced as (update archive_objects set state = 'replaced' where replaced_by = $1 returning first_at, last_at)
            update archive_objects set state = 'written', rows = $2, bytes = $3, written_at = $4, first_at = (select min(first_at) from replaced), last_at = (select max(last_at) from replaced)
            where key = $1
            """);
        foreach (var value in (object[])[key, rows, bytes, time.GetUtcNow()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task RemoveReplacedAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select key from archive_objects where state = 'replaced' order by key");
        foreach (var key in await command.ReadAllAsync(r => r.GetString(0), cancellationToken))
        {
            await objects.DeleteAsync(key, cancellationToken);
            await using var forget = dataSource.CreateCommand("delete from archive_objects where key = $1 and state = 'replaced'");
            forget.Parameters.Add(new() { Value = key });
            await forget.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private sealed record Small(string Key, string StationId, DateOnly Day, long Bytes);
}
