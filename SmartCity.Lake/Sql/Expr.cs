namespace SmartCity.Lake.Sql;

/// <summary>A translated expression.</summary>
/// <param name="Sql">In DuckDB's words.</param>
internal sealed record Expr(string Sql, LakeType Type)
{
    /// <summary>In Postgres' words, if it is a constant.</summary>
    public string? Constant { get; init; }

    /// <summary>Number of the constant that Postgres works out.</summary>
    public int? ConstantIndex { get; init; }

    /// <summary>The value, if it is a literal: long, decimal, string or bool.</summary>
    public object? Literal { get; init; }

    public bool IsNull { get; init; }

    /// <summary>If it is nothing but a column of a table of the lake.</summary>
    public (TableUse Use, string Column)? Column { get; init; }

    /// <summary>Whether it is a text with the database's own order, not that of a column.</summary>
    public bool HasDatabaseOrder { get; init; }

    /// <summary>Whether it is a text with the order of a column, which is by bytes: then capitals and small letters are those of ASCII.</summary>
    public bool HasColumnOrder { get; init; }

    /// <summary>A cast from a fraction, whose digits only a round that follows can say.</summary>
    public string? Unrounded { get; init; }
}
