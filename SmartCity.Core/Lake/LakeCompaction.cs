using Npgsql;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>
/// Rewrites the files of days that are over: small ones become large, those that overlap in time become one after the other, corrected rows take the place of
/// those before, and what was archived before there was a lake gets ids. One snapshot a day, of operation <c>replace</c> if all rows are the same, else
/// <c>overwrite</c>. Readers see the day before or after. A crash leaves files that no snapshot has; <see cref="LakeSweep"/> removes them.
/// </summary>
public sealed class LakeCompaction(NpgsqlDataSource dataSource, CityLake lake)
{
    /// <summary>Compacts every day before the one given into files of about <paramref name="fileBytes"/>.</summary>
    /// <exception cref="InvalidDataException">Files of the lake are missing or damaged; the days without them were compacted all the same.</exception>
    public async Task<ArchiveRoll> RunAsync(DateOnly before, long fileBytes, CancellationToken cancellationToken)
    {
        await using var turn = await ArchiveTurn.TryTakeAsync(dataSource, cancellationToken);
        if (turn is null)
        {
            return ArchiveRoll.Nothing;
        }

        await lake.PrepareAsync(cancellationToken);
        var (made, wrong) = (ArchiveRoll.Nothing, new List<string>());
        foreach (var table in lake.Tables.Where(t => t.Definition.PartitionBy is not null))
        {
            made += await RunAsync(table, before, fileBytes, wrong, cancellationToken);
        }

        return wrong.Count == 0 ? made : throw new InvalidDataException($"Days that are not compacted because files of the lake cannot be read: {string.Join(' ', wrong)}");
    }

    private async Task<ArchiveRoll> RunAsync(LakeTable table, DateOnly before, long fileBytes, List<string> wrong, CancellationToken cancellationToken)
    {
        List<LiveFile> live;
        int spec;
        await using (var connection = await dataSource.OpenConnectionAsync(cancellationToken))
        {
            var state = (await table.LoadAsync(connection, null, cancellationToken))!;
            spec = state.Metadata.Spec.Id;
            live = await table.LiveAsync(state, DateOnly.MinValue, before.AddDays(-1), cancellationToken);
        }

        var made = ArchiveRoll.Nothing;
        foreach (var day in live.GroupBy(f => (int)f.File.Partition[0]!).OrderBy(g => g.Key))
        {
            try
            {
                foreach (var group in CompactionPlan.Groups([.. day], table.Definition[table.Definition.SortBy[0]].Id, spec, fileBytes))
                {
                    made += await new LakeRewrite(dataSource, lake, table, fileBytes).RunAsync(LakeDay.Of(day.Key), group, null, cancellationToken) ?? ArchiveRoll.Nothing;
                }
            }
            catch (Exception e) when (e is InvalidDataException or ParquetSharp.ParquetException or LakeConflictException)
            {
                wrong.Add($"{LakeDay.Of(day.Key):yyyy-MM-dd}: {e.Message}");
            }
        }

        return made;
    }
}
