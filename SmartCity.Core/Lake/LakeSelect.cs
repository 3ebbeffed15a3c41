using System.Text.RegularExpressions;

namespace SmartCity.Core.Lake;

/// <summary>What can be told of a statement from its text, before anybody parses it. Pure.</summary>
internal static partial class LakeSelect
{
    /// <summary>Longer ones are not looked at.</summary>
    public const int MostCharacters = 64 * 1024;

    private const string Blank = @"^(?>\s+|--[^\n]*\n|/\*(?>[^*]+|\*(?!/))*\*/)*";

    private static readonly string[] Names = [.. LakeTables.All.Select(t => t.Name)];
    private static readonly Regex Named = new($@"\b(city\s*\.\s*|(from|join)\s+(lateral\s+|only\s+)*)""?({string.Join('|', Names)})\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    /// <summary>Whether it may be a SELECT that names a table of the lake.</summary>
    public static bool IsCandidate(string sql) => sql.Length <= MostCharacters && Array.Exists(Names, t => sql.Contains(t, StringComparison.OrdinalIgnoreCase)) && Beginning().IsMatch(sql);

    /// <summary>The statement that an EXPLAIN is about, if it may be a SELECT that names a table of the lake; each of its characters is where it was, so that places in it are right. Other options than VERBOSE are of Postgres' own plans.</summary>
    /// <returns>Null if the text is something else.</returns>
    public static string? Explained(string sql) =>
        sql.Length <= MostCharacters && Explain().Match(sql) is { Success: true } match && new string(' ', match.Length) + sql[match.Length..] is var explained && IsCandidate(explained) ? explained : null;

    /// <summary>Whether a table of the lake is named, and not only a column, or a table whose name ends so.</summary>
    public static bool NamesTable(string sql) => Named.IsMatch(sql);

    // Nothing of it is tried twice: a client may send as many comments as it likes.
    [GeneratedRegex(Blank + @"\(*\s*(select|with)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Beginning();

    [GeneratedRegex(Blank + @"explain\b(\s+verbose\b)?", RegexOptions.IgnoreCase)]
    private static partial Regex Explain();
}
