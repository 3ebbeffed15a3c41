using System.Globalization;
using System.Text.Json;
using SmartCity.Lake.Tables;

namespace SmartCity.Lake.Sql;

/// <summary>
/// Writes a SELECT anew in DuckDB's words, from nothing but tables, operators and functions that are known to mean the same in both. What is not known is refused:
/// nothing of the statement's own text reaches DuckDB but texts and numbers.
/// </summary>
/// <param name="parameters">Values of $1, $2, …</param>
internal sealed partial class Translator(IReadOnlyList<CityTable> tables, IReadOnlyList<Expr> parameters)
{
    /// <summary>The errors that what is written here raises itself.</summary>
    public static readonly string[] Errors = [DivisionByZero, InfiniteTime, EarlyDay];

    private const string DivisionByZero = "division by zero";
    private const string InfiniteTime = "a time is infinite";
    private const string EarlyDay = "a day before the first year";
    private const string Schema = "city";

    // A statement that names a common table expression again and again grows with every use.
    private const int MostNodes = 5_000;
    private const int MostDepth = 100;

    private readonly List<TableUse> _uses = [];
    private readonly List<PostgresConstant> _constants = [];
    private readonly HashSet<string> _zones = new(StringComparer.Ordinal);
    private int _nodes;
    private int _depth;
    private int _relations;
    private bool _needsByteOrder;
    private bool _needsWholeHours;

    /// <exception cref="NotForTheLakeException">The lake does not run it; the message says why.</exception>
    public static Translation Translate(JsonElement statement, IReadOnlyList<CityTable> tables, IReadOnlyList<Expr> parameters)
    {
        var translator = new Translator(tables, parameters);
        var query = translator.Query(statement, null, []);
        if (query.Columns.Any(c => c.Type == LakeType.Interval))
        {
            throw new NotForTheLakeException("it gives an interval");
        }

        if (translator._uses.Count == 0)
        {
            throw new NotForTheLakeException("it reads no table of the lake");
        }

        return new Translation
        {
            Sql = query.Sql,
            Outputs = [.. query.Columns.Select(c => c.Type)],
            Tables = translator._uses,
            Constants = translator._constants,
            NeedsByteOrder = translator._needsByteOrder,
            NeedsWholeHours = translator._needsWholeHours,
            Zones = translator._zones,
        };
    }

    private sealed record TranslatedQuery(string Sql, IReadOnlyList<RelationColumn> Columns);

    private TranslatedQuery Query(JsonElement node, Scope? outer, Dictionary<string, CommonTable> commons)
    {
        Count();
        commons = WithCommons(node, commons);
        return node.Text("type") switch
        {
            "SELECT_NODE" => SelectNode(node, outer, commons),
            "SET_OPERATION_NODE" => SetOperation(node, outer, commons),
            "RECURSIVE_CTE_NODE" => throw new NotForTheLakeException("it is recursive"),
            _ => throw new NotForTheLakeException("it is not a plain SELECT"),
        };
    }

    private sealed record CommonTable(JsonElement Node, Dictionary<string, CommonTable> Commons);

    private static Dictionary<string, CommonTable> WithCommons(JsonElement node, Dictionary<string, CommonTable> commons)
    {
        foreach (var entry in node.Child("cte_map") is { } map ? map.Items("map") : [])
        {
            var value = entry.GetProperty("value");
            value.Allow("query", "materialized");
            commons = new Dictionary<string, CommonTable>(commons, StringComparer.Ordinal) { [entry.Text("key")] = new CommonTable(value.GetProperty("query").GetProperty("node"), commons) };
        }

        return commons;
    }

    private TranslatedQuery SelectNode(JsonElement node, Scope? outer, Dictionary<string, CommonTable> commons)
    {
        node.Allow("modifiers", "cte_map", "select_list", "from_table", "where_clause", "group_expressions", "group_sets", "aggregate_handling", "having");
        var scope = new Scope(outer);
        var from = From(node.GetProperty("from_table"), scope, outer, commons, isInner: true);
        string? where = null;
        if (node.Child("where_clause") is { } condition)
        {
            where = Condition(condition, scope, commons);
            Bound(condition, scope, commons);
        }

        var outputs = new List<(OutputName Name, Expr Value)>();
        foreach (var item in node.Items("select_list"))
        {
            if (item.Text("class") == "STAR")
            {
                outputs.AddRange(Star(item, scope));
            }
            else
            {
                outputs.Add((OutputName.Of(item), Value(item, scope, commons)));
            }
        }

        var values = outputs.ConvertAll(o => o.Value with { Sql = Known(o.Value).Sql, Type = Known(o.Value).Type });
        var names = outputs.ConvertAll(o => o.Name);
        var groups = Groups(node, scope, commons, names, values.Count);
        var having = node.Child("having") is { } filter ? Condition(filter, scope, commons) : null;
        var modifiers = Modifiers(node, scope, commons, names, values.Count);
        var sql = $"SELECT {(modifiers.IsDistinct ? "DISTINCT " : "")}{string.Join(", ", values.Select((v, i) => $"{v.Sql} AS c{i}"))}"
            + (from is null ? "" : $" FROM {from}")
            + (where is null ? "" : $" WHERE {where}")
            + (groups.Length == 0 ? "" : $" GROUP BY {groups}")
            + (having is null ? "" : $" HAVING {having}")
            + modifiers.Sql;
        return new TranslatedQuery(sql, [.. values.Select((v, i) => new RelationColumn(names[i].Name ?? "", $"c{i}", v.Type, v.HasDatabaseOrder, v.HasColumnOrder))]);
    }

    private TranslatedQuery SetOperation(JsonElement node, Scope? outer, Dictionary<string, CommonTable> commons)
    {
        node.Allow("modifiers", "cte_map", "setop_type", "setop_all", "left", "right");
        var (left, right) = (Query(node.GetProperty("left"), outer, commons), Query(node.GetProperty("right"), outer, commons));
        if (!left.Columns.Select(c => c.Type).SequenceEqual(right.Columns.Select(c => c.Type)))
        {
            throw new NotForTheLakeException("the two sides of UNION have columns of different types");
        }

        var operation = node.Text("setop_type") is "UNION" or "EXCEPT" or "INTERSECT" ? node.Text("setop_type") : throw new NotForTheLakeException("the lake does not do this set operation");
        var all = node.TryGetProperty("setop_all", out var flag) && flag.ValueKind == JsonValueKind.False ? "" : " ALL";
        var names = left.Columns.Select(c => new OutputName(c.Name, [])).ToList();
        var modifiers = Modifiers(node, null, commons, names, names.Count);
        return new TranslatedQuery($"({left.Sql}) {operation}{all} ({right.Sql}){modifiers.Sql}", [.. left.Columns.Select((c, i) => c with { HasDatabaseOrder = c.HasDatabaseOrder || right.Columns[i].HasDatabaseOrder, HasColumnOrder = c.HasColumnOrder || right.Columns[i].HasColumnOrder })]);
    }

    private static IEnumerable<(OutputName Name, Expr Value)> Star(JsonElement item, Scope scope)
    {
        item.Allow("relation_name");
        if (scope.Merged.Count > 0)
        {
            throw new NotForTheLakeException("the lake does not do * after JOIN … USING; name the columns");
        }

        var of = item.Text("relation_name");
        return scope.Relations.Where(r => of.Length == 0 || r.Alias == of).SelectMany(r => r.Columns.Select(c => (new OutputName(c.Name, []), Scope.Of(r, c))));
    }

    private string Groups(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons, List<OutputName> names, int outputs)
    {
        var sets = node.Items("group_sets").ToList();
        if (sets.Count > 1 || (sets.Count == 1 && sets[0].GetArrayLength() != node.Items("group_expressions").Count()) || node.Text("aggregate_handling") != "STANDARD_HANDLING")
        {
            throw new NotForTheLakeException("the lake does not do grouping sets");
        }

        return string.Join(", ", node.Items("group_expressions").Select(e =>
        {
            if (Ordinal(e, outputs) is { } ordinal)
            {
                return ordinal;
            }

            // A name is a column first, then an output.
            return e.Text("class") == "COLUMN_REF" && e.Items("column_names").Count() == 1 && e.Items("column_names").First().GetString() is { } name && !scope.Has(name)
                ? Output(name, names) ?? throw new NotForTheLakeException($"the lake does not know the column {SqlText.Shown(name)}")
                : Known(Value(e, scope, commons)).Sql;
        }));
    }

    private (bool IsDistinct, string Sql) Modifiers(JsonElement node, Scope? scope, Dictionary<string, CommonTable> commons, List<OutputName> names, int outputs)
    {
        var (distinct, order, limit) = (false, "", "");
        foreach (var modifier in node.Items("modifiers"))
        {
            switch (modifier.Text("type"))
            {
                case "DISTINCT_MODIFIER":
                    modifier.Allow();
                    distinct = true;
                    break;
                case "ORDER_MODIFIER":
                    modifier.Allow("orders");
                    order = " ORDER BY " + Orders(modifier, e => Ordinal(e, outputs)
                        ?? (e.Text("class") == "COLUMN_REF" && e.Items("column_names").Count() == 1 ? Output(e.Items("column_names").First().GetString()!, names) : null)
                        ?? Ordered(Known(Value(e, scope ?? throw new NotForTheLakeException("the lake orders a UNION by its columns only"), commons))));
                    break;
                case "LIMIT_MODIFIER":
                    modifier.Allow("limit", "offset");
                    limit = Limit(modifier, "limit", " LIMIT ") + Limit(modifier, "offset", " OFFSET ");
                    break;
                default:
                    throw new NotForTheLakeException("the lake does not do this LIMIT");
            }
        }

        return (distinct, order + limit);
    }

    private string Limit(JsonElement modifier, string name, string word)
    {
        if (modifier.Child(name) is not { } node)
        {
            return "";
        }

        var value = Value(node, new Scope(null), []);
        return value.IsNull ? "" : value.Literal is long rows and >= 0 ? word + rows.ToString(CultureInfo.InvariantCulture) : throw new NotForTheLakeException("the lake takes numbers only as LIMIT and OFFSET");
    }

    private static string Orders(JsonElement modifier, Func<JsonElement, string> expression) => string.Join(", ", modifier.Items("orders").Select(o =>
    {
        o.Allow("null_order", "expression");
        var descending = o.Text("type") == "DESCENDING";
        var nulls = o.Text("null_order") switch
        {
            "NULLS FIRST" => "NULLS FIRST",
            "NULLS LAST" => "NULLS LAST",
            _ => descending ? "NULLS FIRST" : "NULLS LAST",
        };
        return $"{expression(o.GetProperty("expression"))} {(descending ? "DESC" : "ASC")} {nulls}";
    }));

    private string Ordered(Expr value)
    {
        _needsByteOrder |= value.HasDatabaseOrder;
        return value.Literal is null ? value.Sql : throw new NotForTheLakeException("the lake does not order by a constant");
    }

    private static string? Ordinal(JsonElement node, int outputs)
    {
        if (node.Text("class") != "CONSTANT")
        {
            return null;
        }

        return node.GetProperty("value") is var value && value.GetProperty("type").Text("id") == "INTEGER" && value.GetProperty("value").TryGetInt32(out var number) && number >= 1 && number <= outputs
            ? number.ToString(CultureInfo.InvariantCulture)
            : throw new NotForTheLakeException("there is no such output column");
    }

    private static string? Output(string name, List<OutputName> names)
    {
        if (names.Exists(n => n.MayBe.Contains(name)) || IsFunctionWithoutParentheses(name))
        {
            throw new NotForTheLakeException($"{SqlText.Shown(name)} may be another output column in Postgres");
        }

        var found = Enumerable.Range(0, names.Count).Where(i => names[i].Name == name).ToList();
        return found.Count switch
        {
            0 => null,
            1 => (found[0] + 1).ToString(CultureInfo.InvariantCulture),
            _ => throw new NotForTheLakeException($"{SqlText.Shown(name)} may be one of several output columns"),
        };
    }

    /// <returns>Null if there is none.</returns>
    private string? From(JsonElement node, Scope scope, Scope? outer, Dictionary<string, CommonTable> commons, bool isInner)
    {
        Count();
        switch (node.Text("type"))
        {
            case "EMPTY":
                node.Allow();
                return null;
            case "BASE_TABLE":
                return Table(node, scope, commons);
            case "SUBQUERY":
                node.Allow("subquery");
                return Derived(Query(node.GetProperty("subquery").GetProperty("node"), outer, commons), node.Text("alias"), scope);
            case "JOIN":
                return Join(node, scope, outer, commons, isInner);
            case "TABLE_FUNCTION":
                throw new NotForTheLakeException("it calls a function in FROM");
            default:
                throw new NotForTheLakeException("the lake does not do this FROM");
        }
    }

    private string Table(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        node.Allow("schema_name", "table_name");
        var (schema, name) = (node.Text("schema_name"), node.Text("table_name"));
        var alias = node.Text("alias") is { Length: > 0 } given ? given : name;
        if (schema.Length == 0 && commons.TryGetValue(name, out var common))
        {
            return Derived(Query(common.Node, null, common.Commons), alias, scope);
        }

        var table = schema.Length == 0 || schema == Schema ? tables.FirstOrDefault(t => t.Name == name) : null;
        if (table is null)
        {
            throw new NotForTheLakeException($"{(schema.Length == 0 ? "" : schema + ".")}{name} is not a table of the lake");
        }

        var use = new TableUse(table, schema.Length == 0 ? table.Name : $"{Schema}.{table.Name}");
        var sql = $"t{_relations++}";
        scope.Relations.Add(new Relation(alias, sql, [.. table.Columns.Select(c => new RelationColumn(c.Name, $"\"{c.Name}\"", c.Type, HasDatabaseOrder: false, HasColumnOrder: c.Type.Kind == LakeKind.Text))], use));
        _uses.Add(use);
        return $"({Translation.TableMark(_uses.Count - 1)}) AS {sql}";
    }

    private string Derived(TranslatedQuery query, string alias, Scope scope)
    {
        var sql = $"t{_relations++}";
        scope.Relations.Add(new Relation(alias, sql, query.Columns, null));
        return $"({query.Sql}) AS {sql}";
    }

    private string Join(JsonElement node, Scope scope, Scope? outer, Dictionary<string, CommonTable> commons, bool isInner)
    {
        node.Allow("left", "right", "condition", "join_type", "ref_type", "using_columns");
        var kind = (node.Text("ref_type"), node.Text("join_type")) switch
        {
            ("CROSS", _) => "CROSS",
            ("REGULAR", "INNER") => "INNER",
            ("REGULAR", "LEFT") => "LEFT",
            ("REGULAR", "RIGHT") => "RIGHT",
            ("REGULAR", "FULL") => "FULL",
            _ => throw new NotForTheLakeException("the lake does not do this join"),
        };
        var inner = isInner && kind is "INNER" or "CROSS";
        var first = scope.Relations.Count;
        var left = From(node.GetProperty("left"), scope, outer, commons, inner)!;
        var second = scope.Relations.Count;
        var right = From(node.GetProperty("right"), scope, outer, commons, inner)!;
        var columns = node.Items("using_columns").Select(c => c.GetString()!).ToList();
        if (columns.Count > 0)
        {
            if (kind is not ("INNER" or "LEFT"))
            {
                throw new NotForTheLakeException("the lake does not do USING in this join");
            }

            return $"({left} {kind} JOIN {right} ON {string.Join(" AND ", columns.Select(c => Using(c, scope, first, second)))})";
        }

        if (node.Child("condition") is not { } condition)
        {
            return $"({left} CROSS JOIN {right})";
        }

        var on = Condition(condition, scope, commons);
        if (inner)
        {
            Bound(condition, scope, commons);
        }

        return $"({left} {kind} JOIN {right} ON {on})";
    }

    private string Using(string column, Scope scope, int first, int second)
    {
        Relation? Holder(int from, int to) => scope.Relations.Skip(from).Take(to - from).SingleOrDefault(r => r.Columns.Any(c => c.Name == column));
        if (scope.Merged.ContainsKey(column) || Holder(first, second) is not { } left || Holder(second, scope.Relations.Count) is not { } right)
        {
            throw new NotForTheLakeException($"the lake does not know whose {column} USING means");
        }

        var sql = Compare("=", Of(left), Of(right));
        scope.Merged[column] = left;
        return sql.Sql;

        Expr Of(Relation relation) => Scope.Of(relation, relation.Columns.Single(c => c.Name == column));
    }

    private string Condition(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons) => Boolean(Value(node, scope, commons)).Sql;

    // What every row that counts fulfils, of the columns of this FROM.
    private void Bound(JsonElement node, Scope scope, Dictionary<string, CommonTable> commons)
    {
        if (node.Text("type") == "CONJUNCTION_AND")
        {
            foreach (var child in node.Items("children"))
            {
                Bound(child, scope, commons);
            }

            return;
        }

        // What is looked at here a second time is not read a second time.
        var before = _uses.Count;
        switch (node.Text("class"), node.Text("type"))
        {
            case ("COMPARISON", "COMPARE_EQUAL" or "COMPARE_LESSTHAN" or "COMPARE_LESSTHANOREQUALTO" or "COMPARE_GREATERTHAN" or "COMPARE_GREATERTHANOREQUALTO"):
                var sign = Comparisons[node.Text("type")];
                var (left, right) = (Value(node.GetProperty("left"), scope, commons), Value(node.GetProperty("right"), scope, commons));
                Add(left, sign, right);
                Add(right, sign switch { "<" => ">", "<=" => ">=", ">" => "<", ">=" => "<=", _ => sign }, left);
                break;
            case ("BETWEEN", "COMPARE_BETWEEN"):
                var input = Value(node.GetProperty("input"), scope, commons);
                Add(input, ">=", Value(node.GetProperty("lower"), scope, commons));
                Add(input, "<=", Value(node.GetProperty("upper"), scope, commons));
                break;
            case ("OPERATOR", "COMPARE_IN"):
                var items = node.Items("children").Select(c => Value(c, scope, commons)).ToList();
                Add(items[0], "=", [.. items.Skip(1)]);
                break;
            default:
                break;
        }

        _uses.RemoveRange(before, _uses.Count - before);

        void Add(Expr column, string sign, params IReadOnlyList<Expr> values)
        {
            // By fractions no file is chosen.
            if (column.Column is not var (use, name) || column.Type.Kind is LakeKind.Numeric or LakeKind.Double || !scope.Relations.Exists(r => r.Use == use))
            {
                return;
            }

            var known = values.Select(v => Coerce(v, Common(column.Type, v.Type))).Select(v => v.ConstantIndex is { } index && v.Type == column.Type ? new BoundConstant(index) : v.IsNull ? null : v.Literal).ToList();
            if (known.TrueForAll(v => v is not null))
            {
                use.Bounds.Add(new ColumnBound(name, sign, known!));
            }
        }
    }

    private void Count()
    {
        if (++_nodes > MostNodes)
        {
            throw new NotForTheLakeException("it is too large");
        }
    }
}
