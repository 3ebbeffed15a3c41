using Bunit;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Pages;

namespace SmartCity.Web.Tests;

public sealed class DeadLettersPageTests : ConsoleContext
{
    private DeadLetterView _letter = new()
    {
        Id = Guid.NewGuid(),
        Topic = "london-a1.sightings",
        Partition = 2,
        Offset = 41,
        RecordedAt = At,
        Reason = "Not a sighting: no JSON",
        State = "open",
        Bytes = 3,
    };

    public DeadLettersPageTests()
    {
        Core.Answers("GET /api/dead-letters", () => new Page<DeadLetterView>([_letter], null));
        Core.Answers($"GET /api/dead-letters/{_letter.Id}", () => new DeadLetterDetail(_letter, null, [0x7B, 0x00, 0xFF], [new("made-by", "a test"u8.ToArray())]));
        Core.Answers($"POST /api/dead-letters/{_letter.Id}/replay", () => _letter = _letter with { State = "open", Replays = 1, By = "you", Result = "came back: Not a sighting" });
        Core.Answers($"POST /api/dead-letters/{_letter.Id}/discard", () => _letter = _letter with { State = "discarded", By = "you", Result = "a test record" });
    }

    [Fact]
    public void One_is_read_as_text_and_as_bytes()
    {
        var page = Open(Scope.OpsRead);
        Assert.Contains("Not a sighting: no JSON", page.Find(".reason").TextContent, StringComparison.Ordinal);

        page.Find("tbody tr").Click();

        Assert.Equal("000000  7b 00 ff                                          {..", page.Find("pre[aria-label='Value as bytes']").TextContent);
        Assert.Contains("a test", page.Find(".letter dl").TextContent, StringComparison.Ordinal);
        Assert.Contains("[2] @41", page.Find(".letter h2").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_may_only_read_sees_no_button_that_changes_something()
    {
        var page = Open(Scope.OpsRead);
        page.Find("tbody tr").Click();
        Assert.DoesNotContain(page.FindAll("button"), b => b.TextContent.Contains("Replay", StringComparison.Ordinal) || b.TextContent.Contains("Discard", StringComparison.Ordinal));
    }

    [Fact]
    public void A_replay_shows_what_became_of_it()
    {
        var page = Open(Scope.OpsRead, Scope.OpsWrite);
        page.Find("tbody tr").Click();

        page.FindAll(".letter button").Single(b => b.TextContent.Trim() == "Replay").Click();

        Assert.Equal($"/api/dead-letters/{_letter.Id}/replay", Assert.Single(Core.Posted).Path);
        Assert.Contains("Replayed by you: came back: Not a sighting", string.Join(' ', page.Find(".letter").TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_discarded_only_with_a_reason()
    {
        var page = Open(Scope.OpsRead, Scope.OpsWrite);
        page.Find("tbody tr").Click();
        Assert.True(Discard(page).HasAttribute("disabled"));

        page.Find(".letter input").Input(" a test record ");
        Discard(page).Click();

        var (path, body) = Assert.Single(Core.Posted);
        Assert.Equal($"/api/dead-letters/{_letter.Id}/discard", path);
        Assert.Equal("a test record", body.GetProperty("reason").GetString());
        Assert.DoesNotContain(page.FindAll(".letter button"), b => b.TextContent.Trim() is "Replay" or "Discard");
    }

    [Fact]
    public void Nothing_that_waits_is_said_to_be_good()
    {
        Core.Answers("GET /api/dead-letters", () => new Page<DeadLetterView>([], null));
        Assert.Contains("There are no open dead letters", Open(Scope.OpsRead).Find(".empty").TextContent, StringComparison.Ordinal);
    }

    private static AngleSharp.Dom.IElement Discard(IRenderedComponent<OpsDeadLettersPage> page) => page.FindAll(".letter button").Single(b => b.TextContent.Trim() == "Discard");

    private IRenderedComponent<OpsDeadLettersPage> Open(params string[] scopes)
    {
        var authorization = this.AddAuthorization();
        authorization.SetAuthorized("you");
        authorization.SetPolicies(scopes);
        return Render<OpsDeadLettersPage>();
    }
}
