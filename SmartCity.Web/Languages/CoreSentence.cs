using System.Text;
using System.Text.RegularExpressions;

namespace SmartCity.Web.Languages;

/// <summary>A sentence of the core with {0}, {1} … where it puts values, in that order, and the same in another language.</summary>
internal sealed partial class CoreSentence
{
    // A sentence that begins with a value and has fewer letters fits much that is none of the core's: its subject must be short, or every value one word.
    private const int FewLetters = 12;
    private const int VeryFewLetters = 6;
    private const int MostSpacesOfSubject = 2;

    private readonly string[] _literals;
    private readonly string[] _own;
    private readonly bool _isWeak;
    private readonly bool _isVeryWeak;

    /// <param name="english">As in the core's source.</param>
    /// <param name="own">The values may stand in another order. One that is a single word of the core is said only where <c>{0:said}</c> asks for it: such words are also names of fields and columns, which stay.</param>
    public CoreSentence(string english, string own)
    {
        _literals = [.. Place().Split(english).Where((_, at) => at % 3 == 0)];
        _own = Place().Split(own);
        Weight = _literals.Sum(l => l.Length);
        var letters = _literals.Sum(l => l.Count(char.IsLetter));
        IsSure = letters >= FewLetters || Array.Exists(_literals, l => l.Contains('\'', StringComparison.Ordinal));
        (_isWeak, _isVeryWeak) = (_literals[0].Length == 0 && letters < FewLetters, _literals[0].Length == 0 && letters < VeryFewLetters);
    }

    /// <summary>What stands before the first value.</summary>
    public string Beginning => _literals[0];

    /// <summary>How many characters are not values: of two sentences that fit, the one with more is meant.</summary>
    public int Weight { get; }

    /// <summary>Whether it has so many words of its own, or a quotation, that what somebody has typed is hardly ever like it: <c>There is no {0}.</c> has not.</summary>
    public bool IsSure { get; }

    /// <summary>Where the values stand if this is the sentence; null if it is not.</summary>
    /// <param name="strictly">No value but one at the end may hold the end of a sentence.</param>
    public Range[]? Fit(string text, bool strictly)
    {
        var last = _literals[^1];
        if (text.Length < Weight || !text.StartsWith(_literals[0], StringComparison.Ordinal) || !text.EndsWith(last, StringComparison.Ordinal))
        {
            return null;
        }

        // Each value ends where what follows it comes first: nothing is ever tried twice.
        var values = new Range[_literals.Length - 1];
        var (at, end) = (_literals[0].Length, text.Length - last.Length);
        for (var i = 0; i < values.Length; i++)
        {
            var isLast = i == values.Length - 1;
            var length = isLast ? end - at : text.AsSpan(at, end - at).IndexOf(_literals[i + 1], StringComparison.Ordinal);
            if (length < 0 || (strictly && !(isLast && last.Length == 0) && SentenceEnds.HasOne(text.AsSpan(at, length))) || IsTooMuch(text.AsSpan(at, length), i))
            {
                return null;
            }

            values[i] = at..(at + length);
            at += length + _literals[i + 1].Length;
        }

        return values;
    }

    /// <summary>The sentence in the other language.</summary>
    /// <param name="say">Says a value that is a sentence of the core itself; whether it is asked for, so that it is nobody's own words.</param>
    public string Tell(string text, Range[] values, Func<string, bool, string> say)
    {
        var said = new StringBuilder();
        for (var i = 0; i < _own.Length; i++)
        {
            // Text, number and "said" in turn.
            if (i % 3 == 0)
            {
                said.Append(_own[i]);
            }
            else if (i % 3 == 1)
            {
                var number = int.Parse(_own[i], System.Globalization.CultureInfo.InvariantCulture);
                var value = text[values[number]];
                said.Append(IsQuoted(number) ? value : CoreValues.Own(value) ?? (_own[i + 1].Length > 0 ? say(value, true) : value.Contains(' ', StringComparison.Ordinal) ? say(value, false) : value));
            }
        }

        return said.ToString();
    }

    private bool IsTooMuch(ReadOnlySpan<char> value, int number) => (_isWeak && number == 0 && value.Count(' ') > MostSpacesOfSubject) || (_isVeryWeak && value.Contains(' '));

    // What stands in quotation marks is what somebody wrote.
    private bool IsQuoted(int value) => _literals[value].EndsWith('\'') && _literals[value + 1].StartsWith('\'');

    [GeneratedRegex(@"\{([0-9]+)(:said|)\}")]
    private static partial Regex Place();
}
