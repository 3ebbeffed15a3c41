using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

/// <summary>What an administrator sets up in the console takes effect while everything runs.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class AdministrationTests(ConsoleFixture console)
{
    private const float TrialWithinMs = 90_000;

    [Fact]
    public async Task A_camera_is_tried_out_masked_and_added_and_makes_sightings_without_a_restart()
    {
        // Simulated cameras paint their streets one after the other; this one's turn comes when the others have theirs.
        await console.System.UntilAsync(
            async () => (await console.System.GetAsync<StationSetup[]>("/api/setup/stations")).SelectMany(s => s.Cameras).Where(c => c.State == "active").All(c => c.Now?.State == "streaming"), "the city's cameras stream");
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync("administration");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a camera to South Circular, Clapham Common" }).ClickAsync();
        var form = page.GetByRole(AriaRole.Form, new() { Name = "Camera" });
        await form.GetByLabel("Id").FillAsync("a205-new");
        await form.GetByLabel("Source").FillAsync("simulated:?seed=77&every=00:00:03");

        await form.GetByRole(AriaRole.Button, new() { Name = "Test" }).ClickAsync();
        await Expect(form.GetByText("streaming")).ToBeVisibleAsync(new() { Timeout = TrialWithinMs });
        await Expect(form.Locator("img")).ToBeVisibleAsync();

        // The sky, by mouse.
        var drawing = form.Locator("svg[viewBox='0 0 100 100']");
        var box = (await drawing.BoundingBoxAsync())!;
        foreach (var (x, y) in new[] { (2f, 2f), (box.Width - 3, 2f), (box.Width - 3, box.Height / 8), (2f, box.Height / 8) })
        {
            await drawing.ClickAsync(new() { Position = new() { X = x, Y = y } });
        }

        await form.GetByRole(AriaRole.Button, new() { Name = "Close the shape" }).ClickAsync();
        await form.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Camera a205-new was added")).ToBeVisibleAsync();

        SightingView? seen = null;
        await console.System.UntilAsync(
            async () => (seen = (await console.System.GetAsync<Page<SightingView>>("/api/sightings?station=london-a205&limit=100")).Items.FirstOrDefault(s => s.CameraId == "a205-new")) is not null, "the new camera makes sightings");
        var setup = (await console.System.GetAsync<StationSetup[]>("/api/setup/stations")).Single(s => s.Id == "london-a205");
        Assert.Equal(4, setup.Cameras.Single(c => c.Id == "a205-new").Masks.Single().Count);
        Assert.DoesNotContain(setup.Cameras, c => c.State == "trial");
        Assert.Empty(window.Errors);

        await page.GetByRole(AriaRole.Button, new() { Name = "Retire a205-new" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Retire", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Camera a205-new was retired")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_user_who_is_limited_to_a_group_of_stations_sees_these_alone()
    {
        Assert.SkipWhen(ConsoleFixture.BrowserPath is null, "No Chromium on this machine: the console is not looked at.");
        var token = TestContext.Current.CancellationToken;
        var stations = await console.System.GetAsync<StationView[]>("/api/stations");
        var (ours, others) = (stations.Single(s => s.Id == ConsoleFixture.Stations[0]), stations.Where(s => s.Id != ConsoleFixture.Stations[0]).ToList());
        var group = $"Group {Guid.NewGuid():N}";
        var (name, password) = await console.System.PersonAsync(Role.Operator);
        await using (var administrator = await console.SignInAsync())
        {
            await administrator.GoAsync("administration/users");
            await administrator.FilledAsync();
            await administrator.Page.GetByLabel("Name of the group").FillAsync(group);
            await administrator.Page.GetByLabel("Stations of the group").ClickAsync();
            await administrator.Page.Locator(".mud-popover-open").GetByText(ours.Name, new() { Exact = true }).ClickAsync();
            await administrator.Page.Keyboard.PressAsync("Escape");
            await administrator.Page.GetByRole(AriaRole.Button, new() { Name = "Save group" }).ClickAsync();
            await Expect(administrator.Page.GetByRole(AriaRole.List, new() { Name = "Groups of stations" }).GetByRole(AriaRole.Listitem).Filter(new() { HasText = group })).ToContainTextAsync(ours.Name);
            await Expect(administrator.Page.GetByRole(AriaRole.Table, new() { Name = "Users" }).GetByRole(AriaRole.Row).Filter(new() { HasText = name })).ToBeVisibleAsync();
            Assert.Empty(administrator.Errors);
        }

        var user = (await console.System.GetAsync<UserView[]>("/api/access/users")).Single(u => u.Name == name);
        using (var limited = await console.System.Http.PutAsJsonAsync($"/api/access/users/{user.Id}", new UserChange(Groups: [group]), token))
        {
            Assert.True(limited.IsSuccessStatusCode, await limited.Content.ReadAsStringAsync(token));
        }

        await using var window = await console.OpenAsync();
        await window.SignInAsync(name, password);
        await window.GoAsync("");
        var rows = window.Page.Locator(".feed .row");
        await Expect(rows.First).ToContainTextAsync(ours.Name);
        var first = await rows.First.InnerTextAsync();

        // New ones come of this station alone, while the others' vehicles pass as before.
        await Expect(rows.First).Not.ToHaveTextAsync(first, new() { Timeout = 60_000, UseInnerText = true });
        foreach (var other in others)
        {
            await Expect(window.Page.Locator("main").GetByText(other.Name, new() { Exact = true })).ToHaveCountAsync(0);
        }

        await Expect(window.Page.GetByRole(AriaRole.Link, new() { Name = "Shift" })).ToHaveCountAsync(0);
        foreach (var path in (string[])["review", "charges"])
        {
            await window.GoAsync(path);
            await window.FilledAsync();
            await Expect(window.Page.Locator("main").GetByRole(AriaRole.Note)).ToHaveTextAsync("This page shows your stations only.");
            foreach (var other in others)
            {
                await Expect(window.Page.Locator("main").GetByText(other.Name, new() { Exact = true })).ToHaveCountAsync(0);
            }
        }

        await window.GoAsync("alerts");
        await window.FilledAsync();
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_webhook_s_secret_is_shown_once_and_a_test_says_what_its_receiver_answers()
    {
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync("administration/webhooks");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Control room");
        await page.GetByLabel("Address").FillAsync(console.System.Http.BaseAddress + "nothing-here");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add webhook" }).ClickAsync();
        await Expect(page.GetByText("shown only once")).ToBeVisibleAsync();
        Assert.True((await page.Locator("code.secret").InnerTextAsync()).Length > 30, "The secret is short.");

        await page.GetByRole(AriaRole.Button, new() { Name = "Test Control room" }).ClickAsync();
        await Expect(page.GetByText("Test of Control room")).ToContainTextAsync("The receiver answered 302");

        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Remove Control room" })).ToBeVisibleAsync();
        await Expect(page.Locator("code.secret")).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove Control room" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
        await Expect(page.GetByText("There are no webhooks yet")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_zone_is_drawn_on_the_map_and_a_station_put_by_a_click()
    {
        var before = (await console.System.GetAsync<ZoneView[]>("/api/zones")).Single(z => z.Id == "congestion");
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync("administration/zones");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Edit outline of {before.Name}" }).ClickAsync();
        await Expect(page.GetByText($"The outline has {before.Outline[0].Count - 1} corners.")).ToBeVisibleAsync();

        // The tools are there once the map has taken the outline over.
        var map = page.Locator(".zone-map.drawing");
        await page.GetByRole(AriaRole.Button, new() { Name = "Draw anew" }).ClickAsync();
        await Expect(page.GetByText("Click each corner on the map")).ToBeVisibleAsync();
        var box = (await map.BoundingBoxAsync())!;
        (float X, float Y)[] corners = [(box.Width * .3f, box.Height * .3f), (box.Width * .6f, box.Height * .35f), (box.Width * .55f, box.Height * .7f)];
        foreach (var (x, y) in corners.Append(corners[0]))
        {
            await map.ClickAsync(new() { Position = new() { X = x, Y = y } });
        }

        await Expect(page.GetByText("The outline has 3 corners.")).ToBeVisibleAsync();

        await page.GetByText("Coordinates", new() { Exact = true }).ClickAsync();
        var coordinates = page.GetByLabel("Rings: coordinates of a GeoJSON polygon");
        var drawn = await coordinates.InputValueAsync();

        // The first corner, a little to the left.
        await map.ScrollIntoViewIfNeededAsync();
        box = (await map.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + corners[0].X, box.Y + corners[0].Y);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + corners[0].X - 20, box.Y + corners[0].Y, new() { Steps = 5 });
        await page.Mouse.UpAsync();
        await Expect(coordinates).Not.ToHaveValueAsync(drawn);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText($"The outline of {before.Name} was saved.")).ToBeVisibleAsync();

        var ring = (await console.System.GetAsync<ZoneView[]>("/api/zones")).Single(z => z.Id == "congestion").Outline[0];
        Assert.Equal(4, ring.Count);
        Assert.Equal(ring[0], ring[^1]);
        Assert.All(ring, p => Assert.InRange(p[0], before.Outline[0].Min(q => q[0]) - 0.05, before.Outline[0].Max(q => q[0]) + 0.05));
        using var put = await console.System.Http.PutAsJsonAsync("/api/zones/congestion", new ZoneChange(before.Name, before.Outline), TestContext.Current.CancellationToken);
        put.EnsureSuccessStatusCode();

        await page.GetByRole(AriaRole.Link, new() { Name = "Stations" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add station" }).ClickAsync();
        var place = page.Locator(".place-map canvas");
        await place.ClickAsync(new() { Position = new() { X = 200, Y = 100 } });
        await Expect(page.Locator(".place-map .maplibregl-marker")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Latitude")).ToHaveValueAsync(new Regex(@"^51\.\d+$"));
        await Expect(page.GetByLabel("Longitude")).ToHaveValueAsync(new Regex(@"^-?\d\.\d+$"));
        Assert.Empty(window.Errors);
    }
}
