using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MudBlazor.Services;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Health;
using SmartCity.Web.Access;
using SmartCity.Web.Components.Alerts;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

public sealed class AlertWatchTests : BunitContext
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 8, 15, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(At);
    private readonly FakeCore _core = new();
    private readonly List<AlertView> _open = [Raised("BEFORE", -5)];

    public AlertWatchTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        _core.Answers("GET /api/alerts", () => new Page<AlertView>([.. _open.OrderByDescending(a => a.RaisedAt)], null));
        _core.Answers("GET /api/alerts/counts", () => new[] { new AlertCount("open", _open.Count) });
        Services.AddMudServices(o => o.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddSingleton<TimeProvider>(_time);
        Services.AddSingleton(new CoreClient(new HttpClient(_core) { BaseAddress = new Uri("http://core") }));
        Services.AddSingleton(provider => new LiveConnection(
            provider, Options.Create(new ConsoleOptions()), new WorkerHealth(_time), _time, new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), NullLogger<LiveConnection>.Instance));
    }

    [Fact]
    public void An_alert_rings_once_whether_the_stream_or_the_next_look_brings_it()
    {
        var module = JSInterop.SetupModule("./js/alerts.js");
        module.Mode = JSRuntimeMode.Loose;
        var watch = Render<AlertWatch>();
        _time.Advance(TimeSpan.Zero);
        watch.WaitForAssertion(() => Assert.Equal("1", watch.Find("b").TextContent));

        var streamed = Raised("STREAMED", 1);
        _open.Add(streamed);
        Services.GetRequiredService<LiveConnection>().Hand(new LiveEvent { Alert = streamed });
        watch.WaitForAssertion(() => Assert.Equal(["STREAMED"], Rung()));

        _open.Add(Raised("ELSEWHERE", 2));
        _time.Advance(TimeSpan.FromSeconds(15));
        watch.WaitForAssertion(() => Assert.Equal(["STREAMED", "ELSEWHERE"], Rung()));
        Assert.Equal("3", watch.Find("b").TextContent);

        _open.AddRange(Enumerable.Range(3, 7).Select(i => Raised($"B{i}", i)));
        _time.Advance(TimeSpan.FromSeconds(15));
        watch.WaitForAssertion(() => Assert.Equal(["STREAMED", "ELSEWHERE", "B5", "B6", "B7", "B8", "B9"], Rung()));

        _open.Add(Raised("LATER", 20));
        _time.Advance(TimeSpan.FromSeconds(15));
        watch.WaitForAssertion(() => Assert.Equal("LATER", Rung()[^1]));
        Assert.Equal(8, Rung().Count);

        List<object?> Rung() => [.. module.Invocations["ring"].Select(i => i.Arguments[0])];
    }

    private static AlertView Raised(string plate, int second) => new()
    {
        Id = Guid.NewGuid(),
        EntryId = Guid.Empty,
        PassageId = Guid.Empty,
        SightingId = Guid.Empty,
        Plate = plate,
        Pattern = plate,
        Reason = "Stolen",
        Priority = 1,
        StationId = "a1",
        CapturedAt = At,
        RaisedAt = At.AddSeconds(second),
        State = "open",
    };
}
