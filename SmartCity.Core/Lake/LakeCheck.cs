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
                foreach (var file in await LiveAsync(table, cancellationToken))
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

    private async Task<List<LiveFile>> LiveAsync(LakeTable table, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await table.LoadAsync(connection, null, cancellationToken) is { } state ? await table.LiveAsync(state, DateOnly.MinValue, DateOnly.MaxValue, cancellationToken) : [];
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

        // Its end may be well and its middle not, and what is read of that is anybody's guess.
        try
        {
            var (copy, reader) = await LakeSource.OpenAsync(lake, table, live, cancellationToken);
            using (copy)
            using (reader)
            {
                for (var group = 0; group < reader.Groups; group++)
                {
                    _ = reader.Read(group);
                }
            }

            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
        catch (Exception e) when (e is not (OperationCanceledException or IOException or HttpRequestException))
        {
            return $"{file.Location} of table {table.Name} cannot be read: {e.Message}";
        }
    }
}

/// <param name="Faults">A sentence for each file that is missing or not as the lake says.</param>
/// <param name="Orphans">Not looked for while there are faults.</param>
public sealed record LakeVerdict(long Files, long Rows, IReadOnlyList<string> Faults, IReadOnlyList<LakeOrphan> Orphans)
{
    public bool IsClean => Faults.Count == 0 && Orphans.Count == 0;
}
