using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>
/// Puts the rows of some files together, a slice of time after the other, so that memory holds a slice and not the files. Rows that are the same thing become
/// one, the newest. A slice is in the table's order; where the table wants it, the rows of a plate lie together in it.
/// </summary>
internal sealed class LakeMerge(LakeTableDefinition table, long fileBytes)
{
    private const long RowsOfASlice = 250_000;
    private const long TicksOfAMicrosecond = TimeSpan.TicksPerMillisecond / 1_000;

    private readonly string _time = table.SortBy[0];

    /// <summary>Rows that were left out because a newer one is the same thing.</summary>
    public long Superseded { get; private set; }

    /// <summary>Rows that <c>keep</c> left out.</summary>
    public long Dropped { get; private set; }

    /// <param name="sources">Files on the disk.</param>
    /// <param name="keep">Which rows stay; null for all.</param>
    /// <param name="made">Takes each new file when it is complete; it is deleted then.</param>
    public async Task RunAsync(IReadOnlyList<LakeParquetReader> sources, Func<LakeBatch, int, bool>? keep, Func<DataFile, string, Task> made)
    {
        var groups = sources.SelectMany(s => Enumerable.Range(0, s.Groups).Select(g => new Group(s, g, s.Least(g, _time), s.Most(g, _time)))).ToList();
        TemporaryFile? file = null;
        LakeParquetWriter? writer = null;
        try
        {
            foreach (var (from, to) in Slices(groups, sources.Sum(s => s.Rows)))
            {
                var (rows, order) = Read(groups, from, to);
                foreach (var row in rows.Together([.. Newest(rows, order).Where(row => Stays(rows, row, keep))]))
                {
                    file ??= new TemporaryFile();
                    writer ??= new LakeParquetWriter(table, file.Path, table.TogetherBy is not null);
                    writer.Add(rows, row, 1);
                    if (table.TogetherBy is null && writer.Bytes >= fileBytes)
                    {
                        await FinishAsync(writer, file, made);
                        (writer, file) = (null, null);
                    }
                }

                // A slice in which plates lie together is never in two files: files that overlap in time would count as not compacted.
                if (table.TogetherBy is not null && writer is not null)
                {
                    writer.Flush();
                    if (writer.Bytes >= fileBytes)
                    {
                        await FinishAsync(writer, file!, made);
                        (writer, file) = (null, null);
                    }
                }
            }

            if (writer is not null)
            {
                await FinishAsync(writer, file!, made);
                (writer, file) = (null, null);
            }
        }
        finally
        {
            writer?.Dispose();
            file?.Dispose();
        }
    }

    private bool Stays(LakeBatch rows, int row, Func<LakeBatch, int, bool>? keep)
    {
        var stays = keep is null || keep(rows, row);
        Dropped += stays ? 0 : 1;
        return stays;
    }

    private static async Task FinishAsync(LakeParquetWriter writer, TemporaryFile file, Func<DataFile, string, Task> made)
    {
        using (file)
        {
            DataFile described;
            using (writer)
            {
                described = writer.Close();
            }

            await made(described, file.Path);
        }
    }

    // Slices of time with about as many rows each as are to be in memory; the first begins and the last ends open.
    private static IEnumerable<(DateTime From, DateTime To)> Slices(List<Group> groups, long rows)
    {
        if (groups.Count == 0)
        {
            yield break;
        }

        var count = rows / RowsOfASlice + 1;
        if (count == 1 || groups.Exists(g => g.Least is null || g.Most is null))
        {
            yield return (DateTime.MinValue, DateTime.MaxValue);
            yield break;
        }

        var (least, most) = (groups.Min(g => g.Least!.Value), groups.Max(g => g.Most!.Value));
        for (var i = 0; i < count; i++)
        {
            yield return (i == 0 ? DateTime.MinValue : At(least + ((most - least) / count * i)), i == count - 1 ? DateTime.MaxValue : At(least + ((most - least) / count * (i + 1))));
        }

        static DateTime At(long micros) => DateTime.UnixEpoch.AddTicks(micros * TicksOfAMicrosecond);
    }

    private (LakeBatch Rows, int[] Order) Read(List<Group> groups, DateTime from, DateTime to)
    {
        var rows = new LakeBatch(table);
        foreach (var group in groups.Where(g => g.Overlaps(from, to)))
        {
            var batch = group.Source.Read(group.Index);
            var first = batch.FirstAtOrAfter(from);
            rows.Add(batch, first, (to == DateTime.MaxValue ? batch.Rows : batch.FirstAtOrAfter(to)) - first);
        }

        var order = Enumerable.Range(0, rows.Rows).ToArray();
        Array.Sort(order, (a, b) => rows.Compare(a, rows, b) is not 0 and var byKey ? byKey : -rows.CompareAge(a, rows, b));
        return (rows, order);
    }

    private IEnumerable<int> Newest(LakeBatch rows, int[] order)
    {
        for (var i = 0; i < order.Length; i++)
        {
            if (i > 0 && rows.Compare(order[i], rows, order[i - 1]) == 0)
            {
                Superseded++;
            }
            else
            {
                yield return order[i];
            }
        }
    }

    private sealed record Group(LakeParquetReader Source, int Index, long? Least, long? Most)
    {
        public bool Overlaps(DateTime from, DateTime to) =>
            Least is not { } least || Most is not { } most || (DateTime.UnixEpoch.AddTicks(least * TicksOfAMicrosecond) < to && DateTime.UnixEpoch.AddTicks(most * TicksOfAMicrosecond) >= from);
    }
}
