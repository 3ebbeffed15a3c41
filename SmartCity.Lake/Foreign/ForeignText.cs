using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Foreign;

/// <summary>
/// What postgres_fdw writes, in words that the lake's parser knows: its parameters as literals, and lists of constants as lists. Pure.
/// </summary>
internal static partial class ForeignText
{
    private const string AnyOf = "= ANY (";
    private const string NoneOf = "<> ALL (";
    private const char Blot = '\u0003';

    /// <param name="parameters">Texts of $1, $2, …; null for none.</param>
    /// <exception cref="NotForTheLakeException">A parameter is missing.</exception>
    public static string Plain(string sql, IReadOnlyList<string?> parameters)
    {
        var parts = Parts(sql).SelectMany(p => p.IsLiteral ? [p] : WithValues(p.Text, parameters)).ToList();
        var text = new StringBuilder(sql.Length);
        for (var i = 0; i < parts.Count; i++)
        {
            var (isLiteral, part) = parts[i];
            if (!isLiteral && i + 2 < parts.Count && parts[i + 1].IsLiteral && Word(part) is { } word && ListType().Match(parts[i + 2].Text) is { Success: true } type)
            {
                var items = Items(parts[i + 1].Text).Select(item => Literal(item, type.Groups["of"].Value)).ToList();
                var isAny = word == AnyOf;
                text.Append(part, 0, part.Length - word.Length).Append(isAny ? "IN (" : "NOT IN (");
                _ = items.Count > 0 ? text.AppendJoin(", ", items).Append(')') : text.Append("NULL) ").Append(isAny ? "IS TRUE" : "IS NOT FALSE");
                parts[i + 2] = (false, parts[i + 2].Text[type.Length..]);
                i++;
            }
            else
            {
                text.Append(isLiteral ? Translator.Quote(part) : Placeholder().Replace(part, "(NULL::${type})"));
            }
        }

        return text.ToString();
    }

    /// <summary>A statement with its parameters as literals and nothing else changed, and the same with every literal blotted out.</summary>
    public static (string Text, string Blotted) Filled(string sql, IReadOnlyList<string?> parameters)
    {
        var (text, blotted) = (new StringBuilder(sql.Length), new StringBuilder(sql.Length));
        foreach (var (isLiteral, part) in Parts(sql).SelectMany(p => p.IsLiteral ? [p] : WithValues(p.Text, parameters).ToList()))
        {
            var written = isLiteral ? Translator.Quote(part) : part;
            text.Append(written);
            _ = isLiteral ? blotted.Append(Blot, written.Length) : blotted.Append(written);
        }

        return (text.ToString(), blotted.ToString());
    }

    /// <summary>How many values a statement leaves open, as its EXPLAIN shows them.</summary>
    public static int Placeholders(string sql) => Parts(sql).Where(p => !p.IsLiteral).Sum(p => Placeholder().Count(p.Text));

    private static string? Word(string part) => part.EndsWith(AnyOf, StringComparison.Ordinal) ? AnyOf : part.EndsWith(NoneOf, StringComparison.Ordinal) ? NoneOf : null;

    // Texts apart from what is around them; a name in quotes is part of that.
    private static IEnumerable<(bool IsLiteral, string Text)> Parts(string sql)
    {
        var last = 0;
        foreach (Match match in Quoted().Matches(sql))
        {
            if (match.Value[0] == '"')
            {
                continue;
            }

            yield return (false, sql[last..match.Index]);
            yield return (true, match.Value[0] is 'E' or 'e'
                ? Escape().Replace(match.Value[2..^1], m => m.Value[1..])
                : match.Value[1..^1].Replace("''", "'", StringComparison.Ordinal));
            last = match.Index + match.Length;
        }

        yield return (false, sql[last..]);
    }

    private static IEnumerable<(bool IsLiteral, string Text)> WithValues(string text, IReadOnlyList<string?> parameters)
    {
        var last = 0;
        foreach (Match match in Parameter().Matches(text))
        {
            var number = int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
            var value = number >= 1 && number <= parameters.Count ? parameters[number - 1] : throw new NotForTheLakeException("it has a parameter without a value");
            var type = match.Groups["type"].Value;
            if (value is not null && (match.Groups["list"].Success || !IsNumber(value, type)))
            {
                yield return (false, text[last..match.Index]);
                yield return (true, value);
                yield return (false, match.Value[match.Value.IndexOf("::", StringComparison.Ordinal)..]);
            }
            else
            {
                yield return (false, text[last..match.Index] + $"{(value is null ? "NULL" : $"({value})")}::{type}");
            }

            last = match.Index + match.Length;
        }

        yield return (false, text[last..]);
    }

    private static string Literal(string? item, string type) => item is null ? $"NULL::{type}" : IsNumber(item, type) ? $"({item})" : Translator.Quote(item);

    private static bool IsNumber(string value, string type) => type is "integer" or "bigint" or "smallint" or "numeric" or "double precision" or "real" && Number().IsMatch(value);

    // As Postgres writes an array: {a,"b c",NULL}.
    private static IEnumerable<string?> Items(string array)
    {
        foreach (Match match in Item().Matches(array[1..^1]))
        {
            yield return match.Groups["quoted"].Success ? Escape().Replace(match.Groups["quoted"].Value, m => m.Value[1..]) : match.Value == "NULL" ? null : match.Value;
        }
    }

    [GeneratedRegex(@"(?<![A-Za-z0-9_$])[eE]'(?:[^'\\]|\\.|'')*'|'[^']*(?:''[^']*)*'|""[^""]*(?:""""[^""]*)*""", RegexOptions.Singleline)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\\.|''", RegexOptions.Singleline)]
    private static partial Regex Escape();

    [GeneratedRegex(@"\$(?<number>\d{1,4})::(?<type>[a-z][a-z ]*[a-z])(?<list>\[\])?")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\(\(SELECT null::(?<type>[a-z][a-z ]*[a-z])\)::\k<type>\)")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^::(?<of>[a-z][a-z ]*[a-z])\[\]\)")]
    private static partial Regex ListType();

    [GeneratedRegex(@"""(?<quoted>(?:[^""\\]|\\.)*)""|[^,]+", RegexOptions.Singleline)]
    private static partial Regex Item();

    [GeneratedRegex(@"^-?\d{1,30}(\.\d{1,30})?$")]
    private static partial Regex Number();
}
