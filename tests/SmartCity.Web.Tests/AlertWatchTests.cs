using Bunit;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Alerts;

namespace SmartCity.Web.Tests;

public sealed class AlertWatchTests : ConsoleContext
{
    private readonly List<AlertView> _open = [Raised("BEFORE", -5)];

    public AlertWatchTests()
    {
        Core.Answers("GET /api/alerts", () => new Page<AlertView>([.. _open.OrderByDescending(a => a.RaisedAt)], null));
        Core.Answers("GET /api/alerts/counts", () => new[] { new AlertCount("open", _open.Count) });
    }

    [Fact]
    public void An_alert_rings_once_whether_the_stream_or_the_next_look_brings_it()
    {
        var module = JSInterop.SetupModule("./js/alerts.js");
        module.Mode = JSRuntimeMode.Loose;
        var watch = Render<AlertWatch>();
        Time.Advance(TimeSpan.Zero);
        watch.WaitForAssertion(() => Assert.Equal("1", watch.Find("b").TextContent));

        var streamed = Raised("STREAMED", 1);
        _open.Add(streamed);
        Live.Hand(new LiveEvent { Alert = streamed });
        watch.WaitForAssertion(() => Assert.Equal(["STREAMED"], Rung()));

        _open.Add(Raised("ELSEWHERE", 2));
        Time.Advance(TimeSpan.FromSeconds(15));
        watch.WaitForAssertion(() => Assert.Equal(["STREAMED", "ELSEWHERE"], Rung()));
        Assert.Equal("3", watch.Find("b").TextContent);

        _open.AddRange(Enumerable.Range(3, 7).Select(i => Raised($"B{i}", i)));
        Time.Advance(TimeSpan.FromSeconds(15));
        watch.WaitForAssertion(() => Assert.Equal(["STREAMED", "ELSEWHERE", "B5", "B6", "B7", "B8", "B9"], Rung()));

        _open.Add(Raised("LATER", 20));
        Time.Advance(TimeSpan.FromSeconds(15));
        watch.WaitForAssertion(() => Assert.Equal("LATER", Rung()[^1]));
        Assert.Equal(8, Rung().Count);

        List<object?> Rung() => [.. module.Invocations["ring"].Select(i => i.Arguments[0])];
    }

    [Fact]
    public void The_bell_shows_no_number_that_is_wider_than_it()
    {
        _open.AddRange(Enumerable.Range(1, 98).Select(i => Raised($"B{i}", i)));
        var watch = Render<AlertWatch>();
        Time.Advance(TimeSpan.Zero);
        watch.WaitForAssertion(() => Assert.Equal("99", watch.Find("b").TextContent));

        Live.Hand(new LiveEvent { Alert = Raised("ONE", 200) });
        watch.WaitForAssertion(() => Assert.Equal(("99+", "99+ open alerts"), (watch.Find("b").TextContent, watch.Find("a.bell").GetAttribute("aria-label"))));
    }
}
