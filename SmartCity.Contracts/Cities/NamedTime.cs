using System.Globalization;
using System.Text.RegularExpressions;

namespace SmartCity.Contracts.Cities;

/// <summary>
/// Where the time stands in a recording's name: <c>yyyyMMdd-HHmmss</c> finds it in <c>gate_20260504-081500.mp4</c>. A <c>Z</c> at the end says that it is UTC.
/// </summary>
public sealed partial class NamedTime
{
    /// <summary>How a pattern is to be written, in plain English.</summary>
    public const string Rule = "a pattern needs yyyy, MM, dd, HH and mm, each once, may have ss and fff, and may end in Z for UTC, such as yyyyMMdd-HHmmss";

    private static readonly string[] Needed = ["yyyy", "MM", "dd", "HH", "mm"];
    private static readonly string[] Allowed = [.. Needed, "ss", "fff"];

    private readonly Regex _time;
    private readonly bool _isUtc;

    private NamedTime(string pattern, Regex time) => (Pattern, _time, _isUtc) = (pattern, time, pattern.EndsWith('Z'));

    public string Pattern { get; }

    /// <summary>Null if the text is no pattern: <see cref="Rule"/>.</summary>
    public static NamedTime? Of(string pattern)
    {
        var parts = Part().Matches(pattern).Select(m => m.Value).ToList();
        return Needed.All(parts.Contains) && parts.TrueForAll(Allowed.Contains) && parts.Distinct().Count() == parts.Count
            ? new NamedTime(pattern, new Regex("(?<![0-9])" + Pieces().Replace(pattern, Piece) + "(?![0-9])", RegexOptions.CultureInvariant))
            : null;
    }

    /// <summary>The first time in a file's name; null if there is none.</summary>
    public StampedTime? In(string name)
    {
        foreach (Match match in _time.Matches(name))
        {
            var text = string.Concat(Allowed.Select(part => match.Groups[part] is { Success: true } digits ? digits.Value : new string('0', part.Length)));
            if (DateTime.TryParseExact(text, string.Concat(Allowed), CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
            {
                return new StampedTime(local, _isUtc ? TimeSpan.Zero : null);
            }
        }

        return null;
    }

    private static string Piece(Match piece) => Allowed.Contains(piece.Value) ? $"(?<{piece.Value}>[0-9]{{{piece.Length}}})" : Regex.Escape(piece.Value);

    [GeneratedRegex("([yMdHmsf])\\1*")]
    private static partial Regex Part();

    [GeneratedRegex("([yMdHmsf])\\1*|[^yMdHmsf]+")]
    private static partial Regex Pieces();
}
