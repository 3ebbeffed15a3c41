using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class SavedSearchTests(ConsoleFixture console)
{
    [Fact]
    public async Task A_search_is_saved_without_its_reason_and_opened_by_others_and_the_reason_is_offered_again()
    {
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync("vehicles");
        await page.GetByLabel("Colour", new() { Exact = true }).FillAsync("silver");
        await page.GetByLabel("Plate or pattern").FillAsync("A*");
        await page.GetByLabel("Reason for the search (recorded)").FillAsync("a silver car, report 7");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search", Exact = true }).ClickAsync();
        await Expect(page.Locator("main [aria-busy=true]")).ToHaveCountAsync(0);

        await page.GetByText("Saved searches").ClickAsync();
        await page.GetByLabel("Name of this search").FillAsync("Silver ones");
        await page.GetByLabel("Share with everybody").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save search" }).ClickAsync();
        await Expect(page.Locator(".mud-alert-text-error")).ToContainTextAsync("cannot name a plate");
        await page.GetByLabel("Plate or pattern").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save search" }).ClickAsync();
        var saved = page.GetByRole(AriaRole.List, new() { Name = "Saved searches" });
        await Expect(saved).ToContainTextAsync("Silver ones shared with everybody");

        var (name, password) = await console.System.PersonAsync(Role.Investigator);
        await using var other = await console.OpenAsync();
        await other.SignInAsync(name, password);
        await other.GoAsync("vehicles");
        await other.Page.GetByText("Saved searches").ClickAsync();
        await other.Page.GetByRole(AriaRole.Link, new() { Name = "Silver ones" }).ClickAsync();
        await Expect(other.Page.GetByLabel("Colour", new() { Exact = true })).ToHaveValueAsync("silver");
        await Expect(other.Page.GetByLabel("Reason for the search (recorded)")).ToHaveValueAsync("");
        Assert.DoesNotContain("report", other.Page.Url, StringComparison.Ordinal);

        // Offered to whoever gave it, and to nobody else.
        await window.GoAsync("charges");
        var field = page.GetByLabel("Reason (recorded)");
        await Expect(page.Locator($"datalist#{await field.GetAttributeAsync("list")} option[value='a silver car, report 7']")).ToHaveCountAsync(1);
        await Expect(other.Page.Locator("option[value='a silver car, report 7']")).ToHaveCountAsync(0);

        await window.GoAsync("vehicles");
        await page.GetByText("Saved searches").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete Silver ones" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).ClickAsync();
        await Expect(saved).ToHaveCountAsync(0);
        Assert.Empty(window.Errors);
        Assert.Empty(other.Errors);
    }

    [Fact]
    public async Task A_make_that_is_written_otherwise_is_offered_as_the_registry_has_it()
    {
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync("vehicles");
        await Expect(page.Locator("datalist option[value='Land Rover']")).ToHaveCountAsync(1);
        await page.GetByLabel("Make", new() { Exact = true }).FillAsync("Landrover");
        await page.GetByLabel("Reason for the search (recorded)").FillAsync("to try a make");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Land Rover" }).ClickAsync();
        await Expect(page.GetByLabel("Make", new() { Exact = true })).ToHaveValueAsync("Land Rover");
        await Expect(page).ToHaveURLAsync(new global::System.Text.RegularExpressions.Regex("make=Land%20Rover"));
        Assert.Empty(window.Errors);
    }
}
