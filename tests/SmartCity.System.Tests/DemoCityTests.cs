using System.Net;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>The demo city, started once: what a newcomer sees in the first minute.</summary>
public sealed class DemoCityTests : IAsyncLifetime
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly TestData _data = new();
    private RunningSystem _system = null!;

    public async ValueTask InitializeAsync() => _system = await RunningSystem.StartAsync(_data.Path, ["--speed", "4"]);

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task Vehicles_are_read_charged_and_alerted_on()
    {
        Assert.Equal(HttpStatusCode.OK, (await _system.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken)).StatusCode);
        await _system.UntilAsync(async () => (await _system.GetAsync<Page<ChargeView>>("/api/charges")).Items.Count > 0, "a charge");
        await _system.UntilAsync(async () => (await _system.GetAsync<Page<AlertView>>("/api/alerts")).Items.Count > 0, "an alert");

        var charge = (await _system.GetAsync<Page<ChargeView>>("/api/charges")).Items[^1];
        var sighting = await _system.GetAsync<SightingView>($"/api/sightings/{charge.SightingId}");
        Assert.Equal(charge.Plate, sighting.Plate);
        Assert.Equal(32, sighting.TraceId?.Length);
        Assert.Equal(sighting.TraceId, charge.TraceId);

        var picture = await _system.Http.GetByteArrayAsync($"/api/evidence/{sighting.Evidence}", TestContext.Current.CancellationToken);
        Assert.Equal([0xFF, 0xD8, 0xFF], picture[..3]);

        await ShowsPlatesWithPicturesAsync();
        await StopsInOrderAsync();
    }

    // The page as an operator has it in front of them, in a real browser.
    private async Task ShowsPlatesWithPicturesAsync()
    {
        if (Browser() is not { } browserPath)
        {
            TestContext.Current.AddWarning("No Chromium on this machine: the Live page was not looked at.");
            return;
        }

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = browserPath, Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
        var page = await browser.NewPageAsync();
        await page.GotoAsync(_system.Http.BaseAddress!.ToString());
        var rows = page.Locator(".feed .row");
        await rows.First.WaitForAsync(new() { Timeout = 30_000 });
        var picture = page.Locator(".feed .row .picture img").First;
        await picture.WaitForAsync(new() { Timeout = 30_000 });
        await Assertions.Expect(picture).ToHaveJSPropertyAsync("complete", true);
        Assert.True(await picture.EvaluateAsync<int>("i => i.naturalWidth") > 20, "The first row's picture did not load.");
        Assert.True(await page.Locator(".feed .row .plate").CountAsync() > 0);
    }

    private async Task StopsInOrderAsync()
    {
        Assert.Equal(0, await _system.StopAsync(TimeSpan.FromSeconds(10)));
        Assert.False(File.Exists(_data.Below("postgres", "data", "postmaster.pid")), "Postgres still runs.");
    }

    private static string? Browser() =>
        Browsers.FirstOrDefault(File.Exists);
}
