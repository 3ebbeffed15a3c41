using System.Runtime.InteropServices;
using Npgsql;
using ParquetSharp;

namespace SmartCity.Core.Archive;

/// <summary>One column of the archive: its values wait here until a row group is full.</summary>
/// <param name="isLater">Older files do not have it.</param>
internal abstract class ArchiveColumn(string name, bool isLater)
{
    public string Name { get; } = name;

    public bool IsLater { get; } = isLater;

    /// <summary>The column in Parquet.</summary>
    public abstract Column Schema { get; }

    /// <summary>Adds the value of a row from Postgres.</summary>
    public abstract void Add(NpgsqlDataReader row, int ordinal);

    /// <summary>Adds the values of a row group that was written earlier.</summary>
    public abstract void Add(ColumnReader column, int rows);

    /// <summary>Adds what the rows of a file have that was written before the column was there.</summary>
    public abstract void AddDefaults(int rows);

    /// <summary>Writes what waits.</summary>
    public abstract void WriteTo(ColumnWriter column);
}

/// <inheritdoc/>
internal sealed class ArchiveColumn<T>(string name, Func<NpgsqlDataReader, int, T> read, LogicalType? type = null, bool isLater = false) : ArchiveColumn(name, isLater)
{
    private readonly List<T> _values = [];

    public override Column Schema { get; } = new Column<T>(name, type);

    public override void Add(NpgsqlDataReader row, int ordinal) => _values.Add(read(row, ordinal));

    public override void Add(ColumnReader column, int rows)
    {
        using var values = column.LogicalReader<T>();
        _values.AddRange(values.ReadAll(rows));
    }

    public override void AddDefaults(int rows) => _values.AddRange(Enumerable.Repeat(default(T)!, rows));

    public override void WriteTo(ColumnWriter column)
    {
        using var values = column.LogicalWriter<T>();
        values.WriteBatch(CollectionsMarshal.AsSpan(_values));
        _values.Clear();
    }
}
