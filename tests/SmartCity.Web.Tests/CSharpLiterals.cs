using System.Globalization;
using System.Text;

namespace SmartCity.Web.Tests;

/// <summary>A text in a C# source, with what is added to it.</summary>
/// <param name="Call">What it is given to: the name before the nearest bracket that is open, or that bracket.</param>
/// <param name="Outer">The same for the bracket around that one.</param>
/// <param name="Before">What stands before it in the source.</param>
/// <param name="Pieces">Its own words and the expressions between them, in turn.</param>
internal sealed record CSharpLiteral(string Call, string Outer, string Before, IReadOnlyList<TextPiece> Pieces);

/// <param name="Text">Words; or the expression whose value stands there.</param>
internal readonly record struct TextPiece(string Text, bool IsValue);

/// <summary>Reads the texts of a C# source. It knows as much of C# as that needs.</summary>
internal sealed class CSharpLiterals(string source)
{
    private const int LongestBefore = 80;

    // So that nothing is asked for beyond the end.
    private const string Margin = " \n\n\n\n";

    private readonly string _source = source + Margin;

    private int Length => _source.Length - Margin.Length;

    /// <summary>Whether a text begins at a place.</summary>
    public bool IsAt(int at) => _source[at] == '"' || (_source[at] is '$' or '@' && _source[at..].TrimStart('$', '@') is ['"', ..] && _source[at + 1] is '$' or '@' or '"');

    public IEnumerable<CSharpLiteral> All()
    {
        var open = new Stack<string>();
        for (var at = 0; at < Length;)
        {
            if (IsAt(at))
            {
                var before = _source[Math.Max(0, at - LongestBefore)..at];
                var (end, pieces) = Joined(at);
                if (before.TrimEnd() is [.., not '+', '+'] && pieces is not [{ IsValue: false, Text: [' ', >= 'A' and <= 'Z', ..] }, ..])
                {
                    pieces.Insert(0, new TextPiece("", true));
                }

                var (call, outer) = (open.ElementAtOrDefault(0) ?? "", open.ElementAtOrDefault(1) ?? "");
                yield return new CSharpLiteral(call, outer, before, pieces);
                foreach (var inner in pieces.Where(p => p.IsValue).SelectMany(p => new CSharpLiterals(p.Text).All()))
                {
                    yield return inner with { Call = "", Outer = call };
                }

                at = end;
                continue;
            }

            if (_source[at] is '(' or '[' or '{')
            {
                open.Push(_source[at] == '(' ? NameBefore(at) : _source[at].ToString());
            }
            else if (_source[at] is ')' or ']' or '}')
            {
                open.TryPop(out _);
            }

            at = Next(at);
        }
    }

    /// <summary>Behind the text, the character or the comment at a place; else the place behind it.</summary>
    public int Next(int at)
    {
        if (IsAt(at))
        {
            return One(at).End;
        }

        if (_source[at] == '\'')
        {
            // A letter, or a backslash and what it stands for.
            var end = _source.IndexOf('\'', at + (_source[at + 1] == '\\' ? 3 : 2));
            return end > 0 && end - at < 10 ? end + 1 : at + 1;
        }

        return _source.AsSpan(at).StartsWith("//") ? _source.IndexOf('\n', at) : _source.AsSpan(at).StartsWith("/*") ? _source.IndexOf("*/", at, StringComparison.Ordinal) + 2 : at + 1;
    }

    /// <summary>A text alone and where it ends.</summary>
    public (int End, List<TextPiece> Pieces) One(int at)
    {
        var start = at;
        while (_source[at] is '$' or '@')
        {
            at++;
        }

        var (values, isVerbatim) = (_source[start..at].Count(c => c == '$'), _source[start..at].Contains('@', StringComparison.Ordinal));
        var quotes = 0;
        while (_source[at + quotes] == '"' && !(isVerbatim && quotes == 1))
        {
            quotes++;
        }

        return quotes == 2 ? (at + 2, []) : Content(at + quotes, quotes, values, isVerbatim);
    }

    private (int End, List<TextPiece> Pieces) Content(int at, int quotes, int values, bool isVerbatim)
    {
        var (pieces, words, isRaw) = (new List<TextPiece>(), new StringBuilder(), quotes > 2);
        var close = new string('"', quotes);
        while (true)
        {
            if (isVerbatim && _source[at] == '"' && _source[at + 1] == '"')
            {
                words.Append('"');
                at += 2;
            }
            else if (_source.AsSpan(at).StartsWith(close))
            {
                Add(words.ToString(), false);
                return (at + quotes, pieces);
            }
            else if (!isRaw && values > 0 && _source[at] is '{' or '}' && _source[at + 1] == _source[at])
            {
                words.Append(_source[at]);
                at += 2;
            }
            else if (values > 0 && _source[at] == '{' && Braces(at) >= (isRaw ? values : 1))
            {
                var begin = at + (isRaw ? Braces(at) : 1);
                words.Append('{', isRaw ? Braces(at) - values : 0);
                Add(words.ToString(), false);
                words.Clear();
                var end = ValueEnd(begin);
                Add(_source[begin..end], true);
                at = end + (isRaw ? values : 1);
            }
            else if (!isRaw && !isVerbatim && _source[at] == '\\')
            {
                var isCode = _source[at + 1] == 'u';
                words.Append(isCode ? (char)int.Parse(_source.AsSpan(at + 2, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : _source[at + 1] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '0' => '\0', var c => c });
                at += isCode ? 6 : 2;
            }
            else
            {
                words.Append(_source[at++]);
            }
        }

        int Braces(int from) => _source.AsSpan(from).IndexOfAnyExcept('{');

        void Add(string text, bool isValue)
        {
            if (isValue || text.Length > 0)
            {
                pieces.Add(new TextPiece(text, isValue));
            }
        }
    }

    // A text and what is added to it: + "more" + value.
    private (int End, List<TextPiece> Pieces) Joined(int at)
    {
        var (end, pieces) = One(at);
        while (_source.AsSpan(end).TrimStart() is ['+', not ('+' or '='), ..] rest)
        {
            var next = _source.Length - rest[1..].TrimStart().Length;
            if (IsAt(next))
            {
                var (behind, more) = One(next);
                (end, pieces) = (behind, [.. pieces, .. more]);
            }
            else
            {
                end = ValueEnd(next, ",;)]}:?+");
                pieces.Add(new TextPiece(_source[next..end], true));
            }
        }

        return (end, pieces);
    }

    // Behind an expression. How its value is formatted is no part of it.
    private int ValueEnd(int at, string ends = "}")
    {
        for (var depth = 0; ; at = Next(at))
        {
            if (depth == 0 && ends.Contains(_source[at], StringComparison.Ordinal))
            {
                return at;
            }

            if (depth == 0 && ends == "}" && _source[at] == ':' && _source[at + 1] != ':' && _source[at - 1] != ':')
            {
                return _source.IndexOf('}', at);
            }

            depth += _source[at] switch { '(' or '[' or '{' => 1, ')' or ']' or '}' => -1, _ => 0 };
        }
    }

    private string NameBefore(int at)
    {
        var end = at;
        while (end > 0 && char.IsWhiteSpace(_source[end - 1]))
        {
            end--;
        }

        if (end > 0 && _source[end - 1] == '>' && _source.LastIndexOf('<', end - 1) is > 0 and var generic)
        {
            end = generic;
        }

        var begin = end;
        while (begin > 0 && (char.IsLetterOrDigit(_source[begin - 1]) || _source[begin - 1] is '_' or '.'))
        {
            begin--;
        }

        return _source[begin..end];
    }
}
