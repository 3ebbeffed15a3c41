using Npgsql;
using ParquetSharp;
using ParquetSharp.Schema;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>
/// Writes rows of a table to a Parquet file, a row group at a time: field ids, zstd, a checksum of each page, times in UTC microseconds, dictionaries for
/// what repeats. The rows come in the table's order.
/// </summary>
internal sealed class LakeParquetWriter : IDisposable
{
    private const int RowsOfAGroup = 100_000;

    private readonly LakeTableDefinition _table;
    private readonly string _path;
    private readonly WriterProperties _properties;
    private readonly ParquetFileWriter _file;
    private readonly LakeBatch _waiting;

    public LakeParquetWriter(LakeTableDefinition table, string path)
    {
        (_table, _path, _waiting) = (table, path, new LakeBatch(table));
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
            var some = Math.Min(left, RowsOfAGroup - _waiting.Rows);
            _waiting.Add(source, from + count - left, some);
            left -= some;
            Added(some);
        }
    }

    /// <summary>Writes what waits and the file's end.</summary>
    /// <returns>What a manifest says of the file; its location and its partition are still to be set.</returns>
    public DataFile Close()
    {
        Flush();
        _file.Close();
        return LakeParquetReader.Describe(_table, _path);
    }

    public void Dispose()
    {
        _file.Dispose();
        _properties.Dispose();
    }

    private void Added(int rows)
    {
        Rows += rows;
        if (_waiting.Rows >= RowsOfAGroup)
        {
            Flush();
        }
    }

    private void Flush()
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
}
