using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;
using SmartCity.System.Tests.Hosting;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

/// <summary>A browser window. What the page complains of is collected.</summary>
internal sealed class ConsoleWindow : IAsyncDisposable
{
    private static readonly WindowWords InEnglish = new("Name", "Password", "Sign in", "Loading…", "Light colours", "Dark colours");
    private static readonly WindowWords InGerman = new("Name", "Kennwort", "Anmelden", "Lädt …", "Helle Farben", "Dunkle Farben");

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    // Run in the page itself and without what has passed: the usual way carries every node of every rule to a second page.
    private const string AxeScript =
        """
        async rules => {
          const options = { resultTypes: ['violations'], iframes: false };
          const found = await axe.run(document, rules.length ? { ...options, runOnly: { type: 'rule', values: rules } } : options);
          return found.violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
            .map(v => `${v.impact} ${v.id}: ${v.help}: ${v.nodes.slice(0, 4).map(n => n.html).join(' | ')}`);
        }
        """;

    private readonly IBrowserContext _context;
    private readonly RunningSystem _system;
    private readonly ConcurrentQueue<string> _errors = new();

    public ConsoleWindow(IBrowserContext context, IPage page, RunningSystem system, string language = ConsoleFixture.English)
    {
        (_context, Page, _system, Words) = (context, page, system, language == ConsoleFixture.German ? InGerman : InEnglish);
        page.Console += (_, message) =>
        {
            // A sighting may be shown before the file of its picture has come.
            if (message.Type == "error" && !(message.Text.Contains("404", StringComparison.Ordinal) && message.Location.Contains("/evidence/", StringComparison.Ordinal)))
            {
                _errors.Enqueue($"{page.Url}: {message.Text}");
            }
        };
        page.PageError += (_, error) => _errors.Enqueue($"{page.Url}: {error}");
    }

    public IPage Page { get; }

    private WindowWords Words { get; }

    /// <summary>Errors in the browser's console and uncaught ones, so far.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    public async Task SignInAsync(string name, string password)
    {
        await Page.GotoAsync("sign-in");
        await Page.GetByLabel(Words.Name).FillAsync(name);
        await Page.GetByLabel(Words.Password).FillAsync(password);
        await Page.GetByRole(AriaRole.Button, new() { Name = Words.SignIn, Exact = true }).ClickAsync();
        await Page.WaitForURLAsync(url => !url.Contains("/sign-in", StringComparison.Ordinal));
    }

    /// <summary>Goes to a page and waits until it is interactive and has its heading.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await Page.Locator("main h1").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
    }

    /// <summary>Waits until the page has asked the core for what it shows, and its pictures have come.</summary>
    public async Task FilledAsync()
    {
        await Expect(Page.GetByText(Words.Loading)).ToHaveCountAsync(0);
        await Expect(Page.Locator("main [aria-busy=true]")).ToHaveCountAsync(0);
        if (await Page.Locator(".wall").CountAsync() == 0)
        {
            // The wall asks for pictures for ever, and other pages with live pictures may.
            try
            {
                await Page.WaitForLoadStateAsync(LoadState.NetworkIdle, new() { Timeout = 10_000 });
            }
            catch (TimeoutException)
            {
            }
        }

        try
        {
            await Expect(Page).ToHaveTitleAsync(new Regex("SmartCity$"), new() { Timeout = 60_000 });
        }
        catch (PlaywrightException) when (Page.GetByText("This page has failed") is { } failed)
        {
            Assert.Fail($"{Page.Url} has {(await failed.CountAsync() > 0 ? "failed" : "no title")}; the system's log: {_system.Said}");
        }
    }

    /// <summary>Turns the page to light or dark by the button of its head; a page without one is loaded anew.</summary>
    public async Task TurnAsync(ColorScheme colours)
    {
        var (name, theme) = colours == ColorScheme.Light ? (Words.Light, "light") : (Words.Dark, "dark");
        var button = Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });
        if (await button.CountAsync() == 1)
        {
            await button.ClickAsync();
        }
        else
        {
            await Page.EvaluateAsync("theme => smartcityTheme.choose(theme)", theme);
            await Page.ReloadAsync();
            await Page.Locator("main h1").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        }

        await Page.WaitForFunctionAsync(
            """
            theme => document.documentElement.classList.contains(theme)
              && !document.getAnimations().some(a => a instanceof CSSTransition && a.playState === 'running')
            """,
            theme);
        // The pointer on the button would be part of what is looked at.
        await Page.Mouse.MoveAsync(0, 0);
    }

    /// <summary>What axe finds that is serious or critical.</summary>
    /// <param name="rules">Ids of axe's rules; all of its usual ones if none is named.</param>
    public async Task<string[]> AxeAsync(params string[] rules)
    {
        if (!await Page.EvaluateAsync<bool>("() => 'axe' in window"))
        {
            await Page.EvaluateAsync(Axe);
        }

        return await Page.EvaluateAsync<string[]>(AxeScript, rules);
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    /// <summary>What a person reads who signs in, waits and turns the colours.</summary>
    private sealed record WindowWords(string Name, string Password, string SignIn, string Loading, string Light, string Dark);
}
