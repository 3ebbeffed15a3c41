using System.Globalization;
using System.Text.Json;

namespace SmartCity.Lake.Sql;

internal sealed partial class Translator
{
    private const string Capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Smalls = "abcdefghijklmnopqrstuvwxyz";

    private static readonly Dictionary<string, LakeType> TimeWords = new(StringComparer.Ordinal)
    {
        ["current_date"] = LakeType.Date,
        ["current_timestamp"] = LakeType.TimestampTz,
        ["localtimestamp"] = LakeType.Timestamp,
    };

    private static readonly HashSet<string> FunctionsWithoutParentheses = new(StringComparer.Ordinal)
    {
        "current_time", "localtime", "current_catalog", "current_role", "current_schema", "current_user", "session_user", "user",
    };

    private static readonly HashSet<string> Fields = new(StringComparer.Ordinal) { "year", "isoyear", "quarter", "month", "week", "day", "dow", "isodow", "doy", "hour", "minute" };

    private static readonly HashSet<string> FieldsOfDays = new(StringComparer.Ordinal) { "year", "isoyear", "quarter", "month", "week", "day", "dow", "isodow", "doy" };

    private static readonly Dictionary<string, long> Truncations = new(StringComparer.Ordinal)
    {
        ["second"] = 1_000_000,
        ["minute"] = 60_000_000,
        ["hour"] = 3_600_000_000,
        ["day"] = 0,
        ["week"] = 0,
        ["month"] = 0,
        ["quarter"] = 0,
        ["year"] = 0,
    };

    private Expr Function(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        node.Allow("function_name", "schema", "children", "filter", "order_bys", "distinct", "is_operator");
        var name = node.Text("function_name");
        var schema = node.Text("schema");
        if (schema is not ("" or "main" or "pg_catalog"))
        {
            throw new NotForTheLakeException($"the lake does not know the function {schema}.{name}");
        }

        if (Aggregate(name, node, scope, commons) is { } aggregate)
        {
            return aggregate;
        }

        if (node.Child("filter") is not null || node.Child("order_bys") is not null || node.Flag("distinct"))
        {
            throw new NotForTheLakeException($"the lake does not know the aggregate {name}");
        }

        var arguments = node.Items("children").Select(c => Value(c, scope, commons)).ToList();
        return (name, arguments) switch
        {
            ("+" or "-" or "*" or "/" or "%", [var a, var b]) => Arithmetic(name, a, b),
            ("-", [var a]) when a.Literal is long number => Of(-number),
            ("-", [var a]) when a.Type.IsNumber => new Expr($"(- {a.Sql})", a.Type),
            ("+", [var a]) when a.Type.IsNumber => a,
            ("||", [var a, var b]) => Concatenation(a, b),
            ("~~" or "!~~" or "~~*" or "!~~*", [var a, var b]) => Like(name, a, b),
            ("now" or "transaction_timestamp", []) => new Expr("", LakeType.TimestampTz) { Constant = $"pg_catalog.{name}()" },
            ("get_current_timestamp", []) => new Expr("", LakeType.TimestampTz) { Constant = "current_timestamp" },
            ("today", []) => new Expr("", LakeType.Date) { Constant = "current_date" },
            ("to_timestamp" or "to_date", [{ Literal: string text }, { Literal: string format }]) =>
                new Expr("", name == "to_date" ? LakeType.Date : LakeType.TimestampTz) { Constant = $"pg_catalog.{name}({Quote(text)}, {Quote(format)})" },
            ("to_days" or "to_hours" or "to_minutes" or "to_months" or "to_years" or "to_seconds", _) => throw new NotForTheLakeException("write an interval as interval '7 days'"),
            ("make_date", [{ Literal: long year }, { Literal: long month }, { Literal: long day }]) =>
                new Expr("", LakeType.Date) { Constant = string.Create(CultureInfo.InvariantCulture, $"pg_catalog.make_date({year}, {month}, {day})") },
            ("date_trunc", [{ Literal: string field }, var time]) => DateTrunc(field, time),
            ("date_part", [{ Literal: string field }, var time]) => DatePart(field, time, isExtract: schema == "main"),
            ("timezone", [{ Literal: string zone }, var time]) => AtTimeZone(zone, time),
            ("abs", [var a]) when a.Type.IsNumber => new Expr($"abs({a.Sql})", a.Type),
            ("round", [{ Unrounded: { } digits }, { Literal: long places and >= 0 and <= 15 }]) => new Expr($"CAST({digits} AS DECIMAL(38, {places}))", LakeType.Numeric((int)places)),
            ("round", [{ Unrounded: { } digits }]) => new Expr($"CAST({digits} AS DECIMAL(38, 0))", LakeType.Numeric(0)),
            ("round", [{ Type.Kind: LakeKind.Double } a]) => new Expr($"round_even({a.Sql}, 0)", LakeType.Double),
            ("round", [{ Type.Kind: LakeKind.Numeric } a]) => new Expr($"round({a.Sql}, 0)", LakeType.Numeric(0)),
            ("round", [{ Type.Kind: LakeKind.Numeric } a, { Literal: long places and >= 0 }]) when places <= a.Type.Scale => new Expr($"round({a.Sql}, {places})", LakeType.Numeric((int)places)),
            ("floor" or "ceil" or "ceiling", [{ Type.Kind: LakeKind.Double } a]) => new Expr($"{name}({a.Sql})", LakeType.Double),
            ("floor" or "ceil" or "ceiling", [{ Type.Kind: LakeKind.Numeric } a]) => new Expr($"CAST({name}({a.Sql}) AS DECIMAL(38, 0))", LakeType.Numeric(0)),
            ("sqrt", [{ Type.Kind: LakeKind.Double } a]) => new Expr($"sqrt({a.Sql})", LakeType.Double),
            ("length" or "char_length" or "character_length", [var a]) => new Expr($"CAST(length({TextOf(a)}) AS INTEGER)", LakeType.Int4),
            ("lower", [var a]) when OfAscii(a) is var own => new Expr(Lower(TextOf(own)), LakeType.Text) { HasDatabaseOrder = a.HasDatabaseOrder, HasColumnOrder = a.HasColumnOrder },
            ("upper", [var a]) when OfAscii(a) is var own => new Expr($"translate({TextOf(own)}, '{Smalls}', '{Capitals}')", LakeType.Text) { HasDatabaseOrder = a.HasDatabaseOrder, HasColumnOrder = a.HasColumnOrder },
            ("substring" or "substr", [var a, { Literal: long from and >= 1 }]) => new Expr($"substring({TextOf(a)}, {from})", LakeType.Text) { HasDatabaseOrder = a.HasDatabaseOrder, HasColumnOrder = a.HasColumnOrder },
            ("substring" or "substr", [var a, { Literal: long from and >= 1 }, { Literal: long count and >= 0 and <= int.MaxValue }]) => new Expr($"substring({TextOf(a)}, {from}, {count})", LakeType.Text) { HasDatabaseOrder = a.HasDatabaseOrder, HasColumnOrder = a.HasColumnOrder },
            ("left" or "right", [var a, { Literal: long count and >= 0 and <= int.MaxValue }]) => new Expr($"\"{name}\"({TextOf(a)}, {count})", LakeType.Text) { HasDatabaseOrder = a.HasDatabaseOrder, HasColumnOrder = a.HasColumnOrder },
            ("replace", [var a, { Literal: string { Length: > 0 } } b, var c]) => new Expr($"replace({TextOf(a)}, {TextOf(b)}, {TextOf(c)})", LakeType.Text) { HasDatabaseOrder = a.HasDatabaseOrder, HasColumnOrder = a.HasColumnOrder },
            ("starts_with", [var a, var b]) => new Expr($"starts_with({TextOf(a)}, {TextOf(b)})", LakeType.Bool),
            ("position" or "strpos", [var a, var b]) => new Expr($"CAST(strpos({TextOf(a)}, {TextOf(b)}) AS INTEGER)", LakeType.Int4),
            ("nullif", [var a, var b]) when Common(a.Type, b.Type) is var common && common == (a.Type == LakeType.Unknown ? common : a.Type) => new Expr($"NULLIF({Coerce(a, common).Sql}, {Coerce(b, common).Sql})", common) { HasDatabaseOrder = a.HasDatabaseOrder, HasColumnOrder = a.HasColumnOrder },
            ("greatest" or "least", [_, ..]) when Unified(arguments) is var type => new Expr($"{name}({string.Join(", ", arguments.Select(a => Coerce(a, type).Sql))})", type) { HasDatabaseOrder = NeedsOrder(type, arguments), HasColumnOrder = arguments.Exists(a => a.HasColumnOrder) },
            _ => throw new NotForTheLakeException(name.Length > 0 && char.IsLetter(name[0])
                ? $"the function {name} with these arguments is not among those that mean the same in the lake"
                : $"the operator {name} is not among those that mean the same in the lake"),
        };
    }

    private bool NeedsOrder(LakeType type, List<Expr> values)
    {
        var own = values.Exists(v => v.HasDatabaseOrder);
        _needsByteOrder |= type.Kind == LakeKind.Text && (own || values.TrueForAll(v => v.Column is null));
        return own;
    }

    private string TextOf(Expr value) => value.Type.Kind is LakeKind.Text or LakeKind.Unknown ? Coerce(value, LakeType.Text).Sql : throw new NotForTheLakeException($"it puts {value.Type.Postgres} where a text is meant");

    // Letters of a text that comes of no column are as the database has them.
    private static Expr OfAscii(Expr text) => text.HasColumnOrder || text.IsNull || (text.Literal is string literal && literal.All(char.IsAscii))
        ? text : throw new NotForTheLakeException("capitals and small letters of a text that is of no column are as the database has them");

    private static bool IsFunctionWithoutParentheses(string name) => TimeWords.ContainsKey(name) || FunctionsWithoutParentheses.Contains(name);

    // By ASCII only, as Postgres does by the order "C".
    private static string Lower(string sql) => $"translate({sql}, '{Capitals}', '{Smalls}')";

    private Expr Concatenation(Expr a, Expr b)
    {
        if (a.Type.Kind is not (LakeKind.Text or LakeKind.Unknown) && b.Type.Kind is not (LakeKind.Text or LakeKind.Unknown))
        {
            throw new NotForTheLakeException("it joins what are no texts");
        }

        return new Expr($"({ToText(a).Sql} || {ToText(b).Sql})", LakeType.Text) { HasDatabaseOrder = a.Column is null && b.Column is null, HasColumnOrder = a.HasColumnOrder || b.HasColumnOrder };
    }

    private Expr Like(string name, Expr text, Expr pattern)
    {
        if (pattern.Literal is not string known)
        {
            throw new NotForTheLakeException("the pattern of LIKE is not a literal");
        }

        if (known.Length - known.TrimEnd('\\').Length is var backslashes && backslashes % 2 == 1)
        {
            throw new NotForTheLakeException("the pattern of LIKE ends with a backslash");
        }

        var ignoresCase = name.EndsWith('*');
        text = ignoresCase ? OfAscii(text) : text;
        var sql = $"({(ignoresCase ? Lower(TextOf(text)) : TextOf(text))} LIKE {Quote(ignoresCase ? Ascii(known) : known)} ESCAPE '\\')";
        return new Expr(name[0] == '!' ? $"(NOT {sql})" : sql, LakeType.Bool);

        static string Ascii(string value) => string.Concat(value.Select(c => char.IsAsciiLetterUpper(c) ? char.ToLowerInvariant(c) : c));
    }

    private Expr Arithmetic(string sign, Expr a, Expr b)
    {
        if (a.Type.IsTime || b.Type.IsTime || a.Type.Kind == LakeKind.Interval || b.Type.Kind == LakeKind.Interval)
        {
            return TimeArithmetic(sign, a, b);
        }

        if (a.Type == LakeType.Unknown && b.Type.IsNumber)
        {
            a = Coerce(a, b.Type);
        }
        else if (b.Type == LakeType.Unknown && a.Type.IsNumber)
        {
            b = Coerce(b, a.Type);
        }

        if (!a.Type.IsNumber || !b.Type.IsNumber)
        {
            throw new NotForTheLakeException($"it puts {a.Type.Postgres} {sign} {b.Type.Postgres}");
        }

        var type = (a.Type.Kind, b.Type.Kind) switch
        {
            (LakeKind.Double, _) or (_, LakeKind.Double) => LakeType.Double,
            (LakeKind.Numeric, _) or (_, LakeKind.Numeric) => LakeType.Numeric(sign == "*" ? a.Type.Scale + b.Type.Scale : Math.Max(a.Type.Scale, b.Type.Scale)),
            _ => a.Type == b.Type ? a.Type : LakeType.Int8,
        };
        if (type.Kind == LakeKind.Numeric && (sign is "/" or "%" || type.Scale > 30))
        {
            throw new NotForTheLakeException("it divides a numeric, whose digits only Postgres decides");
        }

        // With as many digits as it has: by itself DuckDB would keep to eighteen.
        var (left, right) = type.Kind == LakeKind.Numeric ? ($"CAST({a.Sql} AS {LakeType.Numeric(a.Type.Scale).Duck})", b.Sql) : (Coerce(a, type).Sql, Coerce(b, type).Sql);
        return sign switch
        {
            "/" or "%" when b.Literal is long and not (0 or -1) && type.IsInteger => new Expr($"({left} {(sign == "/" ? "//" : "%")} {right})", type),
            "/" when type.IsInteger => new Expr(Divided($"({left} // {right})", right), type),
            "/" => new Expr(Divided($"({left} / {right})", right), type),
            "%" when type.IsInteger => new Expr(Divided($"({left} % (CASE WHEN {right} = -1 THEN 1 ELSE {right} END))", right), type),
            "%" => throw new NotForTheLakeException("the lake does not do % of fractions"),
            _ => new Expr($"({left} {sign} {right})", type),
        };

        static string Divided(string sql, string by) => $"(CASE WHEN {by} = 0 THEN error('{DivisionByZero}') ELSE {sql} END)";
    }

    private Expr TimeArithmetic(string sign, Expr a, Expr b)
    {
        if (a.Type == LakeType.Unknown && b.Type.IsTime)
        {
            a = Coerce(a, b.Type);
        }

        if (b.Type == LakeType.Unknown && !b.IsNull)
        {
            throw new NotForTheLakeException("write an interval as interval '7 days'");
        }

        var type = (a.Type.Kind, sign, b.Type.Kind) switch
        {
            (LakeKind.Date, "+" or "-", LakeKind.Int4) => LakeType.Date,
            (LakeKind.Int4, "+", LakeKind.Date) => LakeType.Date,
            (LakeKind.Date, "-", LakeKind.Date) => LakeType.Int4,
            (LakeKind.Date or LakeKind.Timestamp, "+" or "-", LakeKind.Interval) => LakeType.Timestamp,
            (LakeKind.TimestampTz, "+" or "-", LakeKind.Interval) => LakeType.TimestampTz,
            (LakeKind.Interval, "+" or "-", LakeKind.Interval) => LakeType.Interval,
            (LakeKind.Interval, "*", LakeKind.Int4) => LakeType.Interval,
            (LakeKind.Int4, "*", LakeKind.Interval) => LakeType.Interval,
            _ => throw new NotForTheLakeException($"the lake does not do {a.Type.Postgres} {sign} {b.Type.Postgres}"),
        };
        if (a.Constant is { } first && b.Constant is { } second)
        {
            return new Expr("", type) { Constant = $"(({first})::{a.Type.Postgres} {sign} ({second})::{b.Type.Postgres})" };
        }

        if (type.Kind is LakeKind.Interval or LakeKind.TimestampTz)
        {
            throw new NotForTheLakeException("the lake adds an interval to a constant or to a time without zone only");
        }

        var sql = $"({Finite(a).Sql} {sign} {Finite(b).Sql})";
        return new Expr(type == LakeType.Int4 ? $"CAST({sql} AS INTEGER)" : sql, type);
    }

    // A constant may be infinite, with which the two reckon otherwise.
    private Expr Finite(Expr time) => Known(time) is { ConstantIndex: not null, Type.IsTime: true } known
        ? known with { Sql = $"(CASE WHEN isfinite({known.Sql}) THEN {known.Sql} WHEN {known.Sql} IS NOT NULL THEN error('{InfiniteTime}') END)" }
        : Known(time);

    private Expr DateTrunc(string field, Expr time)
    {
        field = field.ToLowerInvariant();
        if (!Truncations.TryGetValue(field, out var step))
        {
            throw new NotForTheLakeException($"the lake does not cut times at {field}");
        }

        if (time.Constant is { } constant && time.Type.IsTime)
        {
            return new Expr("", time.Type == LakeType.Timestamp ? LakeType.Timestamp : LakeType.TimestampTz) { Constant = $"pg_catalog.date_trunc({Quote(field)}, ({constant})::{time.Type.Postgres})" };
        }

        // A date becomes a time in the session's zone first.
        var value = time.Type.Kind switch
        {
            LakeKind.Date => Coerce(time, LakeType.TimestampTz),
            LakeKind.Timestamp or LakeKind.TimestampTz => time,
            _ => throw new NotForTheLakeException($"the lake does not cut {time.Type.Postgres}"),
        };
        if (value.Type == LakeType.TimestampTz && step > 0)
        {
            // In the hour that comes twice, DuckDB would take the first for the second.
            _needsWholeHours = true;
            return new Expr($"make_timestamptz(epoch_us({value.Sql}) - (((epoch_us({value.Sql}) % {step}) + {step}) % {step}))", value.Type);
        }

        return new Expr($"date_trunc('{field}', {value.Sql})", value.Type);
    }

    private Expr DatePart(string field, Expr time, bool isExtract)
    {
        field = field.ToLowerInvariant();
        if (time.Type.Kind is not (LakeKind.Date or LakeKind.Timestamp or LakeKind.TimestampTz))
        {
            throw new NotForTheLakeException($"the lake does not take {field} of {time.Type.Postgres}");
        }

        var value = Finite(time);
        if (field == "epoch" && isExtract && value.Type.Kind != LakeKind.Date)
        {
            return new Expr($"(CAST(epoch_us({value.Sql}) AS DECIMAL(20, 0)) * CAST('0.000001' AS DECIMAL(7, 6)))", LakeType.Numeric(6));
        }

        if (!(value.Type == LakeType.Date ? FieldsOfDays : Fields).Contains(field))
        {
            throw new NotForTheLakeException($"the lake does not take {field} of a time");
        }

        var type = isExtract ? LakeType.Numeric(0) : LakeType.Double;
        return new Expr($"CAST(date_part('{field}', {value.Sql}) AS {(isExtract ? "DECIMAL(10, 0)" : "DOUBLE")})", type);
    }

    private Expr AtTimeZone(string zone, Expr time)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _) || (zone != "UTC" && !zone.Contains('/', StringComparison.Ordinal)))
        {
            throw new NotForTheLakeException($"the lake does not know the time zone {zone}");
        }

        if (time.Constant is { } constant && time.Type.Kind is LakeKind.Timestamp or LakeKind.TimestampTz)
        {
            return new Expr("", time.Type == LakeType.Timestamp ? LakeType.TimestampTz : LakeType.Timestamp) { Constant = $"(({time.Constant})::{time.Type.Postgres} at time zone {Quote(zone)})" };
        }

        _zones.Add(zone);
        return time.Type == LakeType.TimestampTz ? new Expr($"timezone({Quote(zone)}, {time.Sql})", LakeType.Timestamp) : throw new NotForTheLakeException($"the lake does not put {time.Type.Postgres} into a time zone");
    }

    /// <returns>Null if it is no aggregate that is known here.</returns>
    private Expr? Aggregate(string name, JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        if (name is not ("count_star" or "count" or "sum" or "avg" or "min" or "max" or "bool_and" or "bool_or" or "string_agg" or "quantile_cont" or "every"))
        {
            return null;
        }

        var arguments = node.Items("children").Select(c => Value(c, scope, commons)).ToList();
        var orders = node.Child("order_bys");
        if (orders is { } given)
        {
            given.Allow("orders");
        }

        var filter = node.Child("filter") is { } condition ? $" FILTER (WHERE {Condition(condition, scope, commons)})" : "";
        var distinct = node.Flag("distinct") ? "DISTINCT " : "";
        if (orders is not null && name is not ("string_agg" or "quantile_cont"))
        {
            throw new NotForTheLakeException($"the lake does not order inside {name}");
        }

        return (name, arguments) switch
        {
            ("count_star", []) => new Expr($"count(*){filter}", LakeType.Int8),
            ("count", [var a]) => new Expr($"count({distinct}{Known(a).Sql}){filter}", LakeType.Int8),
            ("sum", [{ Type.Kind: LakeKind.Int4 } a]) => new Expr($"CAST(sum({distinct}{a.Sql}){filter} AS BIGINT)", LakeType.Int8),
            ("sum", [{ Type.Kind: LakeKind.Int8 } a]) => new Expr($"CAST(sum({distinct}{a.Sql}){filter} AS DECIMAL(38, 0))", LakeType.Numeric(0)),
            ("sum", [{ Type.Kind: LakeKind.Numeric } a]) => new Expr($"sum({distinct}{a.Sql}){filter}", a.Type),
            ("sum" or "avg", [{ Type.Kind: LakeKind.Double } a]) => new Expr($"{name}({distinct}{a.Sql}){filter}", LakeType.Double),
            ("avg", [{ Type.IsNumber: true }]) => throw new NotForTheLakeException("it takes the average of whole numbers, whose digits only Postgres decides; avg(x::float8) is done in the lake"),
            ("min" or "max", [var a]) when Known(a) is var value && value.Type.Kind is not (LakeKind.Bool or LakeKind.Texts or LakeKind.Reals or LakeKind.Interval) =>
                new Expr($"{name}({value.Sql}){filter}", value.Type) { HasDatabaseOrder = NeedsOrder(value.Type, [value]), HasColumnOrder = value.HasColumnOrder },
            ("bool_and" or "bool_or" or "every", [var a]) => new Expr($"{(name == "every" ? "bool_and" : name)}({Boolean(a).Sql}){filter}", LakeType.Bool),
            ("string_agg", [var a, { Literal: string } separator]) when orders is { } by =>
                new Expr($"string_agg({distinct}{TextOf(a)}, {TextOf(separator)} ORDER BY {Orders(by, e => Ordered(Known(Value(e, scope, commons))))}){filter}", LakeType.Text) { HasDatabaseOrder = a.HasDatabaseOrder, HasColumnOrder = a.HasColumnOrder },
            ("quantile_cont", [{ Literal: decimal part and >= 0 and <= 1 }]) when orders is { } by && by.Items("orders").ToList() is [var one] && one.Text("type") != "DESCENDING" && Value(one.GetProperty("expression"), scope, commons) is { Type.IsNumber: true } of =>
                new Expr($"quantile_cont({Coerce(of, LakeType.Double).Sql}, {part.ToString(CultureInfo.InvariantCulture)}){filter}", LakeType.Double),
            _ => throw new NotForTheLakeException($"the aggregate {name} with these arguments is not among those that mean the same in the lake"),
        };
    }
}
