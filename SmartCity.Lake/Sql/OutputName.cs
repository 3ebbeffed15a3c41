using System.Text.Json;

namespace SmartCity.Lake.Sql;

/// <summary>What Postgres calls an output column, which an ORDER BY may mean before any column of a table.</summary>
/// <param name="Name">Null if the statement does not say it for certain.</param>
/// <param name="MayBe">Names that it may have then.</param>
internal sealed record OutputName(string? Name, IReadOnlyList<string> MayBe)
{
    public static OutputName Of(JsonElement item) => item.Text("alias") is { Length: > 0 } alias ? new OutputName(alias, []) : Column(item) is { } column ? new OutputName(column, []) : new OutputName(null, [.. Names(item)]);

    // A column keeps its name through casts.
    private static string? Column(JsonElement node) => node.Text("class") switch
    {
        "COLUMN_REF" => node.Items("column_names").Last().GetString(),
        "CAST" => Column(node.GetProperty("child")),
        _ => null,
    };

    private static IEnumerable<string> Names(JsonElement node)
    {
        switch (node.Text("class"))
        {
            case "COLUMN_REF":
                return [node.Items("column_names").Last().GetString()!];
            case "CAST":
                return Names(node.GetProperty("child")).Concat(TypeNames(node.GetProperty("cast_type").Text("id")));
            case "CASE":
                return node.Child("else_expr") is { } otherwise ? Names(otherwise).Append("case") : ["case"];
            case "OPERATOR":
                return ["coalesce"];
            case "SUBQUERY":
                return SubqueryNames(node);
            case "FUNCTION":
                var name = node.Text("function_name");
                return Others.TryGetValue(name, out var others) ? [name, .. others] : [name];
            default:
                return [];
        }
    }

    private static IEnumerable<string> SubqueryNames(JsonElement node)
    {
        var inner = node.GetProperty("subquery").GetProperty("node");
        while (inner.Text("type") == "SET_OPERATION_NODE")
        {
            inner = inner.GetProperty("left");
        }

        var first = inner.Items("select_list").FirstOrDefault();
        return first.ValueKind != JsonValueKind.Object ? ["exists"] : Of(first) is { Name: { } name } ? [name, "exists"] : Names(first).Append("exists");
    }

    private static IEnumerable<string> TypeNames(string type) => type switch
    {
        "DECIMAL" => ["numeric"],
        "BOOLEAN" => ["bool"],
        "INTEGER" => ["int4"],
        "BIGINT" => ["int8"],
        "DOUBLE" => ["float8"],
        "VARCHAR" => ["text", "varchar"],
        "TIMESTAMP WITH TIME ZONE" => ["timestamptz"],
        _ => [type.ToLowerInvariant()],
    };

    // What the parser of the lake calls otherwise.
    private static readonly Dictionary<string, string[]> Others = new(StringComparer.Ordinal)
    {
        ["count_star"] = ["count"],
        ["date_part"] = ["extract"],
        ["quantile_cont"] = ["percentile_cont"],
        ["timezone"] = ["timezone"],
        ["get_current_timestamp"] = ["current_timestamp", "now"],
        ["today"] = ["current_date"],
        ["trim"] = ["btrim"],
        ["ceil"] = ["ceiling"],
    };
}
