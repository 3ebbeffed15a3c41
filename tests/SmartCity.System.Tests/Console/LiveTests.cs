using System.Text.RegularExpressions;
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
        await Expect(window.Page.Locator(".feed .row .picture img").First).Not.ToHaveJSPropertyAsync("naturalWidth", 0);

        var first = await window.Page.Locator(".feed .row").First.InnerTextAsync();
        await Expect(window.Page.Locator(".feed .row").First).Not.ToHaveTextAsync(first, new() { Timeout = 30_000, UseInnerText = true });
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_row_opens_the_sighting_with_the_box_on_its_frame_and_the_sighting_has_an_address()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("");
        await window.Page.Locator(".feed .row:has(.picture img)").First.ClickAsync();

        var panel = window.Page.GetByRole(AriaRole.Complementary, new() { Name = "Sighting" });
        var (frame, box) = (panel.Locator(".evidence-frame img"), panel.Locator(".evidence-frame .box"));
        await Expect(box).ToBeVisibleAsync();
        await Expect(panel.Locator(".characters span").First).ToBeVisibleAsync();
        var (outer, inner) = ((await frame.BoundingBoxAsync())!, (await box.BoundingBoxAsync())!);
        Assert.True(inner.Width < outer.Width / 2 && inner.X > outer.X && inner.Y > outer.Y && inner.Y + inner.Height < outer.Y + outer.Height, "The box lies on the frame.");

        var address = (await panel.GetByRole(AriaRole.Link, new() { Name = "As a page" }).GetAttributeAsync("href"))!;
        await window.Page.Keyboard.PressAsync("Escape");
        await Expect(panel).ToHaveCountAsync(0);
        await window.GoAsync(address);
        await Expect(window.Page.Locator(".sighting .evidence-frame .box")).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Correct this reading" })).ToBeVisibleAsync();
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_station_on_the_map_filters_the_feed_and_the_address_keeps_it()
    {
        string? station = null;
        await console.System.UntilAsync(
            async () => (station = (await console.System.GetAsync<Contracts.Api.Page<Contracts.Api.SightingView>>("/api/sightings?limit=1")).Items is [var newest] ? newest.StationId : null) is not null,
            "a vehicle that passed");
        var name = (await console.System.GetAsync<Contracts.Api.StationView[]>("/api/stations")).Single(s => s.Id == station).Name;
        await using var window = await console.SignInAsync();
        await window.GoAsync("");
        await window.Page.Locator($".live-map button[aria-label^='{name}']").ClickAsync();
        await Expect(window.Page).ToHaveURLAsync(new Regex($"station={station}$"), new() { Timeout = 30_000 });

        await window.GoAsync($"?station={station}");
        await Expect(window.Page.Locator(".station-line")).ToContainTextAsync(name);
        await window.Page.Locator(".feed .row").First.WaitForAsync();
        Assert.All(await window.Page.Locator(".feed .row .where small").AllInnerTextsAsync(), text => Assert.Equal(name, text));
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task The_day_s_slider_goes_by_keyboard_and_draws_on_the_map()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("");
        var slider = window.Page.GetByRole(AriaRole.Slider, new() { Name = "Time of day" });
        await slider.FocusAsync();
        await window.Page.Keyboard.PressAsync("ArrowRight");
        await window.Page.Keyboard.PressAsync("ArrowRight");

        await Expect(window.Page.Locator(".scrubber output")).ToContainTextAsync("00:30–00:45");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Now", Exact = true }).ClickAsync();
        await Expect(window.Page.Locator(".scrubber output")).ToContainTextAsync("move the slider");
        Assert.Empty(window.Errors);
    }
}
