using System.Collections.Frozen;
using System.Text;

namespace SmartCity.Web.Languages;

/// <summary>The core's sentences in one language, so arranged that the one that is meant is found quickly, whatever the text.</summary>
internal sealed class CoreSentences
{
    // A text beyond these is not the core's: it, or what is too many of it, stays as it is.
    private const int MostCharacters = 4_000;
    private const int MostParts = 40;
    private const int MostPartsOfOne = 6;
    private const int Deepest = 4;

    // As many characters as a sentence begins with are enough to tell most from each other.
    private const int Beginning = 6;

    private readonly FrozenDictionary<string, string> _whole;
    private readonly FrozenDictionary<string, CoreSentence[]> _byBeginning;
    private readonly CoreSentence[] _others;

    public CoreSentences(IEnumerable<KeyValuePair<string, string>> texts)
    {
        var withValues = texts.Where(t => t.Key.Contains("{0}", StringComparison.Ordinal)).Select(t => new CoreSentence(t.Key, t.Value)).OrderByDescending(s => s.Weight).ToLookup(s => s.Beginning.Length >= Beginning);
        _whole = texts.Where(t => !t.Key.Contains("{0}", StringComparison.Ordinal)).ToFrozenDictionary(StringComparer.Ordinal);
        _byBeginning = withValues[true].GroupBy(s => s.Beginning[..Beginning], StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        _others = [.. withValues[false]];
    }

    /// <summary>A text of the core; as it is where nothing is known of it.</summary>
    /// <param name="surely">Whether somebody may have typed it, so that only sentences with many words of their own are said.</param>
    public string Tell(string english, bool surely = false) => english.Length > MostCharacters ? english : Tell(english, 0, surely);

    private string Tell(string english, int depth, bool surely)
    {
        var text = english.Trim();
        if (depth == Deepest || text.Length == 0)
        {
            return english;
        }

        var parts = SentenceEnds.Beginnings(text, MostParts);
        var said = new StringBuilder(english.Length).Append(english, 0, english.IndexOf(text[0], StringComparison.Ordinal));
        for (var i = 0; i < parts.Count - 1;)
        {
            var (own, next) = Longest(text, parts, i, strictly: true, depth, surely) ?? Longest(text, parts, i, strictly: false, depth, surely) ?? (null, i + 1);
            var part = text[parts[i]..parts[next]];
            var plain = part.TrimEnd();
            said.Append(own ?? Named(plain, depth, surely)).Append(part, plain.Length, part.Length - plain.Length);
            i = next;
        }

        return said.Append(english, english.TrimEnd().Length, english.Length - english.TrimEnd().Length).ToString();
    }

    // As many parts as one sentence can be: all that follow first, because its last value may be the sentences of another.
    private (string? Own, int Next)? Longest(string text, List<int> parts, int from, bool strictly, int depth, bool surely)
    {
        var all = parts.Count - 1;
        for (var to = all; to > from; to = to == all && all - from > MostPartsOfOne ? from + MostPartsOfOne : to - 1)
        {
            if (One(text[parts[from]..parts[to]].TrimEnd(), strictly, depth, surely) is { } own)
            {
                return (own, to);
            }
        }

        return null;
    }

    // What is said of something that is named before: a file, a station, a field.
    private string Named(string text, int depth, bool surely) =>
        text.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon ? Tell(text[..colon], depth + 1, surely) + ": " + Tell(text[(colon + 2)..], depth + 1, surely)
        : char.IsAsciiLetterLower(text[0]) && text.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space && Exactly(text[(space + 1)..], strictly: true, depth, surely) is { } own ? text[..(space + 1)] + own
        : text;

    // What other sentences end with is not written at the end of some.
    private string? One(string text, bool strictly, int depth, bool surely) =>
        Exactly(text, strictly, depth, surely) ?? (text.Length > 1 && text[^1] is '.' or ';' && Exactly(text[..^1], strictly, depth, surely) is { } own ? own + text[^1] : null);

    private string? Exactly(string text, bool strictly, int depth, bool surely)
    {
        if (_whole.TryGetValue(text, out var own))
        {
            return own;
        }

        var (best, values) = text.Length >= Beginning && _byBeginning.TryGetValue(text[..Beginning], out var alike) ? First(alike, text, strictly, surely, 0) : default;
        var (other, otherValues) = First(_others, text, strictly, surely, best?.Weight ?? 0);
        (best, values) = other is null ? (best, values) : (other, otherValues);
        return best?.Tell(text, values!, (value, asked) => Tell(value, depth + 1, surely: !asked));
    }

    private static (CoreSentence? Sentence, Range[]? Values) First(CoreSentence[] sentences, string text, bool strictly, bool surely, int above)
    {
        foreach (var sentence in sentences)
        {
            if (sentence.Weight <= above)
            {
                break;
            }

            if ((sentence.IsSure || !surely) && sentence.Fit(text, strictly) is { } values)
            {
                return (sentence, values);
            }
        }

        return default;
    }
}
