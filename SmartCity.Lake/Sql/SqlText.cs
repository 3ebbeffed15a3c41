using System.Text.RegularExpressions;

namespace SmartCity.Lake.Sql;

/// <summary>What can be told of a statement from its text, before anybody parses it. Pure.</summary>
internal static partial class SqlText
{
    /// <summary>Refuses what the two parsers read differently: the tree that comes of it no longer shows it.</summary>
    /// <exception cref="NotForTheLakeException"/>
    public static void Check(string sql)
    {
        if (sql.AsSpan().ContainsAny('\0', Translation.Mark))
        {
            throw new NotForTheLakeException("it has a control character");
        }

        var plain = Quoted().Replace(sql, " ");
        if (SpecialLiteral().IsMatch(plain) || plain.Contains('\'', StringComparison.Ordinal) || plain.Contains('"', StringComparison.Ordinal))
        {
            throw new NotForTheLakeException("it has a literal that is not a plain text or number");
        }

        if (LengthOrPrecision().Match(plain) is { Success: true } match)
        {
            throw new NotForTheLakeException($"the lake does not know the length or precision in {match.Value.Trim()}");
        }
    }

    // Plain texts, texts whose only escapes are those of quote and backslash, names, and comments.
    [GeneratedRegex(@"(?<![A-Za-z0-9_$])[eE]'(?:[^'\\]|\\[\\']|'')*'|(?<![A-Za-z0-9_$&])'[^']*(?:''[^']*)*'|(?<!&)""[^""]*(?:""""[^""]*)*""|--[^\n]*|/\*(?>[^*/]+|\*(?!/)|/(?!\*))*\*/")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\$(?![0-9])|\b0[xXoObB][0-9a-fA-F]|[0-9]_[0-9]")]
    private static partial Regex SpecialLiteral();

    [GeneratedRegex(@"\b(char|character|bpchar|nchar)\b|\bvarchar\s*\(|\bvarying\s*\(|\b(timestamp|timestamptz|time|timetz|interval|float)\s*\(|\b(numeric|decimal|dec)\s*\(\s*18\s*,\s*3\s*\)|\bsimilar\b", RegexOptions.IgnoreCase)]
    private static partial Regex LengthOrPrecision();
}
