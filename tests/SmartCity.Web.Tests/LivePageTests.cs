using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Web.Access;
using SmartCity.Web.Components.Live;
using SmartCity.Web.Components.Pages;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

public sealed class LivePageTests : ConsoleContext
{
    private static readonly DateOnly Day = new(2026, 11, 23);

    public LivePageTests()
    {
        Core.Answers("GET /api/stations", () => new[] { Station("a1", "Angel", "ulez"), Station("a3", "Borough", "congestion") });
        Core.Answers("GET /api/zones", () => Array.Empty<ZoneView>());
        Core.Answers("GET /api/sightings", () => new Page<SightingView>([], null));
        Core.Answers("GET /api/flow", () => new FlowView(Day, new DateTimeOffset(Day, TimeOnly.MinValue, TimeSpan.Zero), TimeSpan.FromMinutes(15), 96, [.. Enumerable.Range(0, 96)], [new FlowOfStation("a1", [.. Enumerable.Range(0, 96)])]));
        Core.Answers("GET /api/live/summary", () => new LiveSummary
        {
            At = At,
            Day = Day,
            Toll = 18m,
            TollVehicles = 1,
            Pollution = 137.5m,
            PollutionVehicles = 11,
            Sightings = 1234,
            Stations = [new StationNow("a3", "up", 7, 40, At), new StationNow("a1", "down", 0, 300, At)],
        });
        Services.AddSingleton(provider => new LiveBoard(provider.GetRequiredService<CoreClient>(), Time, NullLogger<LiveBoard>.Instance));
        Services.AddScoped(provider => new OwnBoard(
            provider.GetRequiredService<LiveBoard>(), provider.GetRequiredService<OwnLive>(), provider.GetRequiredService<CoreClient>(), provider.GetRequiredService<AuthenticationStateProvider>(), Time, NullLogger<LiveBoard>.Instance));
        Services.AddOptions<MapOptions>();
        this.AddAuthorization().SetAuthorized("somebody").SetPolicies(Scope.ReviewWrite, Scope.AlertsRead);
    }

    [Fact]
    public void Today_s_pounds_are_told_apart_and_the_busiest_stations_come_first()
    {
        var page = Render<LivePage>();
        page.WaitForAssertion(() => Assert.Contains("£18.00", page.Find(".live-totals").TextContent, StringComparison.Ordinal));

        Assert.Contains("£137.50", page.Find(".live-totals").TextContent, StringComparison.Ordinal);
        Assert.Equal(["Borough", "Angel"], page.FindAll(".busiest tbody button").Select(b => b.TextContent));
        page.FindAll(".busiest th button")[1].Click();
        Assert.Equal(["Angel", "Borough"], page.FindAll(".busiest tbody button").Select(b => b.TextContent));
        Assert.Equal("no heartbeat", page.FindAll(".busiest .station")[0].GetAttribute("title"));
    }

    [Fact]
    public void Whoever_is_limited_to_stations_sees_what_the_core_tells_them_and_nothing_of_the_whole_city_s_board()
    {
        var city = new FakeCore();
        city.Answers("GET /api/sightings", () => new Page<SightingView>([Passed("a3", "THEIRS1")], null));
        city.Answers("GET /api/live/summary", () => new LiveSummary { At = At, Day = Day, Toll = 99m, Sightings = 1234, Stations = [new StationNow("a3", "up", 7, 40, At)] });
        using var whole = new LiveBoard(new CoreClient(new HttpClient(city) { BaseAddress = new Uri("http://core") }), Time, NullLogger<LiveBoard>.Instance);
        Services.AddSingleton(whole);
        Core.Answers("GET /api/sightings", () => new Page<SightingView>([Passed("a1", "OWN1")], null));
        Core.Answers("GET /api/live/summary", () => new LiveSummary { At = At, Day = Day, Toll = 18m, Stations = [new StationNow("a1", "up", 1, 2, At)] });
        this.AddAuthorization().SetAuthorized("somebody").SetPolicies(Scope.LiveRead).SetClaims(new System.Security.Claims.Claim(SignedInUser.OnlyStationClaim, "a1"));
        Services.GetRequiredService<NavigationManager>().NavigateTo("?station=a3");

        var page = Render<LivePage>();

        page.WaitForAssertion(() => Assert.Contains("£18.00", page.Find(".live-totals").TextContent, StringComparison.Ordinal));
        page.FindComponent<LiveFeed>().Render(f => f.Add(l => l.Filter, new LiveFilter()));
        page.WaitForAssertion(() => Assert.Contains("OWN1", page.Find(".feed").TextContent.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.DoesNotContain("THEIRS", page.Markup, StringComparison.Ordinal);
        Assert.Empty(city.Asked);
        Assert.Equal(["Angel"], page.FindAll(".busiest tbody button").Select(b => b.TextContent));

        static SightingView Passed(string station, string plate) =>
            new() { Id = Guid.NewGuid(), CapturedAt = At, StationId = station, CameraId = $"{station}-n1", Plate = plate, Confidence = 0.99, Characters = [], Alternatives = [] };
    }

    [Fact]
    public void A_choice_goes_into_the_address_and_out_of_it_again()
    {
        var page = Render<LivePage>();
        var navigation = Services.GetRequiredService<NavigationManager>();
        page.WaitForElement(".busiest tbody button").Click();
        Assert.Equal("?station=a3", new Uri(navigation.Uri).Query);

        page.Find(".filters input").Input("lr 33");
        Assert.EndsWith("?station=a3#plate=LR33", navigation.Uri, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Equal("LR33", page.Find(".filters input").GetAttribute("value")));

        page.WaitForElement(".filters .ghost").Click();
        Assert.Equal(navigation.BaseUri, navigation.Uri);
    }

    [Fact]
    public void An_address_with_a_filter_opens_the_page_so()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo("?station=a3&class=hgv#plate=ab1");

        var page = Render<LivePage>();

        page.WaitForAssertion(() => Assert.Contains("Borough", page.Find(".station-line").TextContent, StringComparison.Ordinal));
        Assert.Equal("AB1", page.Find(".filters input").GetAttribute("value"));
        Assert.Equal(["a3", "hgv", ""], page.FindAll(".filters select").Select(s => s.GetAttribute("value")));
    }

    [Fact]
    public void A_hit_is_marked_after_somebody_has_acknowledged_it_too()
    {
        var alert = Raised("AB12CDE", 1) with { SightingId = Guid.NewGuid(), State = "acknowledged" };
        var states = 0;
        Core.Answers("GET /api/alerts", () => new Page<AlertView>(states++ == 1 ? [alert] : [], null));
        Core.Answers("GET /api/sightings", () => new Page<SightingView>([new SightingView { Id = alert.SightingId, CapturedAt = At, StationId = "a1", CameraId = "a1-n1", Plate = "AB12CDE", Confidence = 0.99, Characters = [], Alternatives = [] }], null));
        this.AddAuthorization().SetAuthorized("somebody").SetPolicies(Scope.AlertsRead).SetClaims(new System.Security.Claims.Claim(Scope.Claim, Scope.AlertsRead));

        var page = Render<LivePage>();

        page.WaitForAssertion(() => Assert.True(states >= 3, "open, acknowledged and escalated ones are looked for"));
        page.WaitForAssertion(() => Assert.Equal(alert.SightingId, Assert.Single(page.FindComponents<LiveFeed>()).Instance.Hits.Keys.Single(k => k == alert.SightingId)));
    }

    [Fact]
    public void The_heat_of_an_earlier_day_leaves_the_map()
    {
        var day = new FlowView(Day, new DateTimeOffset(Day, TimeOnly.MinValue, TimeSpan.Zero), TimeSpan.FromMinutes(15), 96, [.. Enumerable.Range(0, 96)], []);
        var map = JSInterop.SetupModule("./js/livemap.js");
        map.Mode = JSRuntimeMode.Loose;
        var made = map.SetupModule(i => i.Identifier == "create");
        made.Mode = JSRuntimeMode.Loose;
        var shown = Render<LiveMap>(p => p.Add(m => m.Stations, [Station("a1", "Angel", "ulez")]).Add(m => m.Day, day).Add(m => m.Step, 33));
        shown.WaitForAssertion(() => Assert.Equal(33, made.Invocations["step"][^1].Arguments[0]));

        shown.Render(p => p.Add(m => m.Day, day with { Day = Day.AddDays(-1) }).Add(m => m.Step, (int?)null));

        shown.WaitForAssertion(() => Assert.Null(made.Invocations["step"][^1].Arguments[0]));
    }

    [Fact]
    public void The_slider_and_the_keys_that_move_it_go_through_the_day()
    {
        var scrubber = Render<DayScrubber>();
        scrubber.WaitForElement("input[type=range]").Input("33");

        Assert.StartsWith("08:15–08:30: 33 sightings", scrubber.Find("output").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Play_moves_on_by_itself_until_it_is_stopped()
    {
        var scrubber = Render<DayScrubber>();
        scrubber.WaitForElement("input[type=range]").Input("10");
        scrubber.Find("button").Click();
        scrubber.WaitForAssertion(() => Assert.StartsWith("02:30", scrubber.Find("output").TextContent, StringComparison.Ordinal));

        Time.Advance(TimeSpan.FromMilliseconds(500));
        Time.Advance(TimeSpan.FromMilliseconds(500));
        scrubber.WaitForAssertion(() => Assert.StartsWith("03:00", scrubber.Find("output").TextContent, StringComparison.Ordinal));

        scrubber.Find("button").Click();
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.StartsWith("03:00", scrubber.Find("output").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sighting_shows_how_each_character_was_read_and_is_corrected_where_it_is_seen()
    {
        var sighting = new SightingView
        {
            Id = Guid.NewGuid(),
            CapturedAt = At,
            StationId = "a1",
            CameraId = "c1",
            Plate = "LR33TEE",
            Confidence = .8,
            Characters = [.99, .99, .99, .7, .99, .99, .99],
            Alternatives = [new PlateAlternative("LR38TEE", .15)],
            Frames = 4,
        };
        Core.Answers($"GET /api/sightings/{sighting.Id}", () => sighting);
        Core.Answers($"POST /api/sightings/{sighting.Id}/review", () => new ReviewOutcome(sighting.Id, "LR38TEE", [], []));
        var detail = Render<SightingDetail>(p => p.Add(d => d.Id, sighting.Id).Add(d => d.Names, new Dictionary<string, string> { ["a1"] = "Angel" }));

        var weak = detail.WaitForElement(".characters .weak");
        Assert.Equal(("3", "70.0", "or 8 15.0"), (weak.QuerySelector("b")!.TextContent, weak.QuerySelector("small")!.TextContent, weak.QuerySelector(".other")!.TextContent));
        Assert.Contains("Character 4 may be 8 (15.0 %) instead of 3.", detail.Markup, StringComparison.Ordinal);
        Assert.Contains("LR38TEE", detail.Find(".alternatives").TextContent, StringComparison.Ordinal);
        Assert.Contains("from 4 frames", detail.Markup, StringComparison.Ordinal);

        detail.Find(".right-plate input, input.right-plate").Input("lr38 tee");
        detail.FindAll("button").Single(b => b.TextContent.Trim() == "Correct").Click();

        var (_, body) = Assert.Single(Core.Posted);
        Assert.Equal(("corrected", "LR38TEE"), (body.GetProperty("state").GetString(), body.GetProperty("plate").GetString()));
    }

    private static StationView Station(string id, string name, string zone) => new() { Id = id, Name = name, Latitude = 51.5, Longitude = -.1, Zones = [zone] };
}
