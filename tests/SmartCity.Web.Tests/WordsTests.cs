using Bunit;
using MudBlazor;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Alerts;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Languages;

namespace SmartCity.Web.Tests;

public sealed class WordsTests : ConsoleContext
{
    [Fact]
    public void What_the_stream_brings_is_said_in_the_language_of_who_reads_it()
    {
        Core.Answers("GET /api/alerts", () => new Page<AlertView>([], null));
        Core.Answers("GET /api/alerts/counts", () => Array.Empty<AlertCount>());
        using var _ = new Reader("de");
        var watch = Render<AlertWatch>();
        Time.Advance(TimeSpan.Zero);
        watch.WaitForAssertion(() => Assert.Equal("Keine offenen Alarme", watch.Find("a.bell").GetAttribute("aria-label")));

        var stream = new Thread(() =>
        {
            using var _ = new Reader("en");
            Live.Hand(new LiveEvent { Alert = Raised("AB12CDE", 1) });
        });
        stream.UnsafeStart();
        stream.Join();

        watch.WaitForAssertion(() => Assert.Equal("1 offener Alarm", watch.Find("a.bell").GetAttribute("aria-label")));
    }

    [Fact]
    public void Parts_of_a_sentence_stand_where_its_language_has_them()
    {
        var shown = Render(Words.Sentence("{1}: {0}.", b => b.AddMarkupContent(0, "<b>first</b>"), b => b.AddMarkupContent(0, "<i>second</i>")));
        Assert.Equal("<i>second</i>: <b>first</b>.", shown.Markup);
    }

    [Fact]
    public void A_word_with_two_meanings_is_shown_without_saying_which_is_meant()
    {
        Assert.Equal("To", Words.Say("To|place"));
        using var _ = new Reader("de");
        Assert.Equal(("Nach", "An", "Bis"), (Words.Say("To|place"), Words.Say("To|person"), Words.Say("To")));
        Assert.Equal("An English text that nobody has translated", Words.Say("An English text that nobody has translated|yet"));
        Assert.Equal(("1.234,50\u00A0£", "22 %"), (Wording.Money(1234.5m, "GBP"), Wording.Percent(0.22)));
    }

    [Theory]
    [InlineData("en", "12.50", 12.5)]
    [InlineData("de", "12,50", 12.5)]
    [InlineData("de", "1250", 1250.0)]
    [InlineData("de", "12.50", null)]
    [InlineData("de", "51.5074", null)]
    [InlineData("en", "12,50", null)]
    [InlineData("en", "1,250", null)]
    public void An_amount_is_taken_as_it_was_typed_or_refused_and_never_a_hundred_times_as_much(string language, string typed, double? meant)
    {
        using var _ = new Reader(language);
        decimal? amount = null;
        var field = Render<MudNumericField<decimal?>>(p => p.Add(f => f.Culture, Language.Typed).Add(f => f.Format, "0.00").Add(f => f.ValueChanged, v => amount = v));
        field.Find("input").Change(typed);
        Assert.Equal(meant, (double?)amount);
        Assert.Equal(meant is null, field.Instance.HasErrors);
    }

    // A field that has its own idea of how numbers are typed would take 12.50 for 1250.
    [Fact]
    public void Every_number_field_takes_numbers_as_the_reader_types_them() => Assert.All(
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory.Split("/tests/")[0], "SmartCity.Web", "Components"), "*.razor", SearchOption.AllDirectories),
        page => Assert.DoesNotMatch("<MudNumericField (?!Culture=\"Languages.Language.Typed\")", File.ReadAllText(page)));
}
