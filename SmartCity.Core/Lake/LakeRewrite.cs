using Npgsql;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>Replaces files of a day by new ones in one commit.</summary>
internal sealed class LakeRewrite(NpgsqlDataSource dataSource, CityLake lake, LakeTable table, long fileBytes)
{
    /// <summary>Rows that <c>keep</c> left out.</summary>
    public long Dropped { get; private set; }

    /// <param name="day">Null for a table that is not partitioned.</param>
    /// <param name="keep">Which rows stay; null for all.</param>
    /// <returns>What was made; null if, with <paramref name="keep"/>, all rows stay and nothing was changed.</returns>
    /// <exception cref="InvalidDataException">A file is missing, truncated or damaged; the message names it.</exception>
    /// <exception cref="LakeConflictException">Somebody else took one of the files out of the table meanwhile.</exception>
    public async Task<ArchiveRoll?> RunAsync(DateOnly? day, IReadOnlyList<LiveFile> sources, Func<LakeBatch, int, bool>? keep, CancellationToken cancellationToken)
    {
        var merge = new LakeMerge(table.Definition, fileBytes);
        var made = new List<DataFile>();
        var opened = new List<(TemporaryFile File, LakeParquetReader Reader)>();
        try
        {
            foreach (var source in sources)
            {
                opened.Add(await LakeSource.OpenAsync(lake, table, source, cancellationToken));
            }

            await merge.RunAsync(opened.ConvertAll(o => o.Reader), keep, async (file, path) => made.Add(await table.UploadAsync(file, day, path, cancellationToken)));
            Dropped = merge.Dropped;
            var (came, went) = (opened.Sum(o => o.Reader.Rows), made.Sum(f => f.Rows) + merge.Dropped + merge.Superseded);
            if (came != went)
            {
                await RemoveAsync(made, cancellationToken);
                throw new InvalidDataException($"Of {came} rows in {string.Join(", ", sources.Select(s => s.File.Location))}, {went} came out: a file says wrongly from when to when its rows are. Nothing was changed.");
            }

            if (keep is not null && merge.Dropped == 0)
            {
                await RemoveAsync(made, cancellationToken);
                return null;
            }

            await CommitAsync(new LakeChange(Operation(merge, made), made, sources), cancellationToken);
            return new ArchiveRoll(made.Count, made.Sum(f => f.Rows), made.Sum(f => f.Bytes));
        }
        catch (LakeConflictException)
        {
            await RemoveAsync(made, cancellationToken);
            throw;
        }
        finally
        {
            foreach (var (file, reader) in opened)
            {
                reader.Dispose();
                file.Dispose();
            }
        }
    }

    private static string Operation(LakeMerge merge, List<DataFile> made) =>
        made.Count == 0 ? "delete" : merge.Dropped + merge.Superseded > 0 ? "overwrite" : "replace";

    private async Task CommitAsync(LakeChange change, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await table.CommitAsync(connection, transaction, change, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task RemoveAsync(List<DataFile> made, CancellationToken cancellationToken)
    {
        foreach (var file in made)
        {
            await lake.Files.DeleteAsync(file.Location, cancellationToken);
        }
    }
}
