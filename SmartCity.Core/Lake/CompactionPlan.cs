using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>Which files of a day are rewritten together. Pure.</summary>
internal static class CompactionPlan
{
    /// <summary>
    /// Files that overlap in time belong together, and small ones that follow one another. What is large and apart from the others stays, so that a day which
    /// was compacted is not touched again.
    /// </summary>
    /// <param name="column">Id of the column whose bounds say when a file begins and ends.</param>
    /// <param name="spec">Files of another spec are rewritten in any case.</param>
    public static List<List<LiveFile>> Groups(IReadOnlyList<LiveFile> files, int column, int spec, long fileBytes)
    {
        var chains = new List<Chain>();
        foreach (var file in files.OrderBy(f => Bound(f.File.Lower, column, long.MinValue)).ThenBy(f => Bound(f.File.Upper, column, long.MaxValue)))
        {
            var (from, to) = (Bound(file.File.Lower, column, long.MinValue), Bound(file.File.Upper, column, long.MaxValue));
            if (chains.Count > 0 && from < chains[^1].To)
            {
                chains[^1].Add(file, to);
            }
            else
            {
                chains.Add(new Chain(file, to));
            }
        }

        var groups = new List<Chain>();
        foreach (var chain in chains)
        {
            if (groups.Count > 0 && groups[^1].Bytes < fileBytes && chain.Bytes < fileBytes)
            {
                chain.Files.ForEach(f => groups[^1].Add(f, chain.To));
            }
            else
            {
                groups.Add(chain);
            }
        }

        return groups.ConvertAll(g => g.Files).FindAll(g => g.Count > 1 || g[0].SpecId != spec);
    }

    private static long Bound(IReadOnlyDictionary<int, byte[]> bounds, int column, long unknown) => bounds.TryGetValue(column, out var bytes) && bytes.Length == sizeof(long) ? SingleValue.ToLong(bytes) : unknown;

    private sealed class Chain(LiveFile first, long to)
    {
        public List<LiveFile> Files { get; } = [first];

        public long To { get; private set; } = to;

        public long Bytes { get; private set; } = first.File.Bytes;

        public void Add(LiveFile file, long to)
        {
            Files.Add(file);
            To = Math.Max(To, to);
            Bytes += file.File.Bytes;
        }
    }
}
