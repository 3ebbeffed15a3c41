using System.Runtime.InteropServices;
using Npgsql;
using ParquetSharp;
using SmartCity.Core.Api;

namespace SmartCity.Core.Lake;

/// <summary>The values of one column in some rows.</summary>
internal abstract class LakeValues
{
    /// <summary>Adds the value of a row from Postgres.</summary>
    public abstract void Add(NpgsqlDataReader row, int ordinal);

    /// <summary>Adds a value that did not come from Postgres.</summary>
    public abstract void Add(object? value);

    /// <summary>Adds values of other rows of the same column.</summary>
    public abstract void Add(LakeValues source, int from, int count);

    /// <summary>Adds one text to each of some rows that have none of their own.</summary>
    public abstract void Add(string? text, int rows);

    /// <summary>Adds the values of a row group.</summary>
    /// <exception cref="InvalidDataException">The file has values of another kind there.</exception>
    public abstract void Add(ColumnReader column, int rows);

    /// <summary>Order of a row here and one of the same column elsewhere; null comes first.</summary>
    public abstract int Compare(int row, LakeValues other, int otherRow);

    public abstract string? Text(int row);

    /// <summary>As it is written for people: lists with a semicolon between, times as UTC.</summary>
    public abstract object? Shown(int row);

    public abstract void WriteTo(ColumnWriter column, bool isRequired);

    public abstract void Clear();

    protected static InvalidDataException Wrong(ColumnReader column)
    {
        using var path = column.ColumnDescriptor.Path;
        return new InvalidDataException($"Column {path.ToDotString()} of the file has values of another kind than the table's.");
    }
}

internal abstract class LakeValues<T> : LakeValues
{
    protected List<T> Values { get; } = [];

    public override void Add(object? value) => Values.Add((T)value!);

    public override void Add(LakeValues source, int from, int count) => Values.AddRange(CollectionsMarshal.AsSpan(((LakeValues<T>)source).Values).Slice(from, count));

    public override void Add(string? text, int rows) => Values.AddRange(Enumerable.Repeat(text is null ? default! : (T)(object)text, rows));

    public override string? Text(int row) => Values[row]?.ToString();

    public override object? Shown(int row) => Values[row] switch
    {
        DateTime at => new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)),
        Array list => string.Join(';', list.Cast<object?>().Select(v => Convert.ToString(v, System.Globalization.CultureInfo.InvariantCulture))),
        var value => value,
    };

    public override void Clear() => Values.Clear();
}

internal sealed class TextValues : LakeValues<string?>
{
    public override void Add(NpgsqlDataReader row, int ordinal) => Values.Add(row.IsDBNull(ordinal) ? null : row.GetFieldType(ordinal) == typeof(Guid) ? row.GetGuid(ordinal).ToString() : row.GetString(ordinal));

    public override void Add(ColumnReader column, int rows)
    {
        using var reader = column.LogicalReader();
        Values.AddRange(reader switch
        {
            LogicalColumnReader<string> texts => texts.ReadAll(rows),
            LogicalColumnReader<Guid> ids => ids.ReadAll(rows).Select(i => i.ToString()),
            LogicalColumnReader<Guid?> ids => ids.ReadAll(rows).Select(i => i?.ToString()),
            _ => throw Wrong(column),
        });
    }

    public override int Compare(int row, LakeValues other, int otherRow) => string.CompareOrdinal(Values[row], ((TextValues)other).Values[otherRow]);

    public override void WriteTo(ColumnWriter column, bool isRequired)
    {
        using var writer = column.LogicalWriter<string?>();
        writer.WriteBatch(CollectionsMarshal.AsSpan(Values));
    }
}

internal sealed class NullableValues<T>(Func<NpgsqlDataReader, int, T> read) : LakeValues<T?>
    where T : struct, IComparable<T>
{
    public T? this[int row] => Values[row];

    public override void Add(NpgsqlDataReader row, int ordinal) => Values.Add(row.IsDBNull(ordinal) ? null : read(row, ordinal));

    public override void Add(ColumnReader column, int rows)
    {
        using var reader = column.LogicalReader();
        Values.AddRange(reader switch
        {
            LogicalColumnReader<T?> values => values.ReadAll(rows),
            LogicalColumnReader<T> values => values.ReadAll(rows).Select(v => (T?)v),
            _ => throw Wrong(column),
        });
    }

    public override int Compare(int row, LakeValues other, int otherRow) => Nullable.Compare(Values[row], ((NullableValues<T>)other).Values[otherRow]);

    public override void WriteTo(ColumnWriter column, bool isRequired)
    {
        if (isRequired)
        {
            using var writer = column.LogicalWriter<T>();
            writer.WriteBatch(Values.ConvertAll(v => v!.Value).ToArray());
            return;
        }

        using var nullable = column.LogicalWriter<T?>();
        nullable.WriteBatch(CollectionsMarshal.AsSpan(Values));
    }
}

internal sealed class ListValues<T> : LakeValues<T[]?>
{
    public override void Add(NpgsqlDataReader row, int ordinal) => Values.Add(row.IsDBNull(ordinal) ? null : row.GetFieldValue<T[]>(ordinal));

    public override void Add(ColumnReader column, int rows)
    {
        using var reader = column.LogicalReader();
        Values.AddRange(reader is LogicalColumnReader<T[]> lists ? lists.ReadAll(rows) : throw Wrong(column));
    }

    public override int Compare(int row, LakeValues other, int otherRow) => 0;

    public override void WriteTo(ColumnWriter column, bool isRequired)
    {
        using var writer = column.LogicalWriter<T[]?>();
        writer.WriteBatch(CollectionsMarshal.AsSpan(Values));
    }
}
