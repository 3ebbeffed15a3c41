using System.Text;
using System.Text.RegularExpressions;

namespace SmartCity.Lake.Sql;

/// <summary>What can be told of a statement from its text, before anybody parses it. Pure.</summary>
internal static partial class SqlText
{
    // Stands before the capitals of a name in quotes: DuckDB takes "Day" for day, and Postgres does not.
    private const char Capitals = '\u0002';

    private const int MostNameBytes = 63;

    /// <summary>
    /// The text as DuckDB may parse it: names as Postgres folds them, names in quotes apart from those that differ in capitals only, and no comments. Refuses what the two parsers read
    /// differently: the tree that comes of it no longer shows it.
    /// </summary>
    /// <exception cref="NotForTheLakeException"/>
    public static string Checked(string sql)
    {
        if (sql.AsSpan().ContainsAny('\0', Translation.Mark, Capitals))
        {
            throw new NotForTheLakeException("it has a control character");
        }

        var plain = Quoted().Replace(sql, " ");
        if (SpecialLiteral().IsMatch(plain) || plain.AsSpan().ContainsAny('\'', '"') || plain.Contains("--", StringComparison.Ordinal) || plain.Contains("/*", StringComparison.Ordinal))
        {
            throw new NotForTheLakeException("it has a literal that is not a plain text or number");
        }

        // A type may stand in quotes, too.
        if (LengthOrPrecision().Match(Quoted().Replace(sql, m => TypeName().IsMatch(m.Value) ? m.Value[1..^1] : " ")) is { Success: true } match)
        {
            throw new NotForTheLakeException($"the lake does not know the length or precision in {match.Value.Trim()}");
        }

        if (LongName().Matches(plain).Any(m => Encoding.UTF8.GetByteCount(m.Value) > MostNameBytes))
        {
            throw new NotForTheLakeException("it has a name that Postgres cuts");
        }

        return Part().Replace(sql, m => m.Groups["name"].Success ? Named(m.Value) : m.Groups["comment"].Success ? " " : m.Groups["text"].Success ? m.Value : Folded(m.Value));
    }

    /// <summary>A name of the tree as the statement has it.</summary>
    public static string Shown(string name) => name.IndexOf(Capitals, StringComparison.Ordinal) is var at and >= 0 ? name[..at] : name;

    private static string Named(string quoted)
    {
        var name = quoted[1..^1];
        if (Encoding.UTF8.GetByteCount(name.Replace("\"\"", "\"", StringComparison.Ordinal)) > MostNameBytes)
        {
            throw new NotForTheLakeException("it has a name that Postgres cuts");
        }

        return name.Any(char.IsAsciiLetterUpper) ? $"\"{name}{Capitals}{string.Concat(name.Select(c => char.IsAsciiLetterUpper(c) ? '1' : '0'))}\"" : quoted;
    }

    private static string Folded(string text) => string.Concat(text.Select(c => char.IsAsciiLetterUpper(c) ? char.ToLowerInvariant(c) : c));

    // Plain texts, texts whose only escapes are those of quote and backslash, names, and comments.
    [GeneratedRegex(@"(?<![A-Za-z0-9_$])[eE]'(?:[^'\\]|\\[\\']|'')*'|(?<![A-Za-z0-9_$&])'[^']*(?:''[^']*)*'|(?<!&)""[^""]*(?:""""[^""]*)*""|--[^\n\r]*|/\*(?>[^*/]+|\*(?!/)|/(?!\*))*\*/")]
    private static partial Regex Quoted();

    // The same, each by what it is, and what is between them.
    [GeneratedRegex(@"(?<text>(?<![A-Za-z0-9_$])[eE]'(?:[^'\\]|\\[\\']|'')*'|(?<![A-Za-z0-9_$&])'[^']*(?:''[^']*)*')|(?<name>""[^""]*(?:""""[^""]*)*"")|(?<comment>--[^\n\r]*|/\*(?>[^*/]+|\*(?!/)|/(?!\*))*\*/)|[A-Z]+")]
    private static partial Regex Part();

    [GeneratedRegex(@"^""[a-z_]+""$")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"[A-Za-z0-9_$\u0080-\uffff]{32,}")]
    private static partial Regex LongName();

    [GeneratedRegex(@"\$(?![0-9])|\b0[xXoObB][0-9a-fA-F]|[0-9]_[0-9]")]
    private static partial Regex SpecialLiteral();

    [GeneratedRegex(@"\b(char|character|bpchar|nchar)\b|\bvarchar\s*\(|\bvarying\s*\(|\b(timestamp|timestamptz|time|timetz|interval|float)\s*\(|\b(numeric|decimal|dec)\s*\(\s*18\s*,\s*3\s*\)|\bsimilar\b", RegexOptions.IgnoreCase)]
    private static partial Regex LengthOrPrecision();
}
