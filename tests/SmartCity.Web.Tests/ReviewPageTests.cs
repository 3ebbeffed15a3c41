using Bunit;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Pages;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

public sealed class ReviewPageTests : BunitContext
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 8, 15, 0, TimeSpan.Zero);

    private readonly List<(ReviewView Case, SightingView Sighting)> _open = [Case("LR33TEE"), Case("WGS0161")];
    private readonly FakeCore _core = new();

    public ReviewPageTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        _core.Answers("GET /api/review/counts", () => new[] { new ReviewCount("doubtful", _open.Count) });
        _core.Answers("GET /api/review", () => new Page<ReviewView>([.. _open.Select(o => o.Case)], null));
        foreach (var (_, sighting) in _open)
        {
            _core.Answers($"GET /api/sightings/{sighting.Id}", () => sighting);
            _core.Answers($"POST /api/sightings/{sighting.Id}/review", () => new ReviewOutcome(sighting.Id, sighting.Plate, [], []));
        }

        Services.AddSingleton(new CoreClient(new HttpClient(_core) { BaseAddress = new Uri("http://core") }));
    }

    [Fact]
    public void Enter_confirms_what_was_read_and_shows_the_next_case()
    {
        var page = Render<ReviewPage>();
        Assert.Equal("LR33TEE", Answer(page).GetAttribute("value"));

        Answer(page).KeyDown(new KeyboardEventArgs { Key = "Enter" });

        var (path, body) = Assert.Single(_core.Posted);
        Assert.Equal($"/api/sightings/{_open[0].Sighting.Id}/review", path);
        Assert.Equal("confirmed", body.GetProperty("state").GetString());
        page.WaitForAssertion(() => Assert.Equal("WGS0161", Answer(page).GetAttribute("value")));
    }

    [Fact]
    public void Another_plate_corrects_in_capitals_without_spaces()
    {
        var page = Render<ReviewPage>();
        Answer(page).Input("lr33 tef");
        Answer(page).KeyDown(new KeyboardEventArgs { Key = "Enter" });

        var (_, body) = Assert.Single(_core.Posted);
        Assert.Equal("corrected", body.GetProperty("state").GetString());
        Assert.Equal("LR33TEF", body.GetProperty("plate").GetString());
    }

    [Fact]
    public void Down_takes_the_next_alternative_and_a_dash_says_that_there_is_no_plate()
    {
        var page = Render<ReviewPage>();
        Answer(page).KeyDown(new KeyboardEventArgs { Key = "ArrowDown" });
        Assert.Equal("1R33TEE", Answer(page).GetAttribute("value"));

        Answer(page).KeyDown(new KeyboardEventArgs { Key = "-" });
        Assert.Equal("no-plate", Assert.Single(_core.Posted).Body.GetProperty("state").GetString());
    }

    [Fact]
    public void An_empty_queue_says_so()
    {
        _open.Clear();
        Assert.Contains("Nothing waits for a person", Render<ReviewPage>().Markup, StringComparison.Ordinal);
    }

    private static AngleSharp.Dom.IElement Answer(IRenderedComponent<ReviewPage> page) => page.Find("input.answer");

    private static (ReviewView, SightingView) Case(string plate)
    {
        var id = Guid.NewGuid();
        return (
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
            });
    }
}
