using System.Globalization;
using System.Text.Json;

namespace SmartCity.Lake.Sql;

internal sealed partial class Translator
{
    private static readonly Dictionary<string, string> Comparisons = new(StringComparer.Ordinal)
    {
        ["COMPARE_EQUAL"] = "=",
        ["COMPARE_NOTEQUAL"] = "<>",
        ["COMPARE_LESSTHAN"] = "<",
        ["COMPARE_LESSTHANOREQUALTO"] = "<=",
        ["COMPARE_GREATERTHAN"] = ">",
        ["COMPARE_GREATERTHANOREQUALTO"] = ">=",
        ["COMPARE_DISTINCT_FROM"] = "IS DISTINCT FROM",
        ["COMPARE_NOT_DISTINCT_FROM"] = "IS NOT DISTINCT FROM",
    };

    private Expr Value(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        Count();
        if (++_depth > MostDepth)
        {
            throw new NotForTheLakeException("it is too deep");
        }

        try
        {
            var value = node.Text("class") switch
            {
                "COLUMN_REF" => ColumnRef(node, scope),
                "CONSTANT" => Constant(node),
                "PARAMETER" => Parameter(node),
                "COMPARISON" => Comparison(node, scope, commons),
                "CONJUNCTION" => Conjunction(node, scope, commons),
                "BETWEEN" => Between(node, scope, commons),
                "OPERATOR" => Operator(node, scope, commons),
                "CAST" => CastNode(node, scope, commons),
                "CASE" => Case(node, scope, commons),
                "FUNCTION" => Function(node, scope, commons),
                "SUBQUERY" => Subquery(node, scope, commons),
                "WINDOW" => throw new NotForTheLakeException("it has a window function"),
                var other => throw new NotForTheLakeException($"the lake does not do {other.ToLowerInvariant()}"),
            };
            return value.Unrounded is null || node.Text("class") == "CAST" ? value : throw new NotForTheLakeException("a fraction is made a numeric without being rounded");
        }
        finally
        {
            _depth--;
        }
    }

    private static Expr ColumnRef(JsonElement node, Scope scope)
    {
        node.Allow("column_names");
        var names = node.Items("column_names").Select(n => n.GetString()!).ToList();
        if (names is [var written] && (FunctionsWithoutParentheses.Contains(written) || (TimeWords.ContainsKey(written) && scope.Has(written))))
        {
            throw new NotForTheLakeException($"{written} may be a column or a function");
        }

        return names is [var word] && TimeWords.TryGetValue(word, out var type)
            ? new Expr("", type) { Constant = word.ToLowerInvariant() }
            : scope.Find(names);
    }

    private Expr Parameter(JsonElement node)
    {
        node.Allow("identifier");
        return int.TryParse(node.Text("identifier"), CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= parameters.Count
            ? parameters[number - 1]
            : throw new NotForTheLakeException("it has a parameter without a value");
    }

    private static Expr Constant(JsonElement node)
    {
        node.Allow("value");
        var value = node.GetProperty("value");
        if (value.Flag("is_null"))
        {
            return Null;
        }

        var (type, content) = (value.GetProperty("type"), value.GetProperty("value"));
        return type.Text("id") switch
        {
            "INTEGER" or "BIGINT" => Of(content.GetInt64()),
            "BOOLEAN" => Of(content.GetBoolean()),
            "VARCHAR" => Of(content.GetString()!),
            "DECIMAL" when type.GetProperty("type_info") is var info && content.TryGetInt64(out var unscaled) && info.TryGetProperty("scale", out var scale) => Of(unscaled, scale.GetInt32()),
            _ => throw new NotForTheLakeException("it has a constant that the lake does not know"),
        };
    }

    public static readonly Expr Null = new("NULL", LakeType.Unknown) { IsNull = true, Constant = "NULL" };

    public static Expr Of(long value)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        var type = value is >= int.MinValue and <= int.MaxValue ? LakeType.Int4 : LakeType.Int8;
        return value == long.MinValue ? throw new NotForTheLakeException("a number is too large") : new Expr($"CAST({text} AS {type.Duck})", type) { Literal = value, Constant = $"({text})" };
    }

    public static Expr Of(bool value) => new(value ? "true" : "false", LakeType.Bool) { Literal = value, Constant = value ? "true" : "false" };

    public static Expr Of(string value) =>
        value.Contains(Translation.Mark, StringComparison.Ordinal) ? throw new NotForTheLakeException("a text has a control character") : new(Quote(value), LakeType.Unknown) { Literal = value, Constant = Quote(value) };

    public static Expr Of(double value) =>
        new($"CAST('{value.ToString("R", CultureInfo.InvariantCulture)}' AS DOUBLE)", LakeType.Double) { Literal = value, Constant = $"'{value.ToString("R", CultureInfo.InvariantCulture)}'::double precision" };

    public static Expr Of(long unscaled, int scale)
    {
        var value = new decimal(Math.Abs(unscaled) is var magnitude ? (int)(magnitude & 0xffffffff) : 0, (int)(magnitude >> 32), 0, unscaled < 0, (byte)scale);
        var text = value.ToString(CultureInfo.InvariantCulture);
        return new Expr($"CAST('{text}' AS DECIMAL({Math.Max(text.Count(char.IsAsciiDigit), scale + 1)}, {scale}))", LakeType.Numeric(scale)) { Literal = value, Constant = $"({text})" };
    }

    /// <summary>A text in quotes, the same in both.</summary>
    public static string Quote(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    // What Postgres works out before the statement runs.
    private Expr Worked(string postgres, LakeType type)
    {
        if (postgres.Contains('\\', StringComparison.Ordinal))
        {
            throw new NotForTheLakeException("a constant has a backslash");
        }

        var constant = new PostgresConstant(postgres, type);
        var index = _constants.IndexOf(constant);
        if (index < 0)
        {
            index = _constants.Count;
            _constants.Add(constant);
        }

        return new Expr(Translation.ConstantMark(index), type) { Constant = postgres, ConstantIndex = index };
    }

    // An expression that DuckDB has words for: what is constant and of times is worked out, and a text that nobody has claimed is a text.
    private Expr Known(Expr value) =>
        value.Type == LakeType.Unknown ? Coerce(value, LakeType.Text)
        : value.Sql.Length == 0 ? Worked($"({value.Constant})::{value.Type.Postgres}", value.Type)
        : value;

    private Expr Coerce(Expr value, LakeType type)
    {
        if (value.IsNull)
        {
            return value with { Sql = $"CAST(NULL AS {type.Duck})", Type = type };
        }

        if (value.Type == type)
        {
            return Known(value);
        }

        switch (value.Type.Kind, type.Kind)
        {
            case (LakeKind.Unknown, LakeKind.Text):
                return value with { Type = LakeType.Text };
            case (LakeKind.Unknown, LakeKind.Date or LakeKind.Timestamp or LakeKind.TimestampTz or LakeKind.Interval):
                return Worked($"{value.Constant}::{type.Postgres}", type);
            case (LakeKind.Unknown, LakeKind.Bool) when value.Literal is "true" or "false" or "t" or "f":
                return Of(value.Literal is "true" or "t");
            case (LakeKind.Unknown, LakeKind.Int4 or LakeKind.Int8) when long.TryParse((string)value.Literal!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                return Coerce(Of(number), type);
            case (LakeKind.Int4, LakeKind.Int8):
            case (LakeKind.Int4 or LakeKind.Int8 or LakeKind.Numeric, LakeKind.Double):
                return value.Literal is decimal or long
                    ? Of(double.Parse(((IFormattable)value.Literal).ToString(null, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)) with { Type = type, Literal = value.Literal, Sql = $"CAST('{((IFormattable)value.Literal).ToString(null, CultureInfo.InvariantCulture)}' AS {type.Duck})" }
                    : new Expr($"CAST({value.Sql} AS {type.Duck})", type);
            case (LakeKind.Int4 or LakeKind.Int8, LakeKind.Numeric) when type.Scale == 0:
                return new Expr($"CAST({value.Sql} AS DECIMAL({(value.Type.Kind == LakeKind.Int4 ? 10 : 19)}, 0))", type) { Literal = value.Literal, Constant = value.Constant };
            case (LakeKind.Date, LakeKind.Timestamp or LakeKind.TimestampTz):
            case (LakeKind.Timestamp, LakeKind.TimestampTz):
                return value.Constant is { } constant ? Worked($"({constant})::{value.Type.Postgres}::{type.Postgres}", type) : new Expr($"CAST({value.Sql} AS {type.Duck})", type);
            default:
                throw new NotForTheLakeException($"it puts {value.Type.Postgres} where {type.Postgres} is meant");
        }
    }

    // The type in which two values are compared.
    private static LakeType Common(LakeType a, LakeType b) => (a.Kind, b.Kind) switch
    {
        (LakeKind.Unknown, LakeKind.Unknown) => LakeType.Text,
        (LakeKind.Unknown, _) => b,
        (_, LakeKind.Unknown) => a,
        _ when a == b => a,
        (LakeKind.Numeric or LakeKind.Int4 or LakeKind.Int8, LakeKind.Numeric or LakeKind.Int4 or LakeKind.Int8) when a.Kind == LakeKind.Numeric || b.Kind == LakeKind.Numeric => LakeType.Numeric(Math.Max(a.Scale, b.Scale)),
        _ when a.IsInteger && b.IsInteger => LakeType.Int8,
        _ when a.IsNumber && b.IsNumber => LakeType.Double,
        _ when a.IsTime && b.IsTime => a.Kind > b.Kind ? a : b,
        _ => throw new NotForTheLakeException($"it compares {a.Postgres} with {b.Postgres}"),
    };

    // For a comparison, numbers of any scale stay as they are.
    private Expr CoerceToCompare(Expr value, LakeType common) => common.Kind == LakeKind.Numeric && value.Type.Kind is LakeKind.Numeric or LakeKind.Int4 or LakeKind.Int8 ? value : Coerce(value, common);

    private Expr Compare(string sign, Expr left, Expr right)
    {
        var common = Common(left.Type, right.Type);
        if (common.Kind is LakeKind.Interval or LakeKind.Texts or LakeKind.Reals)
        {
            throw new NotForTheLakeException($"the lake does not compare {common.Postgres}");
        }

        if (common.Kind == LakeKind.Text && sign is "<" or "<=" or ">" or ">=" && (left.HasDatabaseOrder || right.HasDatabaseOrder || (left.Column is null && right.Column is null)))
        {
            _needsByteOrder = true;
        }

        return new Expr($"({CoerceToCompare(left, common).Sql} {sign} {CoerceToCompare(right, common).Sql})", LakeType.Bool);
    }

    private Expr Boolean(Expr value) => value.Type.Kind is LakeKind.Bool or LakeKind.Unknown ? Coerce(value, LakeType.Bool) : throw new NotForTheLakeException("a condition is not a boolean");

    private Expr Comparison(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        node.Allow("left", "right");
        return Comparisons.TryGetValue(node.Text("type"), out var sign)
            ? Compare(sign, Value(node.GetProperty("left"), scope, commons), Value(node.GetProperty("right"), scope, commons))
            : throw new NotForTheLakeException("the lake does not do this comparison");
    }

    private Expr Conjunction(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        node.Allow("children");
        var word = node.Text("type") == "CONJUNCTION_AND" ? " AND " : " OR ";
        return new Expr($"({string.Join(word, node.Items("children").Select(c => Boolean(Value(c, scope, commons)).Sql))})", LakeType.Bool);
    }

    private Expr Between(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        node.Allow("input", "lower", "upper");
        var (input, lower, upper) = (Value(node.GetProperty("input"), scope, commons), Value(node.GetProperty("lower"), scope, commons), Value(node.GetProperty("upper"), scope, commons));
        return new Expr($"({Compare(">=", input, lower).Sql} AND {Compare("<=", input, upper).Sql})", LakeType.Bool);
    }

    private Expr Operator(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        node.Allow("children");
        var children = node.Items("children").Select(c => Value(c, scope, commons)).ToList();
        switch (node.Text("type"))
        {
            case "OPERATOR_NOT":
                return new Expr($"(NOT {Boolean(children[0]).Sql})", LakeType.Bool);
            case "OPERATOR_IS_NULL":
                return new Expr($"({Known(children[0]).Sql} IS NULL)", LakeType.Bool);
            case "OPERATOR_IS_NOT_NULL":
                return new Expr($"({Known(children[0]).Sql} IS NOT NULL)", LakeType.Bool);
            case "OPERATOR_COALESCE":
                var type = Unified(children);
                return new Expr($"COALESCE({string.Join(", ", children.Select(c => Coerce(c, type).Sql))})", type) { HasDatabaseOrder = children.Exists(c => c.HasDatabaseOrder), HasColumnOrder = children.Exists(c => c.HasColumnOrder) };
            case "COMPARE_IN" or "COMPARE_NOT_IN":
                var any = string.Join(" OR ", children.Skip(1).Select(c => Compare("=", children[0], c).Sql));
                var listed = children.Skip(1).All(c => c.Literal is not null || c.ConstantIndex is not null || c.Sql.Length == 0) ? List(children) : $"({any})";
                return new Expr(node.Text("type") == "COMPARE_IN" ? listed : $"(NOT {listed})", LakeType.Bool);
            default:
                throw new NotForTheLakeException("the lake does not do this operator");
        }
    }

    // Of constants; Postgres takes them all to one type.
    private string List(List<Expr> children)
    {
        var common = children.Select(c => c.Type).Aggregate(Common);
        _ = Compare("=", children[0], children[1]);
        return $"({CoerceToCompare(children[0], common).Sql} IN ({string.Join(", ", children.Skip(1).Select(c => CoerceToCompare(c, common).Sql))}))";
    }

    // The type of the branches of a CASE; a numeric shows its own digits in Postgres, so all must have the same.
    private static LakeType Unified(IReadOnlyList<Expr> branches)
    {
        var common = branches.Where(b => b.Type != LakeType.Unknown).Select(b => b.Type).DefaultIfEmpty(LakeType.Text).Aggregate(Common);
        return branches.Any(b => b.Type != LakeType.Unknown && common.Kind == LakeKind.Numeric && b.Type.Scale != common.Scale)
            ? throw new NotForTheLakeException("it gives numerics with different numbers of digits")
            : common;
    }

    private Expr Case(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        node.Allow("case_checks", "else_expr");
        var checks = node.Items("case_checks").Select(c => (When: Boolean(Value(c.GetProperty("when_expr"), scope, commons)).Sql, Then: Value(c.GetProperty("then_expr"), scope, commons))).ToList();
        var otherwise = node.Child("else_expr") is { } other ? Value(other, scope, commons) : Null;
        Expr[] branches = [.. checks.Select(c => c.Then), otherwise];
        var type = Unified(branches);
        return new Expr($"(CASE {string.Join(' ', checks.Select(c => $"WHEN {c.When} THEN {Coerce(c.Then, type).Sql}"))} ELSE {Coerce(otherwise, type).Sql} END)", type) { HasDatabaseOrder = Array.Exists(branches, b => b.HasDatabaseOrder), HasColumnOrder = Array.Exists(branches, b => b.HasColumnOrder) };
    }

    private Expr Subquery(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        node.Allow("subquery_type", "subquery", "child", "comparison_type");
        var inner = node.GetProperty("subquery").GetProperty("node");
        switch (node.Text("subquery_type"))
        {
            // What is selected from nothing is what it is: (select now() - interval '7 days').
            case "SCALAR" when inner.Text("type") == "SELECT_NODE" && inner.GetProperty("from_table").Text("type") == "EMPTY":
                inner.Allow("select_list", "from_table", "aggregate_handling", "cte_map");
                return inner.GetProperty("from_table").EnumerateObject().Count() <= 2 && inner.Items("select_list").ToList() is [var only] && Value(only, scope, commons) is { Constant: not null } value
                    ? Known(value) with { Column = null }
                    : throw new NotForTheLakeException("the lake does not do this subquery");
            case "SCALAR":
                var query = Query(inner, scope, commons);
                return query.Columns is [var column] ? new Expr($"({query.Sql})", column.Type) { HasDatabaseOrder = column.HasDatabaseOrder, HasColumnOrder = column.HasColumnOrder } : throw new NotForTheLakeException("a subquery has several columns");
            case "EXISTS":
                return new Expr($"EXISTS ({Query(inner, scope, commons).Sql})", LakeType.Bool);
            case "NOT_EXISTS":
                return new Expr($"(NOT EXISTS ({Query(inner, scope, commons).Sql}))", LakeType.Bool);
            case "ANY" when node.Text("comparison_type") == "COMPARE_EQUAL":
                var (child, list) = (Value(node.GetProperty("child"), scope, commons), Query(inner, scope, commons));
                return list.Columns is [var one] && one.Type == (child.Type == LakeType.Unknown ? LakeType.Text : child.Type)
                    ? new Expr($"({Known(child).Sql} IN ({list.Sql}))", LakeType.Bool)
                    : throw new NotForTheLakeException("IN compares different types");
            default:
                throw new NotForTheLakeException("the lake does not do this subquery");
        }
    }

    private Expr CastNode(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        node.Allow("child", "cast_type");
        var value = Value(node.GetProperty("child"), scope, commons);
        var cast = node.GetProperty("cast_type");
        var (width, scale) = cast.TryGetProperty("type_info", out var info) && cast.Text("id") == "DECIMAL"
            ? (info.GetProperty("width").GetInt32(), info.TryGetProperty("scale", out var s) ? s.GetInt32() : 0)
            : (0, 0);
        if (cast.EnumerateObject().Any(p => p.Name is not ("id" or "type_info")) || (width == 0 && cast.TryGetProperty("type_info", out _)))
        {
            throw new NotForTheLakeException("the lake does not know a type that it casts to");
        }

        return cast.Text("id") switch
        {
            "DECIMAL" => ToNumeric(value, width, scale, isBare: (width, scale) == (18, 3)),
            "BOOLEAN" when value.Type.Kind is LakeKind.Bool or LakeKind.Unknown => Coerce(value, LakeType.Bool),
            "INTEGER" => ToInteger(value, LakeType.Int4),
            "BIGINT" => ToInteger(value, LakeType.Int8),
            "DOUBLE" when value.Type.IsNumber => Coerce(value, LakeType.Double),
            "VARCHAR" => ToText(value),
            "DATE" => ToTime(value, LakeType.Date),
            "TIMESTAMP" => ToTime(value, LakeType.Timestamp),
            "TIMESTAMP WITH TIME ZONE" => ToTime(value, LakeType.TimestampTz),
            "INTERVAL" when value.Constant is { } constant && value.Type == LakeType.Unknown => new Expr("", LakeType.Interval) { Constant = $"{constant}::interval" },
            _ => throw new NotForTheLakeException($"the lake does not cast {value.Type.Postgres} to {cast.Text("id").ToLowerInvariant()}"),
        };
    }

    private Expr ToNumeric(Expr value, int width, int scale, bool isBare)
    {
        if (value.Type.Kind == LakeKind.Double)
        {
            // Postgres takes the fifteen digits that a fraction is sure of.
            var digits = $"printf('%.15g', {value.Sql})";
            return isBare ? new Expr("", LakeType.Unknown) { Unrounded = digits } : new Expr($"CAST({digits} AS DECIMAL({width}, {scale}))", LakeType.Numeric(scale));
        }

        if (value.Type.Kind is not (LakeKind.Numeric or LakeKind.Int4 or LakeKind.Int8))
        {
            throw new NotForTheLakeException($"the lake does not cast {value.Type.Postgres} to numeric");
        }

        return isBare ? value.Type.IsInteger ? Coerce(value, LakeType.Numeric(0)) : value : new Expr($"CAST({value.Sql} AS DECIMAL({width}, {scale}))", LakeType.Numeric(scale));
    }

    private Expr ToInteger(Expr value, LakeType type) => value.Type.Kind switch
    {
        _ when value.Type == type => value,
        LakeKind.Unknown => Coerce(value, type),
        LakeKind.Int4 when value.Literal is long number => Whole(number, type),
        LakeKind.Int4 or LakeKind.Int8 or LakeKind.Numeric => new Expr($"CAST({value.Sql} AS {type.Duck})", type),
        LakeKind.Double => new Expr($"CAST(round_even({value.Sql}, 0) AS {type.Duck})", type),
        LakeKind.Bool when type == LakeType.Int4 => new Expr($"CAST({value.Sql} AS INTEGER)", type),
        _ => throw new NotForTheLakeException($"the lake does not cast {value.Type.Postgres} to {type.Postgres}"),
    };

    private static Expr Whole(long number, LakeType type) => Of(number) with
    {
        Sql = string.Create(CultureInfo.InvariantCulture, $"CAST({number} AS {type.Duck})"),
        Type = type,
        Constant = string.Create(CultureInfo.InvariantCulture, $"({number})::{type.Postgres}"),
    };

    private Expr ToText(Expr value) => value.Type.Kind switch
    {
        LakeKind.Text or LakeKind.Unknown => Coerce(value, LakeType.Text),
        // Before the first year the two write days otherwise.
        LakeKind.Date when value.Column is null => new Expr($"(CASE WHEN {Known(value).Sql} < DATE '0001-01-01' THEN error('{EarlyDay}') ELSE CAST({Known(value).Sql} AS VARCHAR) END)", LakeType.Text) { HasDatabaseOrder = true },
        LakeKind.Int4 or LakeKind.Int8 or LakeKind.Numeric or LakeKind.Bool or LakeKind.Date => new Expr($"CAST({Known(value).Sql} AS VARCHAR)", LakeType.Text) { HasDatabaseOrder = true },
        _ => throw new NotForTheLakeException($"the lake does not write {value.Type.Postgres} as text"),
    };

    private static Expr ToTime(Expr value, LakeType type)
    {
        if (value.Constant is { } constant)
        {
            return value.Type.IsTime || value.Type == LakeType.Unknown ? new Expr("", type) { Constant = $"({constant})::{type.Postgres}" } : throw new NotForTheLakeException($"the lake does not cast {value.Type.Postgres} to {type.Postgres}");
        }

        return value.Type.IsTime ? value.Type == type ? value : new Expr($"CAST({value.Sql} AS {type.Duck})", type) : throw new NotForTheLakeException($"the lake does not cast {value.Type.Postgres} to {type.Postgres}");
    }
}
