using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using SmartCity.Web.Languages;

namespace SmartCity.Web.Tests;

/// <summary>Whatever the console says, it can say in each of its languages.</summary>
public sealed partial class LanguageTests
{
    // Names, units and patterns that are the same everywhere, and what is read by programs.
    private static readonly HashSet<string> SameEverywhere = ["SmartCity", "· SmartCity", "CPU", "POST /cameras/", "/frames", "Postgres", "SQL", "SQL · SmartCity", "CSV", "Parquet", "ULEZ", "LEZ", "null", "vehicles.", "https://…", "Auto Pay", "Cleaner Vehicle Discount"];

    private static readonly HashSet<string> TextAttributes =
    [
        "Label", "Text", "Title", "title", "aria-label", "AriaLabel", "placeholder", "Placeholder", "alt", "HelperText", "Explanation", "Action", "Content", "AdornmentText", "ErrorText", "RequiredError",
    ];

    private static string Root { get; } = Path.Combine(AppContext.BaseDirectory.Split("/tests/")[0], "SmartCity.Web");

    public static TheoryData<string> Others => [.. Language.All.Except([Language.English])];

    [Theory]
    [MemberData(nameof(Others))]
    public void A_language_has_every_text_and_no_other(string language)
    {
        var said = Sources().SelectMany(file => Said().Matches(File.ReadAllText(file)).Select(m => Regex.Unescape(m.Groups["text"].Value))).ToHashSet(StringComparer.Ordinal);
        using var file = typeof(Language).Assembly.GetManifestResourceStream($"SmartCity.Web.Languages.{language}.json")!;
        var texts = JsonSerializer.Deserialize<Dictionary<string, string>>(file)!;

        Assert.True(said.Count > 1000, $"Only {said.Count} texts were found.");
        Assert.Empty(said.Except(texts.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Empty(texts.Keys.Except(said, StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Empty(texts.Where(t => string.IsNullOrWhiteSpace(t.Value) || !Places(t.Key).SetEquals(Places(t.Value)) || Edges(t.Key) != Edges(t.Value)).Select(t => t.Key));
        return;

        static HashSet<string> Places(string text) => [.. Place().Matches(text).Select(m => m.Groups["number"].Value)];

        // A space at either end belongs to what stands beside it.
        static (bool, bool) Edges(string text) => (text.StartsWith(' '), text.EndsWith(' '));
    }

    [Fact]
    public void A_text_is_one_literal_where_it_is_said() =>
        Assert.Empty(Sources().SelectMany(file => Otherwise().Matches(File.ReadAllText(file)).Select(m => $"{Path.GetRelativePath(Root, file)}: {m.Value}")));

    [Fact]
    public void No_page_shows_a_text_that_stands_in_it_as_it_is()
    {
        var shown = (List<string>)[.. ShownTexts.Of(typeof(ConsoleModule).Assembly)
            .Where(t => t.Taker is "AddMarkupContent" or "AddContent" || (t.Attribute is { } name && TextAttributes.Contains(name) && t.Taker is "AddAttribute" or "TypeCheck" or "AddComponentParameter"))
            .Select(t => (t.Member, Text: Code().Replace(t.Text, " ")))
            .Select(t => (t.Member, Text: Spaces().Replace(Tag().Replace(t.Text, " "), " ").Trim()))
            .Where(t => Word().IsMatch(t.Text) && !SameEverywhere.Contains(t.Text))
            .Select(t => $"{t.Member}: {t.Text}")];
        Assert.True(shown.Count == 0, string.Join('\n', shown));
    }

    [Theory]
    [InlineData("de-AT,en;q=0.8", null, "de")]
    [InlineData("fr-FR,fr;q=0.9,de;q=0.5", null, "de")]
    [InlineData("en-US,de;q=0.9", null, "en")]
    [InlineData("ja", null, "en")]
    [InlineData("fr, de;q=0", null, "en")]
    [InlineData("en", "c=de|uic=de", "de")]
    [InlineData("de", "c=en-GB|uic=en-GB", "en")]
    [InlineData("de", "c=xx|uic=nonsense", "de")]
    public async Task A_page_is_in_the_language_that_was_chosen_or_else_in_the_browsers(string asked, string? cookie, string shown)
    {
        await using var console = await ConsoleHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "sign-in");
        request.Headers.Add("Accept-Language", asked);
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", ".AspNetCore.Culture=" + Uri.EscapeDataString(cookie));
        }

        using var answer = await console.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains($"<html lang=\"{shown}\"", page, StringComparison.Ordinal);
        Assert.Contains(shown == "de" ? "<h1>Anmelden</h1>" : "<h1>Sign in</h1>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("de", "/alerts?state=open", HttpStatusCode.Redirect, "/alerts?state=open")]
    [InlineData("de", "https://elsewhere.example.org/", HttpStatusCode.Redirect, "/")]
    [InlineData("xx", "/", HttpStatusCode.BadRequest, null)]
    [InlineData("de\r\nSet-Cookie: a=b", "/", HttpStatusCode.BadRequest, null)]
    public async Task A_language_is_chosen_with_a_button_and_remembered(string language, string returnUrl, HttpStatusCode status, string? next)
    {
        await using var console = await ConsoleHost.StartAsync();
        var page = await console.Http.GetStringAsync(new Uri("sign-in", UriKind.Relative), TestContext.Current.CancellationToken);
        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", Token().Match(page).Groups["token"].Value), new("language", language), new("returnUrl", returnUrl)]);
        using var answer = await console.Http.PostAsync(new Uri("language", UriKind.Relative), form, TestContext.Current.CancellationToken);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(next, answer.Headers.Location?.ToString());
        var kept = answer.Headers.TryGetValues("Set-Cookie", out var set) ? set.FirstOrDefault(c => c.StartsWith(".AspNetCore.Culture", StringComparison.Ordinal))?.Split(';')[0] : null;
        Assert.Equal(next is null ? null : ".AspNetCore.Culture=c%3Dde%7Cuic%3Dde", kept);

        if (next is not null)
        {
            Assert.Contains("<h1>Anmelden</h1>", await console.Http.GetStringAsync(new Uri("sign-in", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nobody_chooses_a_language_for_somebody_else()
    {
        await using var console = await ConsoleHost.StartAsync();
        using var form = new FormUrlEncodedContent([new("language", "de"), new("returnUrl", "/")]);
        using var answer = await console.Http.PostAsync(new Uri("language", UriKind.Relative), form, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task The_setting_says_which_language_is_spoken_to_all_others_and_is_refused_if_it_is_none()
    {
        await using var console = await ConsoleHost.StartAsync(("Console:Language", "de"));
        Assert.Contains("<h1>Anmelden</h1>", await console.Http.GetStringAsync(new Uri("sign-in", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => ConsoleHost.StartAsync(("Console:Language", "klingon")));
        Assert.Contains("Console:Language must be one of en, de.", refused.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Sources() => Directory.EnumerateFiles(Root, "*.*", SearchOption.AllDirectories)
        .Where(f => f.EndsWith(".razor", StringComparison.Ordinal) || f.EndsWith(".cs", StringComparison.Ordinal))
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal) && !f.EndsWith("/Words.cs", StringComparison.Ordinal));

    [GeneratedRegex("""\bSay\(\s*"(?<text>(?:[^"\\]|\\.)*)"\s*[,)]""")]
    private static partial Regex Said();

    [GeneratedRegex("""\bSay\((?!\s*"(?:[^"\\]|\\.)*"\s*[,)]).{0,60}""")]
    private static partial Regex Otherwise();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]*)\"")]
    private static partial Regex Token();

    [GeneratedRegex(@"\{(?<number>\d+)(?::[^}]*)?\}")]
    private static partial Regex Place();

    [GeneratedRegex("<(code|kbd|pre|style|script)[^>]*>.*?</\\1>", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex("[A-Za-z]{2}")]
    private static partial Regex Word();
}
