using Npgsql;
using ParquetSharp;
using ParquetSharp.Schema;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>
/// Writes rows of a table to a Parquet file, a row group at a time: field ids, zstd, a checksum of each page, times in UTC microseconds, dictionaries for
/// what repeats. The rows come in the table's order, or those of a plate together, a stretch of time after the other.
/// </summary>
internal sealed class LakeParquetWriter : IDisposable
{
    private const int RowsOfAGroup = 100_000;

    // A group is the least that is read, so where values lie together groups are small; each costs its part of the file's end.
    private const int RowsOfAGroupTogether = 20_000;

    private readonly LakeTableDefinition _table;
    private readonly bool _isTogether;
    private readonly string _path;
    private readonly WriterProperties _properties;
    private readonly ParquetFileWriter _file;
    private readonly LakeBatch _waiting;

    /// <param name="isTogether">The rows come in stretches, each with equal values of <see cref="LakeTableDefinition.TogetherBy"/> together and ended by <see cref="Flush"/>.</param>
    public LakeParquetWriter(LakeTableDefinition table, string path, bool isTogether = false)
    {
        (_table, _path, _isTogether, _waiting) = (table, path, isTogether, new LakeBatch(table));
        using var properties = new WriterPropertiesBuilder();
        properties.Compression(Compression.Zstd).CompressionLevel(1).EnablePageChecksum();
        foreach (var column in table.Columns.Where(c => c.IsDistinct))
        {
            properties.DisableDictionary(column.Name);
        }

        _properties = properties.Build();
        var nodes = table.Columns.Select(c => c.Schema()).ToArray();
        using var schema = new GroupNode("schema", Repetition.Required, nodes);
        _file = new ParquetFileWriter(path, schema, _properties);
        Array.ForEach(nodes, n => n.Dispose());
    }

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Encoded bytes of the row groups that are written.</summary>
    public long Bytes { get; private set; }

    private int MostRows => _isTogether ? RowsOfAGroupTogether : RowsOfAGroup;

    /// <summary>Adds the row that the reader stands on.</summary>
    public void Add(NpgsqlDataReader row)
    {
        _waiting.Add(row);
        Added(1);
    }

    public void Add(LakeBatch source, int from, int count)
    {
        for (var left = count; left > 0;)
        {
            var some = Math.Min(left, MostRows - _waiting.Rows);
            _waiting.Add(source, from + count - left, some);
            left -= some;
            Added(some);
        }
    }

    /// <summary>Ends the row group, if rows wait.</summary>
    public void Flush()
    {
        if (_waiting.Rows == 0)
        {
            return;
        }

        using var group = _file.AppendRowGroup();
        for (var i = 0; i < _table.Columns.Count; i++)
        {
            using var writer = group.NextColumn();
            _waiting.Values[i].WriteTo(writer, _table.Columns[i].IsRequired);
        }

        Bytes += group.TotalCompressedBytes;
        _waiting.Clear();
    }

    /// <summary>Writes what waits and the file's end.</summary>
    /// <returns>What a manifest says of the file; its location and its partition are still to be set.</returns>
    public DataFile Close()
    {
        Flush();
        _file.Close();
        var file = LakeParquetReader.Describe(_table, _path);
        return _isTogether ? file with { SortOrder = null } : file;
    }

    public void Dispose()
    {
        _file.Dispose();
        _properties.Dispose();
    }

    private void Added(int rows)
    {
        Rows += rows;
        if (_waiting.Rows >= MostRows)
        {
            Flush();
        }
    }
}
