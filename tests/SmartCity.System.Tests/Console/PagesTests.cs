using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests.Console;

/// <summary>Every page as it looks, at a desk and on a phone, in light and dark: no error in the browser's console, nothing serious that axe finds. The pictures are in artifacts/screens.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class PagesTests(ConsoleFixture console)
{
    /// <summary>Page, and what shows that it has its content.</summary>
    private static readonly (string Path, string Filled)[] Pages =
    [
        ("", ".feed .row"),
        ("alerts", "main"),
        ("hotlist", "table"),
        ("charges", "main"),
        ("review", "main"),
        ("ops", "table"),
        ("audit", "table"),
        ("administration", "table"),
    ];

    public static TheoryData<int, string> Looks => new() { { 1440, "dark" }, { 1440, "light" }, { 390, "dark" }, { 390, "light" } };

    private static string Folder => Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screens")).FullName;

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task Pages_have_no_fault_that_a_browser_or_axe_finds(int width, string colours)
    {
        await using var window = await console.OpenAsync(width, colours == "dark" ? ColorScheme.Dark : ColorScheme.Light);
        await console.System.UntilAsync(async () => (await console.System.GetAsync<Contracts.Api.Page<Contracts.Api.ChargeView>>("/api/charges")).Items.Count > 2, "some charges");
        var faults = new List<string>();
        await window.Page.GotoAsync("sign-in");
        faults.AddRange(await LookAsync(window, "sign-in", width, colours));
        await window.SignInAsync("administrator", RunningSystem.AdministratorPassword);
        foreach (var (path, filled) in Pages)
        {
            await window.GoAsync(path);
            await window.Page.Locator(filled).First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
            await window.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            faults.AddRange(await LookAsync(window, path.Length == 0 ? "live" : path, width, colours));
        }

        faults.AddRange(window.Errors);
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private static async Task<IEnumerable<string>> LookAsync(ConsoleWindow window, string name, int width, string colours)
    {
        await window.Page.ScreenshotAsync(new() { Path = Path.Combine(Folder, $"{name.Replace('/', '-')}-{width}-{colours}.png") });
        var faults = (await window.Page.RunAxe()).Violations
            .Where(v => v.Impact is "serious" or "critical")
            .Select(v => $"{name} {width} {colours}: {v.Impact} {v.Id}: {v.Help}: {string.Join(" | ", v.Nodes.Take(4).Select(n => n.Html))}")
            .ToList();
        var (seen, wide) = (await window.Page.EvaluateAsync<int>("document.documentElement.clientWidth"), await window.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        return wide > seen + 1 ? [.. faults, $"{name} {width} {colours}: the page is {wide} px wide in a window of {seen}"] : faults;
    }
}
