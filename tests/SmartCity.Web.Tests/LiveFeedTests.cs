using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Live;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

public sealed class LiveFeedTests : BunitContext
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 8, 15, 0, TimeSpan.Zero);
    private static readonly Dictionary<string, IReadOnlyList<string>> Zones = new() { ["a1"] = ["ulez"], ["a3"] = ["congestion", "ulez"] };

    private readonly FakeTimeProvider _time = new(At);
    private readonly FakeCore _core = new();
    private readonly LiveBoard _board;

    public LiveFeedTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        this.AddAuthorization().SetAuthorized("somebody").SetClaims(new System.Security.Claims.Claim(Scope.Claim, Scope.ChargesRead));
        _core.Answers("GET /api/sightings", () => new Page<SightingView>([Seen("OLD", 0)], null));
        _core.Answers("GET /api/live/summary", () => new LiveSummary { At = At, Day = new DateOnly(2026, 11, 23), Stations = [] });
        _board = new LiveBoard(new CoreClient(new HttpClient(_core) { BaseAddress = new Uri("http://core") }), _time, NullLogger<LiveBoard>.Instance);
        Services.AddSingleton(ConsoleContext.London);
    }

    [Fact]
    public void What_passes_comes_on_top_once_however_often_it_is_sent()
    {
        var feed = Feed();
        var (first, second) = (Seen("FIRST", 1), Seen("SECOND", 2));

        Pass(second, first, second);
        Beat();
        Pass(first);
        Beat();

        feed.WaitForAssertion(() => Assert.Equal(["SECOND", "FIRST", "OLD"], Plates(feed)));
    }

    [Fact]
    public void What_passed_while_the_stream_was_away_is_there_after_it()
    {
        var feed = Feed();
        _core.Answers("GET /api/sightings", () => new Page<SightingView>([Seen("MISSED", 1), Seen("OLD", 0)], null));

        _board.Refill();
        _time.Advance(TimeSpan.FromSeconds(3));

        feed.WaitForAssertion(() => Assert.Equal(["MISSED", "OLD"], Plates(feed)));
    }

    [Fact]
    public void Of_more_than_anybody_could_follow_the_newest_come_every_two_seconds()
    {
        Feed();
        var before = _board.Newest.Count;
        for (var beat = 0; beat < 3; beat++)
        {
            Pass([.. Enumerable.Range(0, 150).Select(i => Seen($"B{beat}{i}", beat + 1))]);
            Beat();
            Assert.Equal(before, _board.Newest.Count);
        }

        Beat();
        Assert.Equal(before + 450, _board.Newest.Count);
        Pass(Seen("LAST", 9));
        Beat();
        Assert.Equal("LAST", _board.Newest[0].Plate);
    }

    [Fact]
    public void A_pause_keeps_the_rows_and_counts_what_waits_until_it_ends()
    {
        var feed = Feed();
        feed.Find(".feed-bar button").Click();

        Pass(Seen("ONE", 1), Seen("TWO", 2));
        Beat();
        feed.WaitForAssertion(() => Assert.Equal("2 new vehicles", feed.Find(".waiting").TextContent));
        Assert.Equal(["OLD"], Plates(feed));

        feed.Find(".feed-bar button").Click();
        Assert.Equal(["TWO", "ONE", "OLD"], Plates(feed));
        Assert.Equal("", feed.Find(".waiting").TextContent);
    }

    [Fact]
    public async Task Rows_do_not_move_while_somebody_is_in_the_list()
    {
        var feed = Feed();
        await feed.InvokeAsync(() => feed.Instance.Hold(true));
        Pass(Seen("ONE", 1));
        Beat();
        feed.WaitForAssertion(() => Assert.Equal("1 new vehicle", feed.Find(".waiting").TextContent));
        Assert.Equal(["OLD"], Plates(feed));

        await feed.InvokeAsync(() => feed.Instance.Hold(false));
        Assert.Equal(["ONE", "OLD"], Plates(feed));
    }

    [Theory]
    [InlineData("a3", null, null, null, "LORRY,TAXI")]
    [InlineData(null, "or", null, null, "LORRY")]
    [InlineData(null, null, "taxi", null, "TAXI")]
    [InlineData(null, null, null, "congestion", "LORRY,TAXI")]
    [InlineData("a1", null, null, "congestion", "")]
    public void The_feed_shows_what_fits_the_filter(string? station, string? plate, string? vehicleClass, string? zone, string shown)
    {
        _core.Answers("GET /api/sightings", () => new Page<SightingView>([], null));
        var feed = Feed(LiveFilter.Of(station, plate, vehicleClass, zone));
        Pass(Seen("LORRY", 3, "a3", "hgv"), Seen("TAXI", 2, "a3", "taxi"), Seen("CAR", 1, "a1", "car"));
        Beat();

        feed.WaitForAssertion(() => Assert.Equal(shown, string.Join(',', Plates(feed))));
    }

    [Fact]
    public void With_more_vehicles_than_anybody_can_read_every_second_beat_is_shown()
    {
        var feed = Feed();
        Pass([.. Enumerable.Range(1, 30).Select(i => Seen($"A{i}", i))]);
        Beat();
        Assert.Equal(["OLD"], Plates(feed));

        Pass([.. Enumerable.Range(31, 30).Select(i => Seen($"A{i}", i))]);
        Beat();
        feed.WaitForAssertion(() => Assert.Equal("A60", Plates(feed)[0]));
    }

    [Fact]
    public void A_row_has_the_vehicle_the_keeper_as_the_core_gives_it_and_what_it_owes()
    {
        var charge = new ChargeView { Id = Guid.NewGuid(), Plate = "OWES", Scheme = "ulez", Day = new DateOnly(2026, 11, 23), Amount = 12.5m, Kind = "charge", Rule = "r", Why = "w", TariffVersion = "t" };
        var vehicle = new VehicleView { Plate = "OWES", Make = "Ford", Model = "Transit", Colour = "white", Class = "van", Fuel = "diesel", Euro = 5, Keeper = "A. E." };
        var feed = Feed();
        Pass(Seen("OWES", 1) with { Vehicle = vehicle, Charges = [charge] });
        Beat();

        feed.WaitForAssertion(() => Assert.Equal("OWES", Plates(feed)[0]));
        var row = feed.Find(".row").TextContent;
        Assert.All(["Ford Transit", "white van · A. E.", "diesel Euro 5", "£12.50", "ULEZ", "Angel"], text => Assert.Contains(text, row, StringComparison.Ordinal));
    }

    [Fact]
    public void A_doubtful_reading_is_told_from_a_sure_one_and_says_how_sure_it_is()
    {
        var feed = Feed();
        Pass(Seen("SURE", 1) with { Confidence = 0.97 }, Seen("DOUBT", 2) with { Confidence = 0.8567 });
        Beat();

        feed.WaitForAssertion(() => Assert.Equal("DOUBT", Plates(feed)[0]));
        var readings = feed.FindAll(".reading");
        Assert.Contains("85.6 % confidence", readings[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("doubtful", readings[0].ClassList);
        Assert.DoesNotContain("doubtful", readings[1].ClassList);
    }

    [Fact]
    public void A_core_that_does_not_answer_is_said_in_words()
    {
        var board = new LiveBoard(new CoreClient(new HttpClient(new FakeCore().Answers("GET /api/sightings", () => throw new HttpRequestException("Connection refused"))) { BaseAddress = new Uri("http://core") }), _time, NullLogger<LiveBoard>.Instance);
        var feed = Feed(first: null, board: board);

        feed.WaitForAssertion(() => Assert.Contains("The core does not answer", feed.Find(".empty").TextContent, StringComparison.Ordinal));
    }

    private IRenderedComponent<LiveFeed> Feed(LiveFilter? filter = null, string? first = "OLD", LiveBoard? board = null)
    {
        var feed = Render<LiveFeed>(p => p.Add(f => f.Board, board ?? _board).Add(f => f.Filter, filter ?? new LiveFilter()).Add(f => f.Names, new Dictionary<string, string> { ["a1"] = "Angel" }).Add(f => f.Zones, Zones));
        Beat();
        if (first is not null && filter is null)
        {
            feed.WaitForAssertion(() => Assert.Equal([first], Plates(feed)));
        }

        return feed;
    }

    private void Pass(params SightingView[] sightings)
    {
        foreach (var sighting in sightings)
        {
            _board.Receive(new LiveEvent { Sighting = sighting });
        }
    }

    private void Beat() => _time.Advance(TimeSpan.FromMilliseconds(500));

    private static List<string> Plates(IRenderedComponent<LiveFeed> feed) => [.. feed.FindAll(".row .plate").Select(p => p.TextContent.Replace(" ", "", StringComparison.Ordinal))];

    private static SightingView Seen(string plate, int second, string station = "a1", string? vehicleClass = null) => new()
    {
        Id = new Guid(second, 0, 0, [.. plate.PadRight(8).Select(c => (byte)c).Take(8)]),
        CapturedAt = At.AddSeconds(second),
        StationId = station,
        CameraId = "c",
        Plate = plate,
        Country = "XX",
        Vehicle = vehicleClass is null ? null : new VehicleView { Plate = plate, Class = vehicleClass },
    };
}
