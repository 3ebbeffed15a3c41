using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class OpsTests(ConsoleFixture console)
{
    [Fact]
    public async Task The_pipeline_is_drawn_with_every_station_and_a_node_tells_its_figures()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("ops");
        await Expect(window.Page.Locator(".of-edge")).ToHaveCountAsync(ConsoleFixture.Stations.Length);
        await Expect(window.Page.Locator("svg path.link")).ToHaveCountAsync(ConsoleFixture.Stations.Length * 3 + 3);
        await Expect(window.Page.Locator(".of-mirror").First).ToContainTextAsync("/s", new() { Timeout = 30_000 });

        await window.Page.Locator(".of-core").FocusAsync();
        await window.Page.Keyboard.PressAsync("Enter");
        var panel = window.Page.Locator(".node-panel");
        await Expect(panel).ToContainTextAsync("Capture to stored");
        await Expect(panel.Locator("dt", new() { HasText = "Memory" }).Locator("+ dd")).ToContainTextAsync("B");
        await panel.GetByLabel("Close").ClickAsync();
        await Expect(panel).ToHaveCountAsync(0);
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_camera_s_newest_picture_is_shown_and_opens_in_large()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("ops/cameras");
        await window.Page.Locator(".camera-picture img").First.WaitForAsync(new() { Timeout = 60_000 });
        await Expect(window.Page.Locator(".camera-picture img").First).Not.ToHaveJSPropertyAsync("naturalWidth", 0);

        await window.Page.Locator(".camera-picture").First.ClickAsync();
        await Expect(window.Page.Locator("img.large-picture")).ToBeVisibleAsync();
        await window.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Close" }).Last.ClickAsync();
        await Expect(window.Page.Locator("img.large-picture")).ToHaveCountAsync(0);

        await window.Page.GetByLabel("Camera or station").FillAsync("no such camera");
        await Expect(window.Page.Locator(".empty")).ToContainTextAsync("No camera matches");
        Assert.Empty(window.Errors);
    }
}
