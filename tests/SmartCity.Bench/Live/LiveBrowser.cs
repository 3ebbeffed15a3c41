using System.Diagnostics;
using Microsoft.Playwright;

namespace SmartCity.Bench.Live;

/// <summary>A real browser at the Live page.</summary>
internal sealed class LiveBrowser : IAsyncDisposable
{
    private const int Openings = 5;
    private static readonly string[] Paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly IPage _page;

    private LiveBrowser(IPlaywright playwright, IBrowser browser, IPage page, int process) => (_playwright, _browser, _page, Process) = (playwright, browser, page, process);

    /// <summary>Its first process; all others came of it.</summary>
    public int Process { get; }

    public static string? Path => Paths.FirstOrDefault(File.Exists);

    public static async Task<LiveBrowser> OpenAsync(Uri address, string name, string password)
    {
        var mark = $"--smartcity-bench={Guid.NewGuid():N}";
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Path, Args = ["--no-sandbox", "--disable-dev-shm-usage", "--enable-unsafe-swiftshader", mark] });
        var page = await browser.NewPageAsync(new() { BaseURL = address.ToString(), ViewportSize = new() { Width = 1440, Height = 900 } });
        page.SetDefaultTimeout(120_000);
        await page.GotoAsync("sign-in");
        await page.GetByLabel("Name").FillAsync(name);
        await page.GetByLabel("Password").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        var live = new LiveBrowser(playwright, browser, page, CpuMeter.Find(mark));
        await live.UsableAsync();
        return live;
    }

    /// <summary>Milliseconds from asking for the page, its files in the cache, until it has rows and listens to keys; the median of five.</summary>
    public async Task<double> InteractiveAsync()
    {
        var times = new List<double>();
        for (var i = 0; i < Openings; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await _page.GotoAsync("", new() { WaitUntil = WaitUntilState.Commit });
            await UsableAsync();
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return Percentile.Of(times, 0.5);
    }

    /// <summary>Begins to add up how far content jumps, as browsers score it (cumulative layout shift). In the list rows make room for newer ones: that is none.</summary>
    public Task WatchShiftsAsync() => _page.EvaluateAsync(
        """
        () => {
          window.shifts = 0;
          const outside = source => source.node && !(source.node.nodeType === 1 ? source.node : source.node.parentElement)?.closest('.feed');
          new PerformanceObserver(list => list.getEntries().filter(e => e.sources.some(outside)).forEach(e => window.shifts += e.value)).observe({ type: 'layout-shift' });
        }
        """);

    public Task<double> ShiftsAsync() => _page.EvaluateAsync<double>("() => window.shifts");

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private async Task UsableAsync()
    {
        try
        {
            await _page.Locator(".feed .row").First.WaitForAsync();
            await _page.Locator("html[data-keys=on]").WaitForAsync();
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"The Live page did not fill; it shows: {await _page.Locator("body").InnerTextAsync()}", e);
        }
    }
}
