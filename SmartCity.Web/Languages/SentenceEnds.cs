namespace SmartCity.Web.Languages;

/// <summary>Where sentences end: at a full stop, a question mark or an exclamation mark that stands at a word and has a space behind it.</summary>
internal static class SentenceEnds
{
    public static bool HasOne(ReadOnlySpan<char> text)
    {
        for (var i = 1; i + 1 < text.Length; i++)
        {
            if (text[i] is '.' or '?' or '!' && IsAt(text, i))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Where the parts of a text begin that may be sentences of their own, and its end. Semicolons count too: some sentences are lists of faults.</summary>
    /// <param name="most">Parts; the last one has all the rest.</param>
    public static List<int> Beginnings(string text, int most)
    {
        var beginnings = new List<int> { 0 };
        for (var i = 1; i + 1 < text.Length && beginnings.Count < most; i++)
        {
            if (text[i] is '.' or '?' or '!' or ';' && IsAt(text, i))
            {
                while (i + 1 < text.Length && char.IsWhiteSpace(text[i + 1]))
                {
                    i++;
                }

                beginnings.Add(i + 1);
            }
        }

        beginnings.Add(text.Length);
        return beginnings;
    }

    private static bool IsAt(ReadOnlySpan<char> text, int i) => !char.IsWhiteSpace(text[i - 1]) && char.IsWhiteSpace(text[i + 1]);
}
