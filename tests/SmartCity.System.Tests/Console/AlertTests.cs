using Microsoft.Playwright;
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
        await Expect(window.Page.GetByText("Nobody has taken it on yet.")).ToBeVisibleAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();

        await Expect(window.Page.Locator("main dd .state").First).ToHaveTextAsync("acknowledged");
        await Expect(window.Page.GetByText("took it on")).ToBeVisibleAsync();
        Assert.Empty(window.Errors);
    }
}
