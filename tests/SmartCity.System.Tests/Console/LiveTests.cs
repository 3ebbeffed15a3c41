using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;
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
    public async Task A_plate_at_two_places_warns_on_live_and_in_the_vehicle_and_leads_to_its_case()
    {
        var token = TestContext.Current.CancellationToken;
        var stations = (await console.System.GetAsync<StationView[]>("/api/stations")).ToDictionary(s => s.Id);
        (SightingView One, SightingView Other)? pair = null;
        await console.System.UntilAsync(
            async () =>
            {
                var seen = (await console.System.GetAsync<Page<SightingView>>("/api/sightings?limit=500")).Items.Where(s => s is { Plate: not null, Evidence: not null, Decision: null }).ToList();
                pair = (from one in seen
                        where one is { Confidence: >= 0.98, Vehicle: not null } && seen.Count(s => s.Plate == one.Plate) == 1
                        from other in seen
                        where other.Plate != one.Plate && Kilometres(stations[one.StationId], stations[other.StationId]) > 200 * ((one.CapturedAt - other.CapturedAt).Duration().TotalHours + 1.0 / 60)
                        select ((SightingView, SightingView)?)(one, other)).FirstOrDefault();
                return pair is not null;
            },
            "two vehicles far apart at nearly the same time");
        var (here, there) = pair!.Value;
        using var decided = await console.System.Http.PostAsJsonAsync($"/api/sightings/{there.Id}/review", new ReviewResolution("corrected", here.Plate), token);
        Assert.True(decided.IsSuccessStatusCode, await decided.Content.ReadAsStringAsync(token));

        await using var window = await console.SignInAsync();
        await window.GoAsync("");
        var warning = window.Page.GetByRole(AriaRole.Region, new() { Name = $"{here.Plate} in two places" });
        foreach (var sighting in (SightingView[])[here, there])
        {
            await Expect(warning).ToContainTextAsync(stations[sighting.StationId].Name);
        }

        // The vehicle may have been seen once more meanwhile.
        foreach (var figure in (int[])[0, 1])
        {
            await Expect(warning.Locator("figure").Nth(figure).Locator("a[href^='sightings/'] img")).Not.ToHaveJSPropertyAsync("naturalWidth", 0);
        }

        await ShootAsync(window, "live-cloned-1440-dark");
        await window.Page.SetViewportSizeAsync(390, 844);
        await ShootAsync(window, "live-cloned-390-dark");
        Assert.Empty(await window.AxeAsync());
        await window.Page.SetViewportSizeAsync(1440, 900);
        await warning.GetByRole(AriaRole.Link, new() { Name = "Review" }).ClickAsync();
        await Expect(window.Page).ToHaveURLAsync(new Regex("review\\?kind=two-places$"));
        await Expect(window.Page.GetByText("The other reading:")).ToBeVisibleAsync();
        await Expect(window.Page.Locator(".beside img")).Not.ToHaveJSPropertyAsync("naturalWidth", 0);
        Assert.True(await window.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth && document.querySelector('.decide').getBoundingClientRect().left >= document.querySelector('.look').getBoundingClientRect().right"), "The decision stands beside the pictures, not on them.");
        await ShootAsync(window, "review-two-places-1440-dark");

        await window.GoAsync("vehicles");
        await window.Page.GetByLabel("Plate or pattern").FillAsync(here.Plate!);
        await window.Page.GetByLabel("Reason for the search (recorded)").FillAsync("a cloned plate");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Table).GetByRole(AriaRole.Button).First.ClickAsync();
        await Expect(warning).ToContainTextAsync("No vehicle is that fast");
        await ShootAsync(window, "vehicle-cloned-1440-dark");
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
    public async Task A_plate_that_is_typed_filters_the_feed_and_stands_in_the_address()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("");
        var rows = window.Page.Locator(".feed .row");
        await rows.First.WaitForAsync();
        await window.Page.GetByLabel("Plate", new() { Exact = true }).FillAsync("zz zz zz");
        await Expect(rows).ToHaveCountAsync(0);
        await Expect(window.Page).ToHaveURLAsync(new Regex("#plate=ZZZZZZ$"));

        await window.Page.ReloadAsync();
        await Expect(window.Page.GetByLabel("Plate", new() { Exact = true })).ToHaveValueAsync("ZZZZZZ");
        await Expect(rows).ToHaveCountAsync(0);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Clear", Exact = true }).ClickAsync();
        await rows.First.WaitForAsync();
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task The_day_s_slider_goes_by_keyboard_and_draws_on_the_map()
    {
        // What comes after the quarter of an hour that now is in has not happened, so just after midnight the slider stops there.
        string[] quarters = ["00:00–00:15", "00:15–00:30", "00:30–00:45"];
        var began = QuarterOfNow();
        await using var window = await console.SignInAsync();
        await window.GoAsync("");
        var slider = window.Page.GetByRole(AriaRole.Slider, new() { Name = "Time of day" });
        await slider.FocusAsync();
        await window.Page.Keyboard.PressAsync("ArrowRight");
        await window.Page.Keyboard.PressAsync("ArrowRight");

        await Expect(window.Page.Locator(".scrubber output")).ToContainTextAsync(new Regex(string.Join('|', new[] { began, began + 1, QuarterOfNow() }.Select(q => quarters[Math.Min(q, 2)]))));
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Now", Exact = true }).ClickAsync();
        await Expect(window.Page.Locator(".scrubber output")).ToContainTextAsync("Move the slider");
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_sighting_has_a_filmstrip_of_the_frames_before_and_after_it()
    {
        Assert.SkipWhen(ConsoleFixture.BrowserPath is null, "No Chromium on this machine: the console is not looked at.");
        SightingView? sighting = null;
        await console.System.UntilAsync(
            async () =>
            {
                foreach (var seen in (await console.System.GetAsync<Page<SightingView>>("/api/sightings?limit=20")).Items)
                {
                    if (await console.System.GetAsync<SightingView>($"/api/sightings/{seen.Id}") is { Strip.Milliseconds: var frames } whole && frames.Any(m => m < 0) && frames.Any(m => m > 0))
                    {
                        sighting = whole;
                        return true;
                    }
                }

                return false;
            },
            "a sighting with frames before and after it");
        await using var window = await console.SignInAsync();
        await window.GoAsync($"sightings/{sighting!.Id}");
        var strip = window.Page.GetByRole(AriaRole.Region, new() { Name = "Just before and after" });
        var frames = strip.GetByRole(AriaRole.Radio);
        await Expect(frames).ToHaveCountAsync(sighting.Strip!.Milliseconds.Count);
        await Expect(strip.GetByRole(AriaRole.Img).First).Not.ToHaveJSPropertyAsync("naturalWidth", 0);
        await Expect(strip.GetByRole(AriaRole.Img, new() { NameRegex = new Regex("s before the sighting$") })).ToHaveCountAsync(1);

        // The last before it is shown first; the keys go along the strip.
        var before = sighting.Strip.Milliseconds.Count(m => m < 0);
        await Expect(strip.GetByRole(AriaRole.Status)).ToContainTextAsync($"frame {before} of {sighting.Strip.Milliseconds.Count}");
        await frames.Nth(before - 1).FocusAsync();
        await window.Page.Keyboard.PressAsync("ArrowRight");
        await Expect(frames.Nth(before)).ToBeFocusedAsync();
        await Expect(frames.Nth(before)).ToBeCheckedAsync();
        await Expect(strip.GetByRole(AriaRole.Status)).ToContainTextAsync("after the sighting");
        await window.Page.Keyboard.PressAsync("Home");
        await Expect(frames.First).ToBeFocusedAsync();
        foreach (var width in (int[])[1440, 390])
        {
            await window.Page.SetViewportSizeAsync(width, 900);
            await strip.ScrollIntoViewIfNeededAsync();
            await ShootAsync(window, $"filmstrip-{width}-dark");
            Assert.Empty(await window.AxeAsync());
            Assert.True(await window.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"), "The page is wider than the window.");
        }

        Assert.Empty(window.Errors);
    }

    private static int QuarterOfNow() => (int)(TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById("Europe/London")).TimeOfDay / TimeSpan.FromMinutes(15));

    private static Task ShootAsync(ConsoleWindow window, string name) =>
        window.Page.ScreenshotAsync(new() { Path = Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screens")).FullName, name + ".png") });

    // Near enough for a city.
    private static double Kilometres(StationView a, StationView b) =>
        Math.Sqrt(Math.Pow((a.Latitude - b.Latitude) * 111.2, 2) + Math.Pow((a.Longitude - b.Longitude) * 111.2 * Math.Cos(double.DegreesToRadians(a.Latitude)), 2));
}
