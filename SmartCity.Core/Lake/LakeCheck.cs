using Npgsql;

namespace SmartCity.Core.Lake;

/// <summary>Whether the lake is whole: every file that the current snapshots name is there with its size and its rows, and nothing is there that no metadata names.</summary>
public sealed class LakeCheck(NpgsqlDataSource dataSource, CityLake lake, LakeSweep sweep)
{
    /// <param name="rows">Whether to read every row of every file too, for which it has to be downloaded.</param>
    public async Task<LakeVerdict> RunAsync(bool rows, CancellationToken cancellationToken)
    {
        var (faults, count, total) = (new List<string>(), 0L, 0L);
        foreach (var table in lake.Tables)
        {
            try
            {
                foreach (var file in await table.LiveAsync(dataSource, cancellationToken))
                {
                    count++;
                    total += file.File.Rows;
                    if (await FaultAsync(table, file, rows, cancellationToken) is { } fault)
                    {
                        faults.Add(fault);
                    }
                }
            }
            catch (InvalidDataException e)
            {
                faults.Add(e.Message);
            }
        }

        return new LakeVerdict(count, total, faults, faults.Count == 0 ? await sweep.FindAsync(LakeSweep.Youngest, cancellationToken) : []);
    }

    private async Task<string?> FaultAsync(LakeTable table, LiveFile live, bool rows, CancellationToken cancellationToken)
    {
        var file = live.File;
        if (await lake.Files.SizeAsync(file.Location, cancellationToken) is not { } bytes)
        {
            return $"{file.Location} of table {table.Name} is not in the object store.";
        }

        if (bytes != file.Bytes)
        {
            return $"{file.Location} of table {table.Name} has {bytes} bytes, and the lake says {file.Bytes}.";
        }

        if (!rows)
        {
            return null;
        }

        try
        {
            await foreach (var _ in LakeSource.BatchesAsync(lake, table, live, cancellationToken))
            {
                // Reading is the check.
            }

            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }
}

/// <param name="Faults">A sentence for each file that is missing or not as the lake says.</param>
/// <param name="Orphans">Not looked for while there are faults.</param>
public sealed record LakeVerdict(long Files, long Rows, IReadOnlyList<string> Faults, IReadOnlyList<LakeOrphan> Orphans)
{
    public bool IsClean => Faults.Count == 0 && Orphans.Count == 0;
}
