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
    private readonly CoreSentences _all;

    public CoreSentences(IEnumerable<KeyValuePair<string, string>> texts)
    {
        var withValues = texts.Where(t => t.Key.Contains("{0}", StringComparison.Ordinal)).Select(t => new CoreSentence(t.Key, t.Value)).OrderByDescending(s => s.Weight).ToList();
        _whole = texts.Where(t => !t.Key.Contains("{0}", StringComparison.Ordinal)).ToFrozenDictionary(StringComparer.Ordinal);
        (_byBeginning, _others) = Arranged(withValues);
        _all = this;
        OfManyWords = new CoreSentences(_whole, withValues.FindAll(s => s.IsSure), this);
    }

    private CoreSentences(FrozenDictionary<string, string> whole, List<CoreSentence> sure, CoreSentences all)
    {
        (_whole, _all, OfManyWords) = (whole, all, this);
        (_byBeginning, _others) = Arranged(sure);
    }

    /// <summary>Those that what somebody has typed is hardly ever like: <see cref="CoreSentence.IsSure"/>.</summary>
    public CoreSentences OfManyWords { get; }

    /// <summary>A text of the core; as it is where nothing is known of it.</summary>
    public string Tell(string english) => english.Length > MostCharacters ? english : Tell(english, 0);

    private string Tell(string english, int depth)
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
            var (own, next) = Longest(text, parts, i, strictly: true, depth) ?? Longest(text, parts, i, strictly: false, depth) ?? (null, i + 1);
            var part = text[parts[i]..parts[next]];
            var plain = part.TrimEnd();
            said.Append(own ?? Named(plain, depth)).Append(part, plain.Length, part.Length - plain.Length);
            i = next;
        }

        return said.Append(english, english.TrimEnd().Length, english.Length - english.TrimEnd().Length).ToString();
    }

    // As many parts as one sentence can be: all that follow first, because its last value may be the sentences of another.
    private (string? Own, int Next)? Longest(string text, List<int> parts, int from, bool strictly, int depth)
    {
        var all = parts.Count - 1;
        for (var to = all; to > from; to = to == all && all - from > MostPartsOfOne ? from + MostPartsOfOne : to - 1)
        {
            if (One(text[parts[from]..parts[to]].TrimEnd(), strictly, depth) is { } own)
            {
                return (own, to);
            }
        }

        return null;
    }

    // What is said of something that is named before: a file, a station, a field.
    private string Named(string text, int depth) =>
        text.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon ? Tell(text[..colon], depth + 1) + ": " + Tell(text[(colon + 2)..], depth + 1)
        : char.IsAsciiLetterLower(text[0]) && text.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space && Exactly(text[(space + 1)..], strictly: true, depth) is { } own ? text[..(space + 1)] + own
        : text;

    // What other sentences end with is not written at the end of some.
    private string? One(string text, bool strictly, int depth) =>
        Exactly(text, strictly, depth) ?? (text.Length > 1 && text[^1] is '.' or ';' && Exactly(text[..^1], strictly, depth) is { } own ? own + text[^1] : null);

    private string? Exactly(string text, bool strictly, int depth)
    {
        if (_whole.TryGetValue(text, out var own))
        {
            return own;
        }

        var (best, values) = text.Length >= Beginning && _byBeginning.TryGetValue(text[..Beginning], out var alike) ? First(alike, text, strictly, 0) : default;
        var (other, otherValues) = First(_others, text, strictly, best?.Weight ?? 0);
        (best, values) = other is null ? (best, values) : (other, otherValues);
        return best?.Tell(text, values!, (value, asked) => (asked ? _all : OfManyWords).Tell(value, depth + 1));
    }

    private static (FrozenDictionary<string, CoreSentence[]> ByBeginning, CoreSentence[] Others) Arranged(List<CoreSentence> sentences)
    {
        var byLength = sentences.ToLookup(s => s.Beginning.Length >= Beginning);
        return (byLength[true].GroupBy(s => s.Beginning[..Beginning], StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal), [.. byLength[false]]);
    }

    private static (CoreSentence? Sentence, Range[]? Values) First(CoreSentence[] sentences, string text, bool strictly, int above)
    {
        foreach (var sentence in sentences)
        {
            if (sentence.Weight <= above)
            {
                break;
            }

            if (sentence.Fit(text, strictly) is { } values)
            {
                return (sentence, values);
            }
        }

        return default;
    }
}
