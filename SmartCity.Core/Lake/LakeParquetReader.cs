using System.Runtime.InteropServices;
using ParquetSharp;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>
/// Reads Parquet files of a table a row group at a time, by field ids. In files without ids columns go by their names; those that a file lacks are empty,
/// unless the file's partition says what they are. A page that is not what was written fails, where the file has checksums.
/// </summary>
internal sealed class LakeParquetReader : IDisposable
{
    private readonly LakeTableDefinition _table;
    private readonly IReadOnlyDictionary<int, string> _constants;
    private readonly ParquetFileReader _file;
    private readonly int?[] _columns;

    /// <param name="constants">By field id the text that every row of the file has.</param>
    public LakeParquetReader(LakeTableDefinition table, string path, IReadOnlyDictionary<int, string> constants)
    {
        (_table, _constants) = (table, constants);
        _file = LakePages.Open(path);
        _columns = Match(table, _file);
    }

    /// <summary>What an error calls it.</summary>
    public string Named { get; init; } = "";

    public int Groups => _file.FileMetaData.NumRowGroups;

    public long Rows => _file.FileMetaData.NumRows;

    /// <summary>The rows of a row group, in the table's order.</summary>
    /// <exception cref="InvalidDataException">They are not what was written.</exception>
    public LakeBatch Read(int index)
    {
        // Its end may be well and its middle not, and what is read of that is anybody's guess.
        try
        {
            return ReadGroup(index);
        }
        catch (Exception e) when (e is not (OperationCanceledException or InvalidDataException or OutOfMemoryException))
        {
            throw new InvalidDataException($"{Named} cannot be read: it is damaged ({e.Message}).", e);
        }
    }

    private LakeBatch ReadGroup(int index)
    {
        using var group = _file.RowGroup(index);
        var rows = checked((int)group.MetaData.NumRows);
        var batch = new LakeBatch(_table);
        for (var i = 0; i < _columns.Length; i++)
        {
            if (_columns[i] is { } column)
            {
                using var reader = group.Column(column);
                batch.Values[i].Add(reader, rows);
            }
            else
            {
                batch.Values[i].Add(_constants.GetValueOrDefault(_table.Columns[i].Id), rows);
            }
        }

        batch.Added(rows);
        return batch.Sorted();
    }

    /// <summary>The least value of a column of whole numbers in a row group, as Parquet has it; null if the file does not say.</summary>
    public long? Least(int index, string column) => Range(index, column)?.Low;

    /// <inheritdoc cref="Least"/>
    public long? Most(int index, string column) => Range(index, column)?.High;

    public void Dispose() => _file.Dispose();

    /// <summary>What a manifest says of a file; its location and its partition are still to be set.</summary>
    public static DataFile Describe(LakeTableDefinition table, string path)
    {
        using var file = new ParquetFileReader(path);
        var columns = Match(table, file);
        var (sizes, counts, nulls) = (new Dictionary<int, long>(), new Dictionary<int, long>(), new Dictionary<int, long>());
        var (least, most) = (new Dictionary<int, object>(), new Dictionary<int, object>());
        var offsets = new List<long>();
        for (var g = 0; g < file.FileMetaData.NumRowGroups; g++)
        {
            using var group = file.RowGroup(g);
            for (var i = 0; i < columns.Length; i++)
            {
                if (columns[i] is not { } at)
                {
                    continue;
                }

                using var chunk = group.MetaData.GetColumnChunkMetaData(at);
                var column = table.Columns[i];
                sizes[column.Id] = sizes.GetValueOrDefault(column.Id) + chunk.TotalCompressedSize;
                if (column.LastId != column.Id)
                {
                    continue;
                }

                using var statistics = chunk.Statistics;
                counts[column.Id] = counts.GetValueOrDefault(column.Id) + chunk.NumValues;
                nulls[column.Id] = nulls.GetValueOrDefault(column.Id) + (statistics?.NullCount ?? 0);
                if (statistics is { HasMinMax: true })
                {
                    var (low, high) = Range(statistics);
                    least[column.Id] = least.TryGetValue(column.Id, out var l) && Compare(l, low) <= 0 ? l : low;
                    most[column.Id] = most.TryGetValue(column.Id, out var m) && Compare(m, high) >= 0 ? m : high;
                }
            }
        }

        return new DataFile
        {
            Location = "",
            Rows = file.FileMetaData.NumRows,
            Bytes = new FileInfo(path).Length,
            ColumnSizes = sizes,
            ValueCounts = counts,
            NullCounts = nulls,
            Lower = Bounds(least, isUpper: false),
            Upper = Bounds(most, isUpper: true),
            SortOrder = table.SortOrder["order-id"]!.GetValue<int>(),
        };

        Dictionary<int, byte[]> Bounds(Dictionary<int, object> values, bool isUpper) => values
            .Select(v => (v.Key, Bound: table.Columns.First(c => c.Id == v.Key).Bound(v.Value, isUpper)))
            .Where(v => v.Bound is not null)
            .ToDictionary(v => v.Key, v => v.Bound!);
    }

    private (long Low, long High)? Range(int index, string column)
    {
        if (_columns[_table.IndexOf(column)] is not { } at)
        {
            return null;
        }

        using var group = _file.RowGroup(index);
        using var chunk = group.MetaData.GetColumnChunkMetaData(at);
        using var statistics = chunk.Statistics;
        return statistics is Statistics<long> { HasMinMax: true } known ? (known.Min, known.Max) : null;
    }

    private static (object Low, object High) Range(Statistics statistics) => statistics switch
    {
        Statistics<bool> s => (s.Min, s.Max),
        Statistics<int> s => (s.Min, s.Max),
        Statistics<long> s => (s.Min, s.Max),
        Statistics<float> s => (s.Min, s.Max),
        Statistics<double> s => (s.Min, s.Max),
        Statistics<ByteArray> s => (Copy(s.Min), Copy(s.Max)),
        _ => throw new InvalidDataException($"A column of Parquet's type {statistics.PhysicalType} is not known here."),
    };

    private static byte[] Copy(ByteArray value)
    {
        var bytes = new byte[value.Length];
        if (bytes.Length > 0)
        {
            Marshal.Copy(value.Pointer, bytes, 0, bytes.Length);
        }

        return bytes;
    }

    private static int Compare(object a, object b) => a is byte[] x ? x.AsSpan().SequenceCompareTo((byte[])b) : ((IComparable)a).CompareTo(b);

    // Every column has one leaf, so a leaf's place among the leaves is its column's.
    private static int?[] Match(LakeTableDefinition table, ParquetFileReader file)
    {
        var fields = file.FileMetaData.Schema.GroupNode.Fields;
        var found = table.Columns.Select(c =>
        {
            for (var i = 0; i < fields.Length; i++)
            {
                if (fields[i].FieldId >= 0 ? fields[i].FieldId == c.Id : fields[i].Name == c.Name)
                {
                    return (int?)i;
                }
            }

            return null;
        }).ToArray();
        Array.ForEach(fields, f => f.Dispose());
        return found;
    }
}
