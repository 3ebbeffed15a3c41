using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class VehicleTests(ConsoleFixture console)
{
    [Fact]
    public async Task A_search_demands_a_reason_and_leaves_it_in_the_audit()
    {
        await console.System.UntilAsync(async () => (await console.System.GetAsync<Page<PassageView>>("/api/passages")).Items.Count > 0, "a passage");
        var plate = (await console.System.GetAsync<Page<PassageView>>("/api/passages")).Items[^1].Plate; // its picture has come
        await using var window = await console.SignInAsync();
        var asked = new ConcurrentQueue<string>();
        window.Page.Request += (_, request) => asked.Enqueue(request.Url);
        await window.GoAsync("vehicles");
        await window.Page.GetByLabel("Plate or pattern").FillAsync(plate);
        var search = window.Page.GetByRole(AriaRole.Button, new() { Name = "Search" });

        await search.ClickAsync();
        await Expect(window.Page.GetByText("Enter a reason of at least three characters")).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Table)).ToHaveCountAsync(0);

        await window.Page.GetByLabel("Reason for the search (recorded)").FillAsync("burglary in Angel, case 77");
        await search.ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Map", Exact = true }).ClickAsync();
        await Expect(window.Page.Locator(".hit-dot").First).ToBeVisibleAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "List", Exact = true }).ClickAsync();
        await Expect(window.Page).ToHaveURLAsync(new Regex($"vehicles#plate={plate}$"));
        var thumbnail = window.Page.GetByRole(AriaRole.Table).Locator("a.thumbnail").First;
        await Expect(thumbnail.Locator("img")).Not.ToHaveJSPropertyAsync("naturalWidth", 0);
        await Expect(thumbnail).ToHaveAttributeAsync("href", new Regex("^sightings/"));
        await window.Page.GetByRole(AriaRole.Table).GetByRole(AriaRole.Button).First.ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Journey" })).ToBeVisibleAsync();

        // Who opens the address finds the same search, and no server or proxy has seen the plate.
        await window.Page.ReloadAsync();
        await Expect(window.Page.GetByLabel("Plate or pattern")).ToHaveValueAsync(plate);
        Assert.DoesNotContain(asked, url => url.Split('#')[0].Contains(plate, StringComparison.OrdinalIgnoreCase));

        // Another search from the same page has an address of its own.
        await window.Page.GetByLabel("Plate or pattern").FillAsync("ZZ99ZZZ");
        await window.Page.GetByLabel("Reason for the search (recorded)").FillAsync("burglary in Angel, case 77");
        await search.ClickAsync();
        await Expect(window.Page).ToHaveURLAsync(new Regex("vehicles#plate=ZZ99ZZZ$"));
        await Expect(window.Page.GetByText("No passage matches.")).ToBeVisibleAsync();

        await window.GoAsync("audit");
        await window.Page.GetByLabel("Action (starts with)").FillAsync("vehicles.search");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(window.Page.Locator("tbody tr").First).ToContainTextAsync("burglary in Angel, case 77");
        Assert.Empty(window.Errors);
    }
}
