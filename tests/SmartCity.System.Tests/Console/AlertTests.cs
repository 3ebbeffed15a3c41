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
}
