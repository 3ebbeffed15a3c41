namespace SmartCity.Core.Lake.Iceberg;

/// <summary>A Parquet file of a table, as a manifest describes it. Columns are named by their field ids, bounds are single values (<see cref="SingleValue"/>).</summary>
internal sealed record DataFile
{
    /// <summary>Full location, as it was written: it is compared as text.</summary>
    public required string Location { get; init; }

    /// <summary>0: rows. 1 and 2 name rows that are deleted; only other engines write those.</summary>
    public int Content { get; init; }

    public string Format { get; init; } = "PARQUET";

    /// <summary>One value for each field of the partition spec: an int (days since 1970) or a text.</summary>
    public IReadOnlyList<object?> Partition { get; init; } = [];

    public required long Rows { get; init; }

    public required long Bytes { get; init; }

    public IReadOnlyDictionary<int, long> ColumnSizes { get; init; } = None<long>.Values;

    public IReadOnlyDictionary<int, long> ValueCounts { get; init; } = None<long>.Values;

    public IReadOnlyDictionary<int, long> NullCounts { get; init; } = None<long>.Values;

    public IReadOnlyDictionary<int, byte[]> Lower { get; init; } = None<byte[]>.Values;

    public IReadOnlyDictionary<int, byte[]> Upper { get; init; } = None<byte[]>.Values;

    /// <summary>Where row groups begin.</summary>
    public IReadOnlyList<long> SplitOffsets { get; init; } = [];

    public int? SortOrder { get; init; }

    private static class None<T>
    {
        public static readonly IReadOnlyDictionary<int, T> Values = new Dictionary<int, T>();
    }
}

internal enum EntryStatus
{
    Existing = 0,
    Added = 1,
    Deleted = 2,
}

/// <summary>A file in a manifest, with the commit that added it.</summary>
/// <param name="SnapshotId">The snapshot that added the file; of a deleted one, that deleted it.</param>
/// <param name="Sequence">Of the file's rows; an added one has that of its manifest.</param>
internal sealed record ManifestEntry(EntryStatus Status, long SnapshotId, long Sequence, long FileSequence, DataFile File);

/// <summary>A manifest, as the manifest list of a snapshot describes it.</summary>
internal sealed record Manifest
{
    public required string Location { get; init; }

    public required long Bytes { get; init; }

    public required int SpecId { get; init; }

    /// <summary>0: files of rows; 1: files that name deleted rows.</summary>
    public int Content { get; init; }

    public required long Sequence { get; init; }

    public required long MinSequence { get; init; }

    public required long SnapshotId { get; init; }

    public required (int Added, int Existing, int Deleted) Files { get; init; }

    public required (long Added, long Existing, long Deleted) Rows { get; init; }

    /// <summary>For each field of the spec what its files have; empty when the manifest does not say.</summary>
    public IReadOnlyList<PartitionRange> Partitions { get; init; } = [];
}

/// <param name="Lower">A single value; null when no file has one.</param>
internal sealed record PartitionRange(bool HasNull, byte[]? Lower, byte[]? Upper);
