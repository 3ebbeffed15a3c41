using System.Net.Http.Json;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests.Console;

/// <summary>The demo city, started once for all tests of the console, and a real browser to look at it.</summary>
public sealed class ConsoleFixture : IAsyncLifetime
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    // Patient: the browser, the city's cameras and the core share a machine.
    private const float PatienceMs = 30_000;

    // A quarter of what the cameras read goes to review: its queue is full before anybody sits down. A pattern may match as much as it likes, so that an alert comes soon.
    private static readonly Dictionary<string, string> Demanding = new() { ["Core__Sightings__DoubtfulBelow"] = "0.98", ["Core__Hotlist__MostShare"] = "1" };

    private readonly TestData _data = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal RunningSystem System { get; private set; } = null!;

    public static string? BrowserPath => Browsers.FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (BrowserPath is null)
        {
            return;
        }

        System = await RunningSystem.StartAsync(_data.Path, ["--speed", "2"], Demanding);
        Assertions.SetDefaultExpectTimeout(PatienceMs);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = BrowserPath, Args = ["--no-sandbox", "--disable-dev-shm-usage", "--enable-unsafe-swiftshader"] });
    }

    /// <summary>A browser window of its own that nobody has signed in with.</summary>
    internal async Task<ConsoleWindow> OpenAsync(int width = 1440, ColorScheme colours = ColorScheme.Dark)
    {
        Assert.SkipWhen(_browser is null, "No Chromium on this machine: the console is not looked at.");
        var context = await _browser!.NewContextAsync(new()
        {
            BaseURL = System.Http.BaseAddress!.ToString(),
            ViewportSize = new() { Width = width, Height = width < 600 ? 844 : 900 },
            ColorScheme = colours,
        });
        context.SetDefaultTimeout(PatienceMs);
        return new ConsoleWindow(context, await context.NewPageAsync(), System);
    }

    /// <summary>A window in which the administrator has signed in.</summary>
    internal async Task<ConsoleWindow> SignInAsync(int width = 1440, ColorScheme colours = ColorScheme.Dark)
    {
        var window = await OpenAsync(width, colours);
        await window.SignInAsync("administrator", RunningSystem.AdministratorPassword);
        return window;
    }

    /// <summary>An alert: the next vehicle whose plate fits is of interest, for a reason of its own. The entry is gone when this returns.</summary>
    internal async Task<AlertView> AlertAsync(string reason)
    {
        var token = TestContext.Current.CancellationToken;
        using var added = await System.Http.PostAsJsonAsync("/api/hotlist", new HotlistEntryView { Pattern = "*25*", Reason = reason, Priority = 1, RequestedBy = "tests" }, token);
        Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync(token));
        var entry = (await added.Content.ReadFromJsonAsync<HotlistEntryView>(token))!;
        AlertView? alert = null;
        await System.UntilAsync(async () => (alert = (await System.GetAsync<Page<AlertView>>("/api/alerts")).Items.FirstOrDefault(a => a.Reason == reason)) is not null, $"an alert for {reason}");
        using var removed = await System.Http.DeleteAsync($"/api/hotlist/{entry.Id}", token);
        removed.EnsureSuccessStatusCode();
        return alert!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (System is not null)
        {
            await System.DisposeAsync();
        }

        await _data.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleFixture>
{
    public const string Name = "console";
}
