using System.Reflection;
using Deque.AxeCore.Playwright;
using Microsoft.AspNetCore.Components;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.System.Tests.Hosting;
using SmartCity.Web;

namespace SmartCity.System.Tests.Console;

/// <summary>
/// Every page that the console has a route for, as it looks at a desk and on a phone, in light and dark: no error in the browser's console, nothing wider
/// than the window, nothing serious that axe finds. The pictures are in artifacts/screens.
/// </summary>
[Collection(ConsoleCollection.Name)]
public sealed class PagesTests(ConsoleFixture console)
{
    // Answers 404, which the browser's console tells as an error.
    private static readonly string[] NotLookedAt = ["not-found"];

    // What a page has that comes from elsewhere than an answer of the core.
    private static readonly Dictionary<string, string> Shows = new(StringComparer.Ordinal) { ["live"] = ".feed .row .picture img, .feed .row .plate" };

    private static string Folder => Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screens")).FullName;

    [Theory]
    [InlineData(1440)]
    [InlineData(390)]
    public async Task Pages_have_no_fault_that_a_browser_or_axe_finds(int width)
    {
        Assert.SkipWhen(ConsoleFixture.BrowserPath is null, "No Chromium on this machine: the console is not looked at.");
        await console.System.UntilAsync(async () => (await console.System.GetAsync<Page<ChargeView>>("/api/charges")).Items.Count > 2, "some charges");
        var pages = await PagesAsync();
        var faults = await Task.WhenAll(LookAtAllAsync(pages, width, ColorScheme.Dark), LookAtAllAsync(pages, width, ColorScheme.Light));
        Assert.True(faults.All(f => f.Count == 0), string.Join('\n', faults.SelectMany(f => f)));
    }

    /// <summary>Name of the picture and path, for each route; a route with a parameter needs an example here.</summary>
    private async Task<List<(string Name, string Path)>> PagesAsync()
    {
        var alert = await console.AlertAsync("Pages");
        var charge = (await console.System.GetAsync<Page<ChargeView>>("/api/charges")).Items[0];
        var examples = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["alerts/{Id:guid}"] = $"alerts/{alert.Id}",
            ["charges/{Id:guid}"] = $"charges/{charge.Id}",
            ["sightings/{Id:guid}"] = $"sightings/{charge.SightingId}",
        };
        return
        [
            .. typeof(ConsoleModule).Assembly.GetTypes()
                .SelectMany(t => t.GetCustomAttributes<RouteAttribute>())
                .Select(r => r.Template.TrimStart('/'))
                .Except(NotLookedAt)
                .Order(StringComparer.Ordinal)
                .Select(route => (
                    Name: route.Length == 0 ? "live" : route.Contains('{', StringComparison.Ordinal) ? route[..route.IndexOf('/', StringComparison.Ordinal)] + "-one" : route.Replace('/', '-'),
                    Path: !route.Contains('{', StringComparison.Ordinal) ? route : examples.TryGetValue(route, out var example) ? example : throw new InvalidOperationException($"The page {route} has no example to look at."))),
        ];
    }

    private async Task<List<string>> LookAtAllAsync(List<(string Name, string Path)> pages, int width, ColorScheme colours)
    {
        await using var window = await console.OpenAsync(width, colours);
        var faults = new List<string>();
        await window.Page.GotoAsync("sign-in");
        faults.AddRange(await LookAsync(window, "sign-in", width, colours));
        await window.SignInAsync("administrator", RunningSystem.AdministratorPassword);
        foreach (var (name, path) in pages.Where(p => p.Path != "sign-in"))
        {
            await window.GoAsync(path);
            if (Shows.TryGetValue(name, out var content))
            {
                await window.Page.Locator(content).First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
            }

            faults.AddRange(await LookAsync(window, name, width, colours));
        }

        return [.. faults, .. window.Errors];
    }

    private static async Task<IEnumerable<string>> LookAsync(ConsoleWindow window, string name, int width, ColorScheme colours)
    {
        var look = $"{name}-{width}-{(colours == ColorScheme.Dark ? "dark" : "light")}";
        await window.FilledAsync();
        await window.Page.ScreenshotAsync(new() { Path = Path.Combine(Folder, look + ".png") });
        var faults = (await window.Page.RunAxe()).Violations
            .Where(v => v.Impact is "serious" or "critical")
            .Select(v => $"{look}: {v.Impact} {v.Id}: {v.Help}: {string.Join(" | ", v.Nodes.Take(4).Select(n => n.Html))}")
            .ToList();
        var (seen, wide) = (await window.Page.EvaluateAsync<int>("document.documentElement.clientWidth"), await window.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        return wide > seen + 1 ? [.. faults, $"{look}: the page is {wide} px wide in a window of {seen}"] : faults;
    }
}
