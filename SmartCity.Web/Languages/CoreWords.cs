using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace SmartCity.Web.Languages;

/// <summary>What the core says by itself, in the language of whoever reads it. The core speaks English; a file such as <c>Core/de.json</c> has its sentences and another language's.</summary>
internal static class CoreWords
{
    /// <summary>What the names of the files begin with.</summary>
    public const string Folder = "SmartCity.Web.CoreWords.";

    private static readonly Lazy<FrozenDictionary<string, CoreSentences>> ByLanguage = new(() =>
        Language.Read(Folder).ToFrozenDictionary(l => l.Key, l => new CoreSentences(l.Value), StringComparer.Ordinal));

    /// <summary>A text of the core in the reader's language. What that lacks stays as the core wrote it. To be called where it is shown.</summary>
    [return: NotNullIfNotNull(nameof(english))]
    public static string? Said(string? english) => Said(english, s => s);

    /// <summary>The same of a text that may as well be somebody's own words, which stay.</summary>
    [return: NotNullIfNotNull(nameof(english))]
    public static string? SaidUnlessTyped(string? english) => Said(english, s => s.OfManyWords);

    private static string? Said(string? english, Func<CoreSentences, CoreSentences> choice) =>
        string.IsNullOrEmpty(english) || Language.Current == Language.English || !ByLanguage.Value.TryGetValue(Language.Current, out var sentences) ? english : choice(sentences).Tell(english);
}
