using System.Text.RegularExpressions;
using SmartCity.Lake.Tables;

namespace SmartCity.Lake.Foreign;

/// <summary>
/// What Postgres asks of one table that the lake cannot do whole: the rows that it may need, which the lake reads, and the statement that Postgres then runs over them itself. Pure.
/// </summary>
/// <param name="Columns">That the statement names.</param>
/// <param name="Scan">The rows, by the conditions that the lake can do.</param>
/// <param name="Sql">The whole statement, over <see cref="Rows"/>.</param>
/// <param name="Outputs">How many columns it has.</param>
internal sealed partial record HandedBack(CityTable Table, IReadOnlyList<CityColumn> Columns, string Scan, string Sql, int Outputs)
{
    /// <summary>Where its rows are put.</summary>
    public const string Rows = "pg_temp.lake_rows";

    /// <param name="sql">As postgres_fdw writes it: each condition in parentheses of its own.</param>
    /// <param name="isDone">Whether the lake does a statement.</param>
    /// <returns>Null if it is not one statement of one table.</returns>
    public static HandedBack? Of(string sql, IReadOnlyList<string?> parameters, Func<string, bool> isDone)
    {
        var (text, blotted) = ForeignText.Filled(sql, parameters);
        if (Shape().Match(blotted) is not { Success: true } match || Source().Count(blotted) != 1 || blotted.Contains(';') || CityTable.All.FirstOrDefault(t => t.Name == match.Groups["table"].Value) is not { } table)
        {
            return null;
        }

        var from = $"FROM city.{table.Name}";
        IReadOnlyList<CityColumn> columns = [.. table.Columns.Where(c => Regex.IsMatch(blotted, $@"\b{c.Name}\b", RegexOptions.CultureInvariant))];
        columns = columns.Count > 0 ? columns : [table.Columns[0]];
        var select = $"SELECT {string.Join(", ", columns.Select(c => c.Name))} {from}";
        var conditions = Conditions(blotted, match.Index + match.Length).Select(c => text[c]).Where(c => isDone($"{select} WHERE {c}")).ToList();
        return new HandedBack(
            table,
            columns,
            conditions.Count == 0 ? select : $"{select} WHERE {string.Join(" AND ", conditions)}",
            text[..match.Groups["from"].Index] + $"FROM {Rows}" + text[(match.Groups["from"].Index + from.Length)..],
            1 + AtTop(match.Groups["list"].Value, ','));
    }

    private static IEnumerable<Range> Conditions(string blotted, int at)
    {
        const string Where = " WHERE ";
        const string And = " AND ";
        for (var word = Where; blotted.AsSpan(at).StartsWith(word, StringComparison.Ordinal) && at + word.Length < blotted.Length && blotted[at + word.Length] == '('; word = And)
        {
            var begin = at + word.Length;
            var depth = 0;
            for (at = begin; at < blotted.Length; at++)
            {
                depth += blotted[at] switch { '(' => 1, ')' => -1, _ => 0 };
                if (depth == 0)
                {
                    break;
                }
            }

            at++;
            yield return begin..Math.Min(at, blotted.Length);
        }
    }

    private static int AtTop(string list, char separator)
    {
        var (depth, count) = (0, 0);
        foreach (var c in list)
        {
            depth += c switch { '(' or '[' => 1, ')' or ']' => -1, _ => 0 };
            count += depth == 0 && c == separator ? 1 : 0;
        }

        return count;
    }

    [GeneratedRegex(@"^SELECT (?<list>.*?) (?<from>FROM city\.(?<table>[a-z_]+))(?=$| )", RegexOptions.Singleline)]
    private static partial Regex Shape();

    [GeneratedRegex(@"\bcity\.|\bJOIN\b")]
    private static partial Regex Source();
}
