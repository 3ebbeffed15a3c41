using SmartCity.Lake.Tables;

namespace SmartCity.Lake.Sql;

/// <summary>A statement that means in DuckDB what it means in Postgres. Marks in its text stand for what is known only when it runs.</summary>
internal sealed class Translation
{
    /// <summary>Stands around what is filled in; no statement of a client may have it.</summary>
    public const char Mark = '\u0001';

    public required string Sql { get; init; }

    public required IReadOnlyList<LakeType> Outputs { get; init; }

    /// <summary>The tables that it reads, in the order of their marks.</summary>
    public required IReadOnlyList<TableUse> Tables { get; init; }

    /// <summary>What Postgres has to work out, in the order of their marks.</summary>
    public required IReadOnlyList<PostgresConstant> Constants { get; init; }

    /// <summary>Whether it is the same only where the database compares texts byte by byte.</summary>
    public required bool NeedsByteOrder { get; init; }

    /// <summary>Whether it is the same only in a time zone that is always whole hours from UTC.</summary>
    public required bool NeedsWholeHours { get; init; }

    /// <summary>The time zones that it names.</summary>
    public required IReadOnlyCollection<string> Zones { get; init; }

    public static string TableMark(int index) => $"{Mark}t{index}{Mark}";

    public static string ConstantMark(int index) => $"{Mark}c{index}{Mark}";

    /// <param name="tables">SQL of each table, to read from.</param>
    /// <param name="constants">SQL of each constant.</param>
    public string Fill(IReadOnlyList<string> tables, IReadOnlyList<string> constants)
    {
        var parts = Sql.Split(Mark);
        for (var i = 1; i < parts.Length; i += 2)
        {
            var index = int.Parse(parts[i].AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
            parts[i] = parts[i][0] == 't' ? tables[index] : constants[index];
        }

        return string.Concat(parts);
    }
}

/// <summary>A constant expression of times, in Postgres' words: it says what it is in the session, whatever its settings are.</summary>
internal sealed record PostgresConstant(string Sql, LakeType Type);

/// <summary>A table in a statement, with what the statement asks of it.</summary>
/// <param name="Written">Its name as Postgres resolves it.</param>
internal sealed class TableUse(CityTable table, string written)
{
    public CityTable Table => table;

    public string Written => written;

    public SortedSet<string> Columns { get; } = new(StringComparer.Ordinal);

    /// <summary>What rows fulfil if they count.</summary>
    public List<ColumnBound> Bounds { get; } = [];
}

/// <summary>column op value; of several values one.</summary>
/// <param name="Operator">=, &lt;, &lt;=, &gt; or &gt;=.</param>
/// <param name="Values">Numbers, texts, or the mark of a constant (<see cref="BoundConstant"/>).</param>
internal sealed record ColumnBound(string Column, string Operator, IReadOnlyList<object> Values);

internal sealed record BoundConstant(int Index);
