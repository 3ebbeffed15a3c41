using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class LiveTests(ConsoleFixture console)
{
    [Fact]
    public async Task Vehicles_appear_with_plate_and_picture_and_new_ones_come_on_top()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("");
        await window.Page.Locator(".feed .row .picture img").First.WaitForAsync();
        await window.Page.WaitForFunctionAsync("[...document.querySelectorAll('.feed .row .picture img')].some(i => i.complete && i.naturalWidth > 20)");

        var first = await window.Page.Locator(".feed .row").First.InnerTextAsync();
        await Expect(window.Page.Locator(".feed .row").First).Not.ToHaveTextAsync(first, new() { Timeout = 30_000, UseInnerText = true });
        Assert.Empty(window.Errors);
    }
}
