using Bunit;
using Microsoft.AspNetCore.Components.Web;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Pages;

namespace SmartCity.Web.Tests;

public sealed class ReviewPageTests : ConsoleContext
{
    private readonly List<ReviewTask> _open = [Case("LR33TEE"), Case("WGS0161")];
    private readonly List<ReviewTask> _all;

    public ReviewPageTests()
    {
        _all = [.. _open];
        this.AddAuthorization().SetAuthorized("you").SetPolicies(Scope.ReviewWrite, Scope.VehiclesSearch);
        Core.Answers("GET /api/review/counts", () => new[] { new ReviewCount("doubtful", _open.Count) });
        Core.Answers("GET /api/stations", () => Array.Empty<StationView>());
        Core.Answers("POST /api/review/claim", () => _open.ToArray());
        foreach (var task in _all)
        {
            Core.Answers($"POST /api/sightings/{task.Sighting.Id}/review", () => Decided(task));
            Core.Answers($"POST /api/sightings/{task.Sighting.Id}/review/undo", () => new ReviewOutcome(task.Sighting.Id, task.Sighting.Plate, [], []));
            Core.Answers($"POST /api/review/{task.Case.Id}", () => task.Case with { State = "skipped" });
        }
    }

    [Fact]
    public void Enter_confirms_what_was_read_and_shows_the_next_case()
    {
        var page = Render<ReviewPage>();
        Assert.Equal("LR33TEE", Answer(page).GetAttribute("value"));

        Press(page, "Enter");

        var (path, body) = Assert.Single(Decisions);
        Assert.Equal($"/api/sightings/{_all[0].Sighting.Id}/review", path);
        Assert.Equal(("confirmed", "LR33TEE"), (body.GetProperty("state").GetString(), body.GetProperty("shown").GetString()));
        page.WaitForAssertion(() => Assert.Equal("WGS0161", Answer(page).GetAttribute("value")));
    }

    [Fact]
    public void A_case_that_comes_while_an_earlier_look_of_the_page_is_on_its_way_gets_the_focus_once_it_is_drawn()
    {
        var page = Render<DrawnLate>();

        Assert.Equal("LR33TEE", Answer(page).GetAttribute("value"));
        JSInterop.VerifyFocusAsyncInvoke().Arguments[0].ShouldBeElementReferenceTo(Answer(page));
    }

    [Fact]
    public void Another_plate_corrects_in_capitals_without_spaces()
    {
        var page = Render<ReviewPage>();
        Answer(page).Input("lr33 tef");
        Press(page, "Enter");

        var (_, body) = Assert.Single(Decisions);
        Assert.Equal("corrected", body.GetProperty("state").GetString());
        Assert.Equal("LR33TEF", body.GetProperty("plate").GetString());
    }

    [Fact]
    public void Down_takes_the_next_alternative_and_a_dash_says_that_there_is_no_plate()
    {
        var page = Render<ReviewPage>();
        Press(page, "ArrowDown");
        Assert.Equal("1R33TEE", Answer(page).GetAttribute("value"));

        Press(page, "-");
        Assert.Equal("no-plate", Assert.Single(Decisions).Body.GetProperty("state").GetString());
    }

    [Fact]
    public void A_decision_and_what_was_put_off_are_taken_back_in_turn()
    {
        var page = Render<ReviewPage>();
        Press(page, "Enter");
        page.WaitForAssertion(() => Assert.Equal("WGS0161", Answer(page).GetAttribute("value")));
        Press(page, ".");
        page.WaitForAssertion(() => Assert.Empty(page.FindAll("input.answer")));

        page.FindAll("button").Single(b => b.TextContent.StartsWith("Undo", StringComparison.Ordinal)).Click();
        page.WaitForAssertion(() => Assert.Equal("WGS0161", Answer(page).GetAttribute("value")));
        Answer(page).KeyDown(new KeyboardEventArgs { Key = "z", CtrlKey = true });
        page.WaitForAssertion(() => Assert.Equal("LR33TEE", Answer(page).GetAttribute("value")));
        Assert.Contains(Core.Posted, p => p.Path.EndsWith("/review/undo", StringComparison.Ordinal));
    }

    [Fact]
    public void An_undo_that_reverses_a_charge_asks_why_first()
    {
        var undo = $"POST /api/sightings/{_all[0].Sighting.Id}/review/undo";
        Core.Answers(undo, () => throw new HttpRequestException("Undoing this decision reverses £12.50 (ULEZ, 23 November 2026) for LR33TEE. Give a reason for it in the header Audit-Reason.", null, System.Net.HttpStatusCode.PreconditionRequired));
        var dialogs = Render<MudBlazor.MudDialogProvider>();
        var page = Render<ReviewPage>();
        Press(page, "Enter");
        page.WaitForAssertion(() => Assert.Equal("WGS0161", Answer(page).GetAttribute("value")));

        Answer(page).KeyDown(new KeyboardEventArgs { Key = "z", CtrlKey = true });
        dialogs.WaitForAssertion(() => Assert.Contains("Undoing this decision reverses £12.50 (ULEZ, 23 November 2026) for LR33TEE.", dialogs.Markup, StringComparison.Ordinal));
        Assert.Equal("WGS0161", Answer(page).GetAttribute("value"));

        Core.Answers(undo, () => new ReviewOutcome(_all[0].Sighting.Id, _all[0].Sighting.Plate, [], []));
        dialogs.Find("input").Input("the wrong key");
        dialogs.FindAll("button").Single(b => b.TextContent.Trim() == "Reverse the charge").Click();

        page.WaitForAssertion(() => Assert.Equal("LR33TEE", Answer(page).GetAttribute("value")));
    }

    [Fact]
    public void What_was_put_off_is_there_under_put_off()
    {
        Core.Answers("GET /api/review/counts", () => new[] { new ReviewCount("doubtful", 1), new ReviewCount("skipped", 1) });
        Core.Answers("DELETE /api/review/claim", () => new { });
        Core.Answers("POST /api/review/claim", () => Core.Posted[^1].Body.TryGetProperty("kind", out var kind) && kind.GetString() == "skipped" ? new[] { _all[0] } : [.. _open]);
        var page = Render<ReviewPage>();
        Press(page, ".");
        page.WaitForAssertion(() => Assert.Equal("WGS0161", Answer(page).GetAttribute("value")));

        page.FindAll(".kinds button").Single(b => b.TextContent.StartsWith("Skipped", StringComparison.Ordinal)).Click();

        page.WaitForAssertion(() => Assert.Equal("LR33TEE", Answer(page).GetAttribute("value")));
    }

    [Fact]
    public void A_case_that_waits_for_a_second_person_is_left_to_others_and_not_put_off()
    {
        _open[0] = _open[0] with { Case = _open[0].Case with { State = "proposed" } };
        var page = Render<ReviewPage>();

        Press(page, ".");

        page.WaitForAssertion(() => Assert.Equal("WGS0161", Answer(page).GetAttribute("value")));
        Assert.Equal("Left for another person.", page.Find("p.done").TextContent);
        Assert.DoesNotContain(Core.Posted, p => p.Path == $"/api/review/{_all[0].Case.Id}");
    }

    [Fact]
    public void A_case_whose_reading_is_another_by_now_says_so_and_comes_again_with_it()
    {
        _open.RemoveAt(1);
        Core.Answers($"POST /api/sightings/{_all[0].Sighting.Id}/review", () =>
        {
            _open[0] = _open[0] with { Sighting = _open[0].Sighting with { Plate = "LR33TEF" } };
            throw new HttpRequestException("Nothing was decided: the reading is another by now.", null, System.Net.HttpStatusCode.Conflict);
        });
        var page = Render<ReviewPage>();

        Press(page, "Enter");

        page.WaitForAssertion(() => Assert.Equal("LR33TEF", Answer(page).GetAttribute("value")));
        Assert.Equal("Nothing was decided: the reading is another by now.", page.Find("p.done").TextContent);
    }

    [Fact]
    public void What_others_have_proposed_is_shown()
    {
        _open[0] = _open[0] with { Proposals = [new ReviewProposal("corrected", "LR33TEF", "ann", At), new ReviewProposal("no-plate", null, "ben", At)] };

        var proposals = Render<ReviewPage>().Find(".proposals").TextContent;

        Assert.Contains("ann", proposals, StringComparison.Ordinal);
        Assert.Contains("LR33 TEF", proposals, StringComparison.Ordinal);
        Assert.Contains("ben proposes no plate", proposals, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_queue_says_so()
    {
        _open.Clear();
        Assert.Contains("No cases are waiting", Render<ReviewPage>().Markup, StringComparison.Ordinal);
    }

    private IEnumerable<(string Path, System.Text.Json.JsonElement Body)> Decisions => Core.Posted.Where(p => p.Path.EndsWith("/review", StringComparison.Ordinal));

    // The core no longer has it in the queue.
    private ReviewOutcome Decided(ReviewTask task)
    {
        _open.RemoveAll(t => t.Case.Id == task.Case.Id);
        return new ReviewOutcome(task.Sighting.Id, task.Sighting.Plate, [], []);
    }

    private static void Press(IRenderedComponent<ReviewPage> page, string key) => Answer(page).KeyDown(new KeyboardEventArgs { Key = key });

    private static AngleSharp.Dom.IElement Answer(IRenderedComponent<ReviewPage> page) => page.Find("input.answer");

    private static ReviewTask Case(string plate)
    {
        var id = Guid.NewGuid();
        return new ReviewTask(
            new ReviewView { Id = Guid.NewGuid(), Kind = "doubtful", Why = "Read with a probability of 80 %.", SightingId = id, StationId = "london-a1", CapturedAt = At, Plate = plate, State = "open" },
            new SightingView
            {
                Id = id,
                CapturedAt = At,
                StationId = "london-a1",
                CameraId = "a1-n1",
                Plate = plate,
                Confidence = .8,
                Characters = [.. plate.Select(_ => .97)],
                Alternatives = [new("1" + plate[1..], .1)],
            },
            [],
            At.AddMinutes(5));
    }

    // A browser that is slow to say that it has drawn the page as it was before the first case came.
    private sealed class DrawnLate : ReviewPage
    {
        protected override async Task OnInitializedAsync()
        {
            await base.OnInitializedAsync();
            await OnAfterRenderAsync(firstRender: true);
        }
    }
}
