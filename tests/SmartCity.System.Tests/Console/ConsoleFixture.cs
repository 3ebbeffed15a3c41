using Microsoft.Playwright;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests.Console;

/// <summary>The demo city, started once for all tests of the console, and a real browser to look at it.</summary>
public sealed class ConsoleFixture : IAsyncLifetime
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

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

        System = await RunningSystem.StartAsync(_data.Path, ["--speed", "4"]);
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
        context.SetDefaultTimeout(20_000);
        return new ConsoleWindow(context, await context.NewPageAsync());
    }

    /// <summary>A window in which the administrator has signed in.</summary>
    internal async Task<ConsoleWindow> SignInAsync(int width = 1440, ColorScheme colours = ColorScheme.Dark)
    {
        var window = await OpenAsync(width, colours);
        await window.SignInAsync("administrator", RunningSystem.AdministratorPassword);
        return window;
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
