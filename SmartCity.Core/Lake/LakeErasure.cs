using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>
/// Takes a plate out of the lake for good: files of sightings and passages that have it are rewritten without its rows, and without what these rows were before and
/// after a correction; so are those of alerts that Postgres no longer has. All earlier states of these tables are let go, and then it is looked whether the plate is
/// gone. Charges and other alerts stay, as they do in Postgres. Erase the plate there first: what Postgres still has comes again.
/// </summary>
public sealed class LakeErasure(NpgsqlDataSource dataSource, CityLake lake, LakeExpiry expiry)
{
    /// <param name="fileBytes">Size of a new file at most.</param>
    /// <param name="rewritten">Is told of rows and files as soon as they are out of the table, for what comes after may fail.</param>
    /// <returns>What was done; null while another core archives or compacts.</returns>
    /// <exception cref="InvalidDataException">A file is missing or damaged; the message names it. What was rewritten before it stays so.</exception>
    /// <exception cref="IOException">An old file cannot be deleted; the message names it. The next run tries again.</exception>
    public async Task<LakeErased?> RunAsync(string plate, long fileBytes, Func<long, int, Task>? rewritten, CancellationToken cancellationToken)
    {
        await using var turn = await ArchiveTurn.TryTakeAsync(dataSource, cancellationToken);
        if (turn is null)
        {
            return null;
        }

        var (rows, files, left) = (0L, 0, new List<string>());
        var tables = lake.Tables.Where(t => t.Definition.IsRemovedByDay || t.Definition == LakeTables.Alerts).ToList();
        foreach (var table in tables)
        {
            var stays = table.Definition == LakeTables.Alerts ? await AlertsAsync(plate, cancellationToken) : [];
            foreach (var found in await FindAsync(table, plate, stays, cancellationToken))
            {
                var (rewrite, id) = (new LakeRewrite(dataSource, lake, table, fileBytes), table.Definition.IndexOf("id"));
                await rewrite.RunAsync(found.Day, found.Files, (batch, row) => !found.Ids.Contains(batch.Values[id].Text(row)!), cancellationToken);
                rows += rewrite.Dropped;
                files += found.Files.Count;
                if (rewritten is not null)
                {
                    await rewritten(rewrite.Dropped, found.Files.Count);
                }
            }
        }

        await expiry.FinishAsync(cancellationToken);
        foreach (var table in tables)
        {
            await expiry.RunAsync(table, DateTimeOffset.MaxValue, cancellationToken);
            left.AddRange(await StillAsync(table, plate, cancellationToken));
        }

        return new LakeErased(rows, files, left);
    }

    private async Task<HashSet<string>> AlertsAsync(string plate, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id::text from alerts where plate = $1").With(plate);
        return [.. await command.ReadAllAsync(r => r.GetString(0), cancellationToken)];
    }

    // By day the rows, and all files with a version of one of them: of a sighting that was corrected, one may have the plate and another none of it.
    private async Task<List<Found>> FindAsync(LakeTable table, string plate, HashSet<string> stays, CancellationToken cancellationToken)
    {
        var (found, id) = (new List<Found>(), table.Definition.IndexOf("id"));
        var columns = LakePlates.ColumnsOf(table.Definition);
        foreach (var day in (await table.LiveAsync(dataSource, cancellationToken)).GroupBy(f => f.File.Partition.Count == 0 ? null : (int?)f.File.Partition[0]))
        {
            var ids = new HashSet<string>(StringComparer.Ordinal);
            var files = new List<LiveFile>();
            foreach (var file in day.Where(f => LakePlates.MayHave(table.Definition, f.File, plate)))
            {
                await ReadAsync(table, file, (batch, row) => Array.Exists(columns, c => batch.Values[c].Text(row) == plate) && batch.Values[id].Text(row) is { } text && !stays.Contains(text) && (ids.Add(text) || true), files, cancellationToken);
            }

            if (ids.Count > 0 && table.Definition.NewestBy.Count > 0)
            {
                foreach (var file in day.Except(files).ToList())
                {
                    await ReadAsync(table, file, (batch, row) => ids.Contains(batch.Values[id].Text(row)!), files, cancellationToken);
                }
            }

            if (ids.Count > 0)
            {
                found.Add(new Found(day.Key is { } key ? LakeDay.Of(key) : null, ids, files));
            }
        }

        return found;
    }

    // Looks at every row, and adds the file if one is meant.
    private async Task ReadAsync(LakeTable table, LiveFile file, Func<LakeBatch, int, bool> isMeant, List<LiveFile> files, CancellationToken cancellationToken)
    {
        var isOne = false;
        await foreach (var batch in LakeSource.BatchesAsync(lake, table, file, cancellationToken))
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                isOne |= isMeant(batch, row);
            }
        }

        if (isOne)
        {
            files.Add(file);
        }
    }

    // Earlier states that a tag or a branch keeps.
    private async Task<List<string>> StillAsync(LakeTable table, string plate, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        if (await table.LoadAsync(connection, null, cancellationToken) is not { } state || state.Metadata.Snapshots.Count < 2)
        {
            return [];
        }

        var live = (await table.LiveAsync(state, DateOnly.MinValue, DateOnly.MaxValue, cancellationToken)).Select(f => f.File.Location).ToHashSet(StringComparer.Ordinal);
        var columns = LakePlates.ColumnsOf(table.Definition);
        var (seen, still) = (new HashSet<string>(StringComparer.Ordinal), new List<LiveFile>());
        foreach (var snapshot in state.Metadata.Snapshots)
        {
            foreach (var manifest in (await table.ManifestsAsync(snapshot, cancellationToken)).Where(m => m.Content == 0 && seen.Add(m.Location)))
            {
                foreach (var entry in (await table.EntriesAsync(state.Metadata, manifest, cancellationToken)).Where(e => e.Status != EntryStatus.Deleted && !live.Contains(e.File.Location) && seen.Add(e.File.Location) && LakePlates.MayHave(table.Definition, e.File, plate)))
                {
                    await ReadAsync(table, new LiveFile(manifest.SpecId, entry), (batch, row) => Array.Exists(columns, c => batch.Values[c].Text(row) == plate), still, cancellationToken);
                }
            }
        }

        return still.ConvertAll(f => f.File.Location);
    }

    private sealed record Found(DateOnly? Day, HashSet<string> Ids, List<LiveFile> Files);
}

/// <param name="Files">Files that had the plate, or another version of a row with it, and were rewritten.</param>
/// <param name="Left">Old files that a tag or a branch names and that still have the plate; it is erased when there are none.</param>
public sealed record LakeErased(long Rows, int Files, IReadOnlyList<string> Left);
