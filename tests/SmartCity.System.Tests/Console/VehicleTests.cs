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
        var plate = (await console.System.GetAsync<Page<PassageView>>("/api/passages")).Items[0].Plate;
        await using var window = await console.SignInAsync();
        await window.GoAsync("vehicles");
        await window.Page.GetByLabel("Plate or pattern").FillAsync(plate);
        var search = window.Page.GetByRole(AriaRole.Button, new() { Name = "Search" });

        await search.ClickAsync();
        await Expect(window.Page.GetByText("Say why first")).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Table)).ToHaveCountAsync(0);

        await window.Page.GetByLabel("Why do you look?").FillAsync("burglary in Angel, case 77");
        await search.ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Map", Exact = true }).ClickAsync();
        await Expect(window.Page.Locator(".hit-dot").First).ToBeVisibleAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "List", Exact = true }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Table).GetByRole(AriaRole.Button).First.ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Journey" })).ToBeVisibleAsync();

        await window.GoAsync("audit");
        await window.Page.GetByLabel("Did what").FillAsync("vehicles.search");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(window.Page.Locator("tbody tr").First).ToContainTextAsync("burglary in Angel, case 77");
        Assert.Empty(window.Errors);
    }
}
