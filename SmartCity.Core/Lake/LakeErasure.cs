using Npgsql;
using SmartCity.Core.Archive;

namespace SmartCity.Core.Lake;

/// <summary>
/// Takes a plate out of the lake for good: files of sightings and passages that have it are rewritten without its rows, all earlier states of these tables are
/// let go, and then it is looked whether the old objects are gone. Charges and alerts stay, as they do in Postgres. Erase the plate there first: what Postgres
/// still has comes again.
/// </summary>
public sealed class LakeErasure(NpgsqlDataSource dataSource, CityLake lake, LakeExpiry expiry)
{
    /// <param name="fileBytes">Size of a new file at most.</param>
    /// <returns>What was done; null while another core archives or compacts.</returns>
    /// <exception cref="InvalidDataException">A file is missing or damaged; the message names it. What was rewritten before it stays so.</exception>
    public async Task<LakeErased?> RunAsync(string plate, long fileBytes, CancellationToken cancellationToken)
    {
        await using var turn = await ArchiveTurn.TryTakeAsync(dataSource, cancellationToken);
        if (turn is null)
        {
            return null;
        }

        var (rows, old) = (0L, new List<string>());
        foreach (var table in lake.Tables.Where(t => t.Definition.IsRemovedByDay))
        {
            var columns = LakePlates.ColumnsOf(table.Definition);
            foreach (var file in await LiveAsync(table, cancellationToken))
            {
                var rewrite = new LakeRewrite(dataSource, lake, table, fileBytes);
                if (await rewrite.RunAsync(LakeDay.Of((int)file.File.Partition[0]!), [file], (batch, row) => !Array.Exists(columns, c => batch.Values[c].Text(row) == plate), cancellationToken) is not null)
                {
                    rows += rewrite.Dropped;
                    old.Add(file.File.Location);
                }
            }

            await expiry.RunAsync(table, DateTimeOffset.MaxValue, cancellationToken);
        }

        var left = new List<string>();
        foreach (var location in old)
        {
            if (await lake.Files.SizeAsync(location, cancellationToken) is not null)
            {
                left.Add(location);
            }
        }

        return new LakeErased(rows, old.Count, left);
    }

    private async Task<List<LiveFile>> LiveAsync(LakeTable table, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await table.LoadAsync(connection, null, cancellationToken) is { } state ? await table.LiveAsync(state, DateOnly.MinValue, DateOnly.MaxValue, cancellationToken) : [];
    }
}

/// <param name="Files">Files that had the plate and were rewritten.</param>
/// <param name="Left">Old files that are still there, because a tag or a branch names them; the plate is erased when there are none.</param>
public sealed record LakeErased(long Rows, int Files, IReadOnlyList<string> Left);
