using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace SmartCity.Web.Languages;

/// <summary>The languages that the console speaks. English stands where it is said; each other one is a file beside this one, such as <c>de.json</c>, from the English text to its own.</summary>
internal static class Language
{
    public const string English = "en";

    private static readonly FrozenDictionary<string, FrozenDictionary<string, string>> Texts = Read("SmartCity.Web.Languages.");

    /// <summary>Whatever the console can speak, as ISO 639-1 codes; English first.</summary>
    public static IReadOnlyList<string> All { get; } = [English, .. Texts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The language of whoever reads what is being written now.</summary>
    public static string Current => CultureInfo.CurrentUICulture.TwoLetterISOLanguageName is var code && Texts.ContainsKey(code) ? code : English;

    /// <summary>How dates and numbers are written in a language. English is Britain's.</summary>
    public static CultureInfo CultureOf(string language) => CultureInfo.GetCultureInfo(language == English ? "en-GB" : language);

    /// <summary>How the reader types numbers. Digits are in no groups, so that a decimal mark of another language is refused and is not taken for one thousand.</summary>
    public static CultureInfo Typed
    {
        get
        {
            var culture = (CultureInfo)CultureInfo.CurrentCulture.Clone();
            culture.NumberFormat.NumberGroupSeparator = culture.NumberFormat.CurrencyGroupSeparator = "\u2009";
            return culture;
        }
    }

    /// <summary>The reader's text for an English one; null where the reader's language lacks it, or is English.</summary>
    public static string? Own(string english) => Texts.TryGetValue(CultureInfo.CurrentUICulture.TwoLetterISOLanguageName, out var own) ? own.GetValueOrDefault(english) : null;

    /// <summary>What the files of a folder say, by their languages.</summary>
    public static FrozenDictionary<string, FrozenDictionary<string, string>> Read(string folder)
    {
        var assembly = typeof(Language).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[folder.Length..^".json".Length], name => ReadOne(assembly, name), StringComparer.Ordinal);
    }

    private static FrozenDictionary<string, string> ReadOne(Assembly assembly, string name)
    {
        using var file = assembly.GetManifestResourceStream(name)!;
        return JsonSerializer.Deserialize<Dictionary<string, string>>(file)!.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
