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

    [Fact]
    public async Task A_browser_that_draws_no_maps_says_so_in_their_place_and_the_pages_work()
    {
        Assert.SkipWhen(ConsoleFixture.BrowserPath is null, "No Chromium on this machine: the console is not looked at.");
        await console.System.UntilAsync(async () => (await console.System.GetAsync<Page<PassageView>>("/api/passages")).Items.Count > 0, "a passage");
        var plate = (await console.System.GetAsync<Page<PassageView>>("/api/passages")).Items[^1].Plate;
        await using var window = await console.SignInWithoutWebGlAsync();
        Assert.False(await window.Page.EvaluateAsync<bool>("!!document.createElement('canvas').getContext('webgl2')"));
        await window.GoAsync("vehicles");
        await window.Page.GetByLabel("Plate or pattern").FillAsync(plate);
        await window.Page.GetByLabel("Reason for the search (recorded)").FillAsync("a browser without WebGL");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Map", Exact = true }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "This browser cannot draw the map. The list below says the same." })).ToHaveCountAsync(1);
        await Expect(window.Page.GetByRole(AriaRole.List, new() { Name = "Passages by station" }).GetByRole(AriaRole.Listitem).First).ToBeVisibleAsync();

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "List", Exact = true }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Table).GetByRole(AriaRole.Button).First.ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Journey" })).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "This browser cannot draw the map. The list below says the same." })).ToHaveCountAsync(1);

        await console.System.UntilAsync(async () => (await console.System.GetAsync<SqlView>("/api/sql")).Missing is null, "SQL is ready");
        await window.GoAsync("sql");
        await window.Page.GetByLabel("Statement", new() { Exact = true }).FillAsync("select station_id, count(*) as passages from city.live_passages group by station_id");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();
        await Expect(window.Page.Locator(".sql-result [role=status]")).ToContainTextAsync(" in ");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Chart and table" }).ClickAsync();
        await window.Page.Locator(".sql-chart").GetByLabel("Kind").SelectOptionAsync("map");
        await Expect(window.Page.GetByText("This browser cannot draw the map. The table says the same.")).ToBeVisibleAsync();
        await Expect(window.Page.GetByText("This page has failed")).ToHaveCountAsync(0);
    }
}
