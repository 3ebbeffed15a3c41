using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class ShiftTests(ConsoleFixture console)
{
    [Fact]
    public async Task A_shift_is_written_down_handed_over_and_taken_over_and_read_later_with_a_reason()
    {
        await console.ShiftAsync();
        var alert = await console.AlertAsync("Shift");
        var (name, password) = await console.System.PersonAsync(Role.Operator);
        await using var window = await console.SignInAsync();
        var page = window.Page;

        await window.GoAsync($"alerts/{alert.Id}");
        await page.GetByRole(AriaRole.Link, new() { Name = "write in the shift log" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Form, new() { Name = "Write in the log" }).GetByText("About the alert")).ToBeVisibleAsync();
        await page.GetByLabel("New entry").FillAsync("The police were rung.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Write", Exact = true }).ClickAsync();
        var log = page.GetByRole(AriaRole.List, new() { Name = "Log of this shift" });
        await Expect(log).ToContainTextAsync("The police were rung.");
        await Expect(log.GetByRole(AriaRole.Link, new() { Name = "the alert" })).ToHaveAttributeAsync("href", $"alerts/{alert.Id}");
        await Expect(page.GetByRole(AriaRole.Form, new() { Name = "Write in the log" }).GetByText("About the alert")).ToHaveCountAsync(0);

        await page.GetByLabel("New entry").FillAsync("The gate is shut.");
        await page.GetByLabel("Vehicle (plate, optional)").FillAsync("ab12 cde");
        await page.GetByRole(AriaRole.Button, new() { Name = "Write", Exact = true }).ClickAsync();
        await Expect(log.GetByRole(AriaRole.Link, new() { Name = "vehicle AB12CDE" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Strike the entry of administrator: The gate is shut." }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Reason", new() { Exact = true }).FillAsync("another gate");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Strike", Exact = true }).ClickAsync();
        await Expect(log.Locator("s")).ToHaveTextAsync("The gate is shut.");
        await Expect(log).ToContainTextAsync("another gate");

        await page.GetByLabel("To", new() { Exact = true }).FillAsync("nobody of that name");
        await page.GetByRole(AriaRole.Button, new() { Name = "Hand over" }).ClickAsync();
        await Expect(page.Locator(".mud-alert-text-error")).ToContainTextAsync("There is no user nobody of that name who may take over");
        await page.GetByLabel("To", new() { Exact = true }).FillAsync(name);
        await page.GetByLabel("What the next person must know (optional)").FillAsync("They ring back at six.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Hand over" }).ClickAsync();
        await Expect(page.GetByText("It runs until somebody else takes over.")).ToBeVisibleAsync();

        await using var next = await console.OpenAsync();
        await next.SignInAsync(name, password);
        await next.Page.GetByRole(AriaRole.Link, new() { Name = "Shift", Exact = true }).ClickAsync();
        await Expect(next.Page.Locator(".handed")).ToContainTextAsync("They ring back at six.");
        await next.Page.Locator(".handed summary").ClickAsync();
        await Expect(next.Page.Locator(".handed").GetByRole(AriaRole.Link, new() { Name = "Shift", Exact = true }).First).ToHaveAttributeAsync("href", $"alerts/{alert.Id}");
        await next.Page.GetByRole(AriaRole.Button, new() { Name = "Take over" }).ClickAsync();
        await Expect(next.Page.Locator(".held")).ToContainTextAsync(name);
        await Expect(next.Page.GetByRole(AriaRole.List, new() { Name = "Log of the shift before" })).ToContainTextAsync("The police were rung.");
        await Expect(next.Page.Locator("dl")).ToContainTextAsync("administrator");

        await next.Page.GetByRole(AriaRole.List, new() { Name = "Earlier shifts" }).GetByRole(AriaRole.Link).First.ClickAsync();
        await next.Page.GetByLabel("Reason (recorded)").FillAsync("a question of the police");
        await next.Page.GetByRole(AriaRole.Button, new() { Name = "Show the log" }).ClickAsync();
        await Expect(next.Page.GetByRole(AriaRole.List, new() { Name = "Log of this shift" })).ToContainTextAsync("The police were rung.");
        Assert.Contains((await console.System.GetAsync<Page<AuditLine>>("/api/audit?action=shifts.read")).Items, l => l.Actor == name && l.Reason == "a question of the police");
        Assert.Empty(window.Errors);
        Assert.Empty(next.Errors);
    }

    [Fact]
    public async Task A_note_that_is_written_on_an_alert_is_shown_with_its_vehicle_and_one_on_a_station_on_the_map()
    {
        var alert = await console.AlertAsync("Notes");
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync($"alerts/{alert.Id}");
        await page.GetByLabel("New note").FillAsync("A trailer hides its plate.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Notes" })).ToContainTextAsync("A trailer hides its plate. administrator");

        await page.GetByRole(AriaRole.Link, new() { Name = "search for the vehicle" }).ClickAsync();
        await page.GetByLabel("Reason for the search (recorded)").FillAsync("to look at its notes");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await page.GetByRole(AriaRole.Table, new() { Name = "Passages" }).Locator("tbody button").First.ClickAsync();
        var notes = page.GetByRole(AriaRole.List, new() { Name = "Notes" });
        await Expect(notes).ToContainTextAsync("A trailer hides its plate.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the note: A trailer hides its plate." }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
        await Expect(notes).ToHaveCountAsync(0);

        await window.GoAsync($"?station={alert.StationId}");
        await page.Locator(".station-notes summary").ClickAsync();
        await page.GetByLabel("New note").FillAsync("The barrier sticks.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Notes" })).ToContainTextAsync("The barrier sticks.");
        Assert.Empty(window.Errors);
    }
}
