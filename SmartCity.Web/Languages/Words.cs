using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace SmartCity.Web.Languages;

/// <summary>What is said to people, in the language of whoever reads it. To be called where it is shown: the reader's culture is that of the request or of the circuit.</summary>
internal static class Words
{
    // Between an English text and what tells it from the same text with another meaning, such as "To|place".
    private const char Meaning = '|';

    /// <summary>A text in the reader's language; in English where that lacks it.</summary>
    /// <param name="english">A literal. Where English has one word for two things, <c>|</c> and which of them is meant follow; nobody is shown that.</param>
    public static string Say(string english) => Language.Own(english) ?? (english.LastIndexOf(Meaning) is >= 0 and var end ? english[..end] : english);

    /// <summary>The same with values in it.</summary>
    /// <param name="english">With {0}, {1} … for the values, as in <see cref="string.Format(string, object?[])"/>.</param>
    /// <param name="values">Written as the reader's language writes numbers and dates.</param>
    public static string Say(string english, params ReadOnlySpan<object?> values) => string.Format(CultureInfo.CurrentCulture, Say(english), values);

    /// <summary>A text with parts that are more than text: a link, a time, something in bold.</summary>
    /// <param name="text">Already in the reader's language, with {0}, {1} … where the parts stand.</param>
    /// <param name="parts">A part may stand once, more than once or not at all.</param>
    public static RenderFragment Sentence(string text, params RenderFragment[] parts) => builder =>
    {
        // Text and places in turn: "By {0}." is "By ", "0" and ".".
        foreach (var (at, piece) in text.Split('{', '}').Index())
        {
            if (at % 2 == 1)
            {
                builder.AddContent(1, parts[int.Parse(piece, CultureInfo.InvariantCulture)]);
            }
            else
            {
                builder.AddContent(0, piece);
            }
        }
    };
}
