using SmartCity.Core.Api;

namespace SmartCity.Core.Alerts;

/// <summary>A hot-list pattern: <c>?</c> stands for one character, <c>*</c> for any number.</summary>
public static class PlatePattern
{
    /// <summary>The pattern in its canonical form, null when it has other characters than A–Z, 0–9, ? and * or is longer than twelve.</summary>
    public static string? Normalise(string text)
    {
        var pattern = PlateText.Of(text);
        return pattern.Length is > 0 and <= 12 && pattern.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '?' or '*') && pattern.Any(char.IsAsciiLetterOrDigit) ? pattern : null;
    }

    public static bool IsExact(string pattern) => pattern.AsSpan().IndexOfAny('?', '*') < 0;

    /// <summary>The same for plates and patterns that look the same in print: many countries' fonts have one shape for O and 0, and one for I and 1.</summary>
    public static string InPrint(string text) => text.Replace('O', '0').Replace('I', '1');

    /// <summary>Whether a plate matches a pattern in print and not as it stands.</summary>
    public static bool MatchesInPrint(string pattern, string plate) => !IsExact(pattern) && !Matches(pattern, plate) && Matches(InPrint(pattern), InPrint(plate));

    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> plate)
    {
        // The last star is tried again with one character more whenever what follows it does not fit.
        var (p, s, star, from) = (0, 0, -1, 0);
        while (s < plate.Length)
        {
            if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == plate[s]))
            {
                p++;
                s++;
            }
            else if (p < pattern.Length && pattern[p] == '*')
            {
                (star, from) = (p++, s);
            }
            else if (star >= 0)
            {
                (p, s) = (star + 1, ++from);
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].Trim('*').IsEmpty;
    }
}
