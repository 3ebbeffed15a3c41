using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>Which files snapshots of a table need.</summary>
internal static class LakeReach
{
    /// <summary>Every file that a table's metadata names, itself included.</summary>
    public static async Task<HashSet<string>> AllAsync(LakeTable table, string location, TableMetadata metadata, CancellationToken cancellationToken)
    {
        var reach = new HashSet<string>(StringComparer.Ordinal) { location };
        reach.UnionWith(metadata.Previous);
        reach.UnionWith(metadata.Statistics);
        foreach (var manifest in await ManifestsAsync(table, metadata.Snapshots, reach, cancellationToken))
        {
            reach.UnionWith((await table.EntriesAsync(metadata, manifest, cancellationToken)).Where(e => e.Status != EntryStatus.Deleted).Select(e => e.File.Location));
        }

        return reach;
    }

    /// <summary>Files that only snapshots need which are in the first metadata and no longer in the second.</summary>
    public static async Task<List<string>> OnlyBeforeAsync(LakeTable table, TableMetadata before, TableMetadata after, CancellationToken cancellationToken)
    {
        var kept = after.Snapshots.Select(s => s.Id).ToHashSet();
        var (gone, stay) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var goneManifests = await ManifestsAsync(table, [.. before.Snapshots.Where(s => !kept.Contains(s.Id))], gone, cancellationToken);
        var stayManifests = await ManifestsAsync(table, after.Snapshots, stay, cancellationToken);
        foreach (var manifest in goneManifests.Where(m => !stay.Contains(m.Location)))
        {
            gone.UnionWith((await table.EntriesAsync(before, manifest, cancellationToken)).Where(e => e.Status != EntryStatus.Deleted).Select(e => e.File.Location));
        }

        foreach (var manifest in stayManifests.Where(m => goneManifests.Exists(g => Meets(g, m))))
        {
            stay.UnionWith((await table.EntriesAsync(after, manifest, cancellationToken)).Where(e => e.Status != EntryStatus.Deleted).Select(e => e.File.Location));
        }

        gone.ExceptWith(stay);
        return [.. gone.Order(StringComparer.Ordinal)];
    }

    private static async Task<List<Manifest>> ManifestsAsync(LakeTable table, IReadOnlyList<Snapshot> snapshots, HashSet<string> reach, CancellationToken cancellationToken)
    {
        var manifests = new Dictionary<string, Manifest>(StringComparer.Ordinal);
        foreach (var snapshot in snapshots)
        {
            reach.Add(snapshot.ManifestList);
            foreach (var manifest in await table.ManifestsAsync(snapshot, cancellationToken))
            {
                reach.Add(manifest.Location);
                manifests[manifest.Location] = manifest;
            }
        }

        return [.. manifests.Values];
    }

    // Whether two manifests may name the same file.
    private static bool Meets(Manifest a, Manifest b) =>
        a.SpecId != b.SpecId ? false
        : a.Partitions.Count == 0 || b.Partitions.Count == 0 || Day(a) is not { } x || Day(b) is not { } y || (x.From <= y.To && y.From <= x.To);

    private static (int From, int To)? Day(Manifest manifest) =>
        manifest.Partitions[0] is { Lower: { Length: sizeof(int) } lower, Upper: { } upper } ? (SingleValue.ToInt(lower), SingleValue.ToInt(upper)) : null;
}
