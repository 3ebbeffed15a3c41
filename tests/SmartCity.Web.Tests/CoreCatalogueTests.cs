using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Identity;
using SmartCity.Web.Languages;

namespace SmartCity.Web.Tests;

/// <summary>Whatever the core says to people, the console can say in each of its languages.</summary>
public sealed partial class CoreCatalogueTests
{
    // So much of a sentence must stand in another for that to be the same with values in it.
    private const int EnoughToTell = 20;

    // The library's that the core passes on.
    private static readonly IReadOnlyList<string> OfLibraries = Of(new IdentityErrorDescriber());

    public static TheoryData<string> Others => [.. Language.All.Except([Language.English])];

    [Theory]
    [MemberData(nameof(Others))]
    public void A_language_has_every_sentence_of_the_core_that_is_for_people(string language)
    {
        var texts = Texts(language);
        var said = CoreTexts.All.Where(t => t.IsForPeople).DistinctBy(t => t.Sentence).ToList();

        Assert.True(said.Count > 800, $"Only {said.Count} sentences were found.");
        Assert.Empty(said.Where(t => !texts.ContainsKey(t.Sentence)).Select(t => $"{t.File}: {t.Sentence}"));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void A_language_has_no_sentence_that_the_core_does_not_say(string language)
    {
        var sources = CoreTexts.All.Select(t => t.Sentence).ToHashSet(StringComparer.Ordinal);
        var withValues = sources.Where(s => s.Contains("{0}", StringComparison.Ordinal)).Select(s => new CoreSentence(s, "")).Where(s => s.Weight >= EnoughToTell).ToList();
        Assert.Empty(Texts(language).Keys.Where(k => !sources.Contains(k) && !IsOfLibrary(k) && !withValues.Exists(s => s.Fit(k, strictly: false) is not null)).Order(StringComparer.Ordinal));
        return;

        static bool IsOfLibrary(string sentence) => new CoreSentence(sentence, "") is var known && OfLibraries.Any(l => known.Fit(l, strictly: false) is not null);
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void The_values_of_a_sentence_stand_in_both_languages(string language)
    {
        var texts = Texts(language);
        Assert.Empty(texts.Where(t => string.IsNullOrWhiteSpace(t.Value) || !Values(t.Key).SequenceEqual(Enumerable.Range(0, Values(t.Key).Count)) || !Values(t.Value).Order().Distinct().SequenceEqual(Values(t.Key))).Select(t => t.Key));
    }

    // Otherwise another sentence would take its place.
    [Theory]
    [MemberData(nameof(Others))]
    public void Each_sentence_is_known_again_whatever_its_values_are(string language)
    {
        using var _ = new Reader(language);
        Assert.Empty(Texts(language).Where(t => CoreWords.Said(Filled(t.Key)) != Filled(t.Value)).Select(t => $"{t.Key}: {CoreWords.Said(Filled(t.Key))}"));
        return;

        static string Filled(string text) => Value().Replace(text, m => $"X{m.Groups["number"].Value}Y");
    }

    [Fact]
    public void What_the_core_passes_on_from_a_library_is_said_too()
    {
        using var _ = new Reader("de");
        Assert.All(OfLibraries, l => Assert.NotEqual(l, CoreWords.Said(l)));
    }

    private static string[] Of(IdentityErrorDescriber identity) => [identity.PasswordTooShort(12).Description, identity.DuplicateUserName("anna").Description, identity.InvalidUserName("an na").Description];

    private static Dictionary<string, string> Texts(string language)
    {
        using var file = typeof(CoreWords).Assembly.GetManifestResourceStream($"{CoreWords.Folder}{language}.json")!;
        return JsonSerializer.Deserialize<Dictionary<string, string>>(file)!;
    }

    private static List<int> Values(string text) => [.. Value().Matches(text).Select(m => int.Parse(m.Groups["number"].Value, System.Globalization.CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"\{(?<number>[0-9]+)(:said)?\}")]
    private static partial Regex Value();
}
