using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class AlertTests(ConsoleFixture console)
{
    [Fact]
    public async Task A_vehicle_of_interest_appears_while_the_page_is_open_and_is_acknowledged()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("alerts");
        await window.FilledAsync();

        var alert = await console.AlertAsync("Taken from a drive");
        var card = window.Page.Locator($"a[href='alerts/{alert.Id}']");
        await Expect(card).ToContainTextAsync("Taken from a drive");
        await card.ClickAsync();
        await Expect(window.Page.GetByText("Nobody has acknowledged it yet.")).ToBeVisibleAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();

        await Expect(window.Page.Locator("main dd .state").First).ToHaveTextAsync("acknowledged");
        await Expect(window.Page.GetByText("acknowledged it")).ToBeVisibleAsync();

        await window.Page.GetByLabel("Note (required to dismiss or escalate)").FillAsync("stopped at the bridge");
        await window.Page.GetByRole(AriaRole.Group, new() { Name = "Resolve as" }).GetByRole(AriaRole.Button, new() { Name = "True hit" }).ClickAsync();
        await Expect(window.Page.Locator("main dd .state").First).ToHaveTextAsync("resolved: true hit");
        await Expect(window.Page.GetByText("resolved it as a true hit")).ToBeVisibleAsync();
        await Expect(window.Page.Locator("main dl")).ToContainTextAsync("Owneradministrator");
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_plate_that_is_typed_asks_for_a_reason_and_shows_the_alerts_of_that_vehicle()
    {
        await using var window = await console.SignInAsync();
        var alert = await console.AlertAsync("Looked for by plate");
        await window.GoAsync("alerts");
        await window.FilledAsync();
        var plate = window.Page.GetByLabel("Plate", new() { Exact = true });
        await plate.FillAsync(alert.Plate);
        await plate.PressAsync("Enter");
        await Expect(window.Page.GetByText("Enter a reason to see the alerts of one vehicle.")).ToBeVisibleAsync();
        Assert.EndsWith($"#plate={alert.Plate}", window.Page.Url, StringComparison.Ordinal);
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task Alerts_are_dismissed_together()
    {
        await using var window = await console.SignInAsync();
        var alert = await console.AlertAsync("Entered twice");
        await window.GoAsync("alerts");
        var card = window.Page.Locator(".incident", new() { Has = window.Page.Locator($"a[href='alerts/{alert.Id}']") });
        await card.GetByRole(AriaRole.Checkbox).CheckAsync();
        var selected = window.Page.GetByRole(AriaRole.Region, new() { Name = "Selected alerts" });
        await selected.GetByRole(AriaRole.Button, new() { Name = "Dismiss as errors" }).ClickAsync();
        await window.Page.GetByLabel("Reason").FillAsync("the entry was wrong");
        await window.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Dismiss", Exact = true }).ClickAsync();

        await Expect(window.Page.GetByText("dismissed.").First).ToBeVisibleAsync();
        await Expect(window.Page.Locator($"a[href='alerts/{alert.Id}']")).ToHaveCountAsync(0);
        await Expect(selected).ToHaveCountAsync(0);
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task With_more_than_99_open_alerts_the_bell_has_room_in_the_head_of_the_page()
    {
        Assert.SkipWhen(ConsoleFixture.BrowserPath is null, "No Chromium on this machine: the console is not looked at.");
        var token = TestContext.Current.CancellationToken;
        const string reason = "A hundred alerts";
        var entries = new List<Guid>();
        try
        {
            // A vehicle matches one for each of its characters.
            foreach (var character in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
            {
                using var added = await console.System.Http.PostAsJsonAsync("/api/hotlist", new HotlistEntryView { Pattern = $"*{character}*", Reason = reason, Priority = 3, RequestedBy = "tests" }, token);
                Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync(token));
                entries.Add((await added.Content.ReadFromJsonAsync<HotlistEntryView>(token))!.Id!.Value);
            }

            await console.System.UntilAsync(async () => (await console.System.GetAsync<AlertCount[]>("/api/alerts/counts")).Any(c => c is { State: "open", Alerts: > 99 }), "a hundred open alerts");
        }
        finally
        {
            foreach (var entry in entries)
            {
                using var removed = await console.System.Http.DeleteAsync($"/api/hotlist/{entry}", token);
            }
        }

        foreach (var (width, colours) in ((int, ColorScheme)[])[(1440, ColorScheme.Dark), (1440, ColorScheme.Light), (390, ColorScheme.Dark), (390, ColorScheme.Light)])
        {
            await LookAtBellAsync(width, colours);
        }

        // Other tests look at alerts of their own.
        foreach (var together in (await console.System.GetAllAsync<AlertView>("/api/alerts?state=open")).Where(a => a.Reason == reason).Select(a => a.Id).Chunk(AlertsDecision.MostAlerts))
        {
            using var dismissed = await console.System.Http.PostAsJsonAsync("/api/alerts/actions", new AlertsDecision(together, "dismissed", "a test"), token);
            Assert.True(dismissed.IsSuccessStatusCode, await dismissed.Content.ReadAsStringAsync(token));
        }
    }

    private async Task LookAtBellAsync(int width, ColorScheme colours)
    {
        await using var window = await console.SignInAsync(width, colours);
        await window.GoAsync("hotlist");
        await window.FilledAsync();
        var bell = window.Page.Locator("a.bell");
        await Expect(bell).ToHaveTextAsync("99+");
        await Expect(bell).ToHaveAccessibleNameAsync(new Regex("^[1-9][0-9]{2,} open alerts$"));
        var look = $"bell-{width}-{(colours == ColorScheme.Dark ? "dark" : "light")}";
        await window.Page.ScreenshotAsync(new() { Path = Path.Combine(Directory.CreateDirectory(Path.Combine(Hosting.Repository.Root, "artifacts", "screens")).FullName, look + ".png") });
        Assert.Empty(await window.Page.EvaluateAsync<string[]>(
            """
            () => {
              const bar = document.querySelector('.bar').getBoundingClientRect(), faults = [];
              const parts = [...document.querySelectorAll('.bar .brand, .bar a.bell, .bar button, .bar .problem')].filter(e => e.checkVisibility()).map(e => [e.className || e.tagName, e.getBoundingClientRect()]);
              for (const [name, r] of parts)
                if (r.left < -1 || r.right > innerWidth + 1 || r.top < bar.top - 1 || r.bottom > bar.bottom + 1) faults.push(`${name} is cut off: ${r.left} to ${r.right} of ${innerWidth}, ${r.top} to ${r.bottom} of ${bar.bottom}`);
              for (let i = 0; i < parts.length; i++)
                for (let j = i + 1; j < parts.length; j++) {
                  const [a, b] = [parts[i][1], parts[j][1]];
                  if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) faults.push(`${parts[i][0]} lies over ${parts[j][0]}`);
                }
              const bell = document.querySelector('a.bell'), r = bell.getBoundingClientRect();
              if (bell.scrollWidth > bell.clientWidth + 1) faults.push('the number is wider than the bell');
              if (r.height < 36 || r.width < 44) faults.push(`the bell is ${r.width} × ${r.height} px`);
              if (document.documentElement.scrollWidth > document.documentElement.clientWidth + 1) faults.push('the page is wider than the window');
              return faults;
            }
            """));
        Assert.Empty((await window.Page.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{look}: {v.Id}: {v.Help}: {string.Join(" | ", v.Nodes.Take(4).Select(n => n.Html))}"));
        Assert.Empty(window.Errors);
    }
}
