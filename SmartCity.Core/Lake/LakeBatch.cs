using Npgsql;

namespace SmartCity.Core.Lake;

/// <summary>Some rows of a table, column by column.</summary>
internal sealed class LakeBatch
{
    private readonly int[] _sort;
    private readonly int[] _newest;

    public LakeBatch(LakeTableDefinition table)
    {
        Table = table;
        Values = [.. table.Columns.Select(c => c.NewValues())];
        _sort = [.. table.SortBy.Select(table.IndexOf)];
        _newest = [.. table.NewestBy.Select(table.IndexOf)];
    }

    public LakeTableDefinition Table { get; }

    public LakeValues[] Values { get; }

    public int Rows { get; private set; }

    /// <summary>Adds the row that the reader stands on; its columns are those of the table's select.</summary>
    public void Add(NpgsqlDataReader row)
    {
        for (var i = 0; i < Values.Length; i++)
        {
            Values[i].Add(row, i);
        }

        Rows++;
    }

    /// <summary>Adds a row that does not come from Postgres; its values are in the order of the columns.</summary>
    public void Add(ReadOnlySpan<object?> row)
    {
        for (var i = 0; i < Values.Length; i++)
        {
            Values[i].Add(row[i]);
        }

        Rows++;
    }

    public void Add(LakeBatch source, int from, int count)
    {
        for (var i = 0; i < Values.Length; i++)
        {
            Values[i].Add(source.Values[i], from, count);
        }

        Rows += count;
    }

    /// <summary>The rows given, those with equal values of <see cref="LakeTableDefinition.TogetherBy"/> one after the other, else as they come.</summary>
    public IReadOnlyList<int> Together(IReadOnlyList<int> rows) =>
        Table.TogetherBy is { } column && Values[Table.IndexOf(column)] is var values ? [.. rows.Order(Comparer<int>.Create((a, b) => values.Compare(a, values, b)))] : rows;

    /// <summary>To be called when values were added to each column.</summary>
    public void Added(int rows) => Rows += rows;

    public int Compare(int row, LakeBatch other, int otherRow) => Compare(_sort, row, other, otherRow);

    public int CompareAge(int row, LakeBatch other, int otherRow) => Compare(_newest, row, other, otherRow);

    public void Clear()
    {
        Array.ForEach(Values, v => v.Clear());
        Rows = 0;
    }

    /// <summary>The first row of a sorted batch whose time, the first of what it is sorted by, is not before the one given.</summary>
    public int FirstAtOrAfter(DateTime time)
    {
        var times = (NullableValues<DateTime>)Values[_sort[0]];
        var (low, high) = (0, Rows);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = times[middle] < time ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The rows in the table's order.</summary>
    public LakeBatch Sorted()
    {
        var order = Enumerable.Range(0, Rows).ToArray();
        if (Enumerable.Range(1, Math.Max(0, Rows - 1)).All(i => Compare(i - 1, this, i) <= 0))
        {
            return this;
        }

        Array.Sort(order, (a, b) => Compare(a, this, b));
        var sorted = new LakeBatch(Table);
        Array.ForEach(order, row => sorted.Add(this, row, 1));
        return sorted;
    }

    private int Compare(int[] columns, int row, LakeBatch other, int otherRow)
    {
        foreach (var column in columns)
        {
            if (Values[column].Compare(row, other.Values[column], otherRow) is not 0 and var order)
            {
                return order;
            }
        }

        return 0;
    }
}
