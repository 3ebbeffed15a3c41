using System.Net.Http.Json;
using System.Reflection;
using Microsoft.AspNetCore.Components;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;
using SmartCity.Web;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

/// <summary>
/// Every page that the console has a route for, as it looks at a desk and on a phone, in light and dark: no error in the browser's console, nothing wider
/// than the window, nothing that the page itself says went wrong, nothing serious that axe finds. On the phone it speaks German, whose words are longer. The pictures
/// are in artifacts/screens.
/// </summary>
[Collection(ConsoleCollection.Name)]
public sealed class PagesTests(ConsoleFixture console)
{
    // Answers 404, which the browser's console tells as an error.
    private static readonly string[] NotLookedAt = ["not-found"];

    private static readonly string[] AdministrationSections = ["zones", "tariffs", "vehicles", "webhooks", "notifications", "retention", "privacy", "users", "keys"];

    private static readonly string[] FacesSections = ["lists", "review", "report"];

    // What a page has that comes from elsewhere than an answer of the core.
    private static readonly Dictionary<string, string> Shows = new(StringComparer.Ordinal) { ["live"] = ".feed .row .picture img, .feed .row .plate" };

    // Rules whose outcome may differ where nothing but the colours has changed.
    private static readonly string[] ColourRules = ["color-contrast", "link-in-text-block"];

    // Buttons of rows whose text goes on in a second line.
    private const string BrokenScript =
        """
        () => [...document.querySelectorAll('.row-actions button')].filter(b => b.checkVisibility()).filter(b => {
          const bottoms = [], texts = document.createTreeWalker(b, NodeFilter.SHOW_TEXT), range = document.createRange();
          while (texts.nextNode()) {
            range.selectNodeContents(texts.currentNode);
            bottoms.push(...[...range.getClientRects()].filter(r => r.width > 0).map(r => r.bottom));
          }
          return Math.max(...bottoms) - Math.min(...bottoms) > 8;
        }).map(b => b.textContent.trim())
        """;

    // The bell with as much in it as it ever has.
    private const string FullBellScript =
        """
        () => {
          const bell = document.querySelector('a.bell'), number = bell?.querySelector('b');
          if (number) {
            bell.setAttribute('aria-label', bell.getAttribute('aria-label').replace(number.textContent, '99+'));
            number.firstChild.data = '99+'; // the page's own text, which it writes again when an alert comes
          }
        }
        """;

    private static string Folder => Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screens")).FullName;

    [Theory]
    [InlineData(1440, ConsoleFixture.English)]
    [InlineData(390, ConsoleFixture.German)]
    public async Task Pages_have_no_fault_that_a_browser_or_axe_finds(int width, string language)
    {
        Assert.SkipWhen(ConsoleFixture.BrowserPath is null, "No Chromium on this machine: the console is not looked at.");
        await console.System.UntilAsync(async () => (await console.System.GetAsync<Page<ChargeView>>("/api/charges")).Items.Count > 2, "some charges");
        var pages = await PagesAsync();
        var half = pages.Count / 2;
        var faults = await Task.WhenAll(LookAtAllAsync(pages[..half], width, ColorScheme.Dark, language), LookAtAllAsync(pages[half..], width, ColorScheme.Light, language));
        Assert.True(faults.All(f => f.Count == 0), string.Join('\n', faults.SelectMany(f => f)));
    }

    [Theory]
    [InlineData("hotlist", "New entry")]
    [InlineData("hotlist", "Import")]
    [InlineData("audit", "CSV")]
    [InlineData("administration/tariffs", "New tariff")]
    [InlineData("administration", "Add camera")]
    [InlineData("administration/retention", "Remove expired data now")]
    public async Task A_form_or_a_dialog_has_no_fault_on_a_phone(string path, string button)
    {
        await using var window = await console.SignInAsync(390, ColorScheme.Light);
        await window.GoAsync(path);
        await window.FilledAsync();
        await window.Page.Locator("main").GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();
        await Expect(window.Page.Locator(".tool, [role=dialog]").First).ToBeInViewportAsync();
        var faults = (await LookAsync(window, $"{path.Replace('/', '-')}-{button.Replace(' ', '-').ToLowerInvariant()}", 390, ColorScheme.Light)).ToList();
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    /// <summary>Name of the picture and path, for each route; a route with a parameter needs an example here.</summary>
    private async Task<List<(string Name, string Path)>> PagesAsync()
    {
        var alert = await console.AlertAsync("Pages");
        var charge = (await console.System.GetAsync<Page<ChargeView>>("/api/charges")).Items[0];
        using var judged = await console.System.Http.PostAsync("/api/models/city-read-1/judge", null, TestContext.Current.CancellationToken);
        judged.EnsureSuccessStatusCode();
        var examples = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["alerts/{Id:guid}"] = $"alerts/{alert.Id}",
            ["charges/{Id:guid}"] = $"charges/{charge.Id}",
            ["sightings/{Id:guid}"] = $"sightings/{charge.SightingId}",
            ["investigations/{Id:guid}"] = $"investigations/{await InvestigationAsync(charge)}",
            ["shift/{Id:guid}"] = $"shift/{await console.ShiftAsync()}",
            ["models/{Id}"] = "models/city-read-1",
            ["faces/notice/{Id:guid}"] = $"faces/notice/{await DeploymentAsync()}",
        };
        return
        [
            .. AdministrationSections.Select(s => (Name: "administration-" + s, Path: "administration/" + s)),
            .. FacesSections.Select(s => (Name: "faces-" + s, Path: "faces/" + s)),
            .. typeof(ConsoleModule).Assembly.GetTypes()
                .SelectMany(t => t.GetCustomAttributes<RouteAttribute>())
                .Select(r => r.Template.TrimStart('/'))
                .Except(NotLookedAt)
                .Where(r => r is not ("administration/{Part}" or "faces/{Part}"))
                .Order(StringComparer.Ordinal)
                .Select(route => (
                    Name: route.Length == 0 ? "live" : route.Contains('{', StringComparison.Ordinal) ? route[..route.IndexOf('/', StringComparison.Ordinal)] + "-one" : route.Replace('/', '-'),
                    Path: !route.Contains('{', StringComparison.Ordinal) ? route : examples.TryGetValue(route, out var example) ? example : throw new InvalidOperationException($"The page {route} has no example to look at."))),
        ];
    }

    private async Task<Guid> InvestigationAsync(ChargeView charge)
    {
        var token = TestContext.Current.CancellationToken;
        using var opened = await console.System.Http.PostAsJsonAsync("/api/investigations", new NewInvestigation("Pages", "To look at pages", "MET/1", DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddYears(1)), token);
        var id = (await opened.Content.ReadFromJsonAsync<InvestigationView>(token))!.Id;
        using var added = await console.System.Http.PostAsJsonAsync($"/api/investigations/{id}/items", new NewInvestigationItem("charge", charge.Id, "as an example"), token);
        added.EnsureSuccessStatusCode();
        return id;
    }

    // A draft: nothing comes of it.
    private async Task<Guid> DeploymentAsync()
    {
        var token = TestContext.Current.CancellationToken;
        using var officer = await console.System.SignInAsync("administrator", RunningSystem.AdministratorPassword);
        using var made = await officer.PostAsJsonAsync("/api/faces/lists", new NewFaceList($"Pages {Guid.NewGuid():N}", "To look at pages"), token);
        var list = (await made.Content.ReadFromJsonAsync<FaceListView>(token))!;
        var camera = (await officer.GetFromJsonAsync<FacesView>("/api/faces", token))!.Cameras[0];
        var now = TimeProvider.System.GetUtcNow();
        using var written = await officer.PostAsJsonAsync(
            "/api/faces/deployments",
            new NewFaceDeployment("To look at pages", "None", "Nobody", "None", "Nobody", "Nowhere", [new FacePlace(camera.StationId, camera.CameraId)], list.Id, now, now.AddHours(1), 0.6, 100), token);
        return (await written.Content.ReadFromJsonAsync<FaceDeploymentView>(token))!.Id;
    }

    // Each page is loaded in the colours that the last one ended with, looked at, and looked at again after a click on the other colours.
    private async Task<List<string>> LookAtAllAsync(List<(string Name, string Path)> pages, int width, ColorScheme colours, string language)
    {
        await using var window = await console.OpenAsync(width, colours, language: language);
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
            colours = colours == ColorScheme.Dark ? ColorScheme.Light : ColorScheme.Dark;
            await window.TurnAsync(colours);
            faults.AddRange(await LookAsync(window, name, width, colours, ColourRules));
        }

        return [.. faults, .. window.Errors];
    }

    private static async Task<IEnumerable<string>> LookAsync(ConsoleWindow window, string name, int width, ColorScheme colours, params string[] rules)
    {
        var look = $"{name}-{width}-{(colours == ColorScheme.Dark ? "dark" : "light")}";
        await window.FilledAsync();
        await window.Page.EvaluateAsync(FullBellScript);
        await window.Page.ScreenshotAsync(new() { Path = Path.Combine(Folder, look + ".png") });
        var faults = (await window.AxeAsync(rules)).Select(fault => $"{look}: {fault}").ToList();
        faults.AddRange((await window.Page.Locator("main .mud-alert-text-error").AllInnerTextsAsync()).Select(text => $"{look}: the page says: {text}"));
        faults.AddRange((await window.Page.EvaluateAsync<string[]>(BrokenScript)).Select(text => $"{look}: a button breaks its text: {text}"));
        var (seen, wide) = (await window.Page.EvaluateAsync<int>("document.documentElement.clientWidth"), await window.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        return wide > seen + 1 ? [.. faults, $"{look}: the page is {wide} px wide in a window of {seen}"] : faults;
    }
}
