using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>A table as the catalogue has it.</summary>
/// <param name="Location">The metadata file.</param>
internal sealed record LakeState(string Location, TableMetadata Metadata, IReadOnlyList<Manifest> Manifests)
{
    /// <summary>Whether files name deleted rows. Only other engines write such files, and nothing here applies them.</summary>
    public bool HasDeleteFiles => Manifests.Any(m => m.Content != 0 && m.Files.Added + m.Files.Existing > 0);
}

/// <summary>What a commit changes in a table.</summary>
/// <param name="Operation">append, replace, overwrite or delete.</param>
/// <param name="Added">Of the table's current partition spec.</param>
/// <param name="Removed">Files that must still be in the table, of whatever spec.</param>
internal sealed record LakeChange(string Operation, IReadOnlyList<DataFile> Added, IReadOnlyList<LiveFile> Removed)
{
    /// <summary>Of which spec the added files are, where it is not the current one.</summary>
    public int? SpecId { get; init; }

    /// <summary>Further entries of the snapshot's summary.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();

    public static LakeChange Append(params IReadOnlyList<DataFile> files) => new("append", files, []);
}

/// <summary>A file that belongs to the current snapshot.</summary>
internal sealed record LiveFile(int SpecId, ManifestEntry Entry)
{
    public DataFile File => Entry.File;
}

/// <summary>Somebody else has taken files out of the table meanwhile: what was made of them is thrown away and made anew.</summary>
internal sealed class LakeConflictException(string message) : Exception(message);
