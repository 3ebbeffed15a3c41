using System.Collections.Concurrent;
using System.Net.Http.Json;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class WallTests(ConsoleFixture console, ITestOutputHelper output)
{
    private const string Camera = "a205-wall";

    // True when the camera has shown ten new pictures within some ten seconds: one a second at least. A busy machine gets time for it.
    private const string NewPictures =
        """
        camera => {
          const shown = Number(document.querySelector(`.wall img[data-camera='${camera}']`)?.dataset.pictures ?? 0);
          window.seen = [...(window.seen ?? []), { at: performance.now(), shown }].filter(s => performance.now() - s.at < 12000);
          const first = window.seen[0];
          return performance.now() - first.at > 10000 && shown - first.shown >= 10;
        }
        """;

    [Fact]
    public async Task Each_camera_of_the_wall_shows_new_pictures_all_the_time_and_nothing_is_asked_when_nobody_sees_it()
    {
        await using var window = await console.SignInAsync();
        await using var live = await LiveCamera.StartAsync();
        using var added = await console.System.Http.PostAsJsonAsync("/api/setup/cameras", new NewCamera(Camera, "london-a205", live.Address), TestContext.Current.CancellationToken);
        Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        try
        {
            await WatchAsync(window);
        }
        finally
        {
            using var retired = await console.System.Http.PutAsJsonAsync($"/api/setup/cameras/{Camera}", new CameraChange(State: "retired"), CancellationToken.None);
        }

        Assert.Empty(window.Errors);
    }

    private async Task WatchAsync(ConsoleWindow window)
    {
        var page = window.Page;
        var asked = new ConcurrentQueue<string>();
        page.Request += (_, request) => asked.Enqueue(request.Url);
        await window.GoAsync("");
        await page.GetByRole(AriaRole.Link, new() { Name = "Wall" }).ClickAsync();
        await Expect(page.Locator(".wall img")).ToHaveCountAsync(4);
        await page.GetByLabel("Station").SelectOptionAsync("london-a205");
        await Expect(page.Locator($".wall img[data-camera='{Camera}']")).Not.ToHaveJSPropertyAsync("naturalWidth", 0);

        // The edge hears within seconds that somebody watches.
        await page.WaitForFunctionAsync(NewPictures, Camera, new() { PollingInterval = 250, Timeout = 180_000 });
        await Expect(page.Locator(".bandwidth")).ToContainTextAsync("pictures a second");
        output.WriteLine(await page.Locator(".bandwidth").InnerTextAsync());
        await LookAsync(window);

        await page.EvaluateAsync("() => { Object.defineProperty(document, 'hidden', { get: () => true, configurable: true }); }");
        await PassAsync(page, 1_500); // what was asked for before is answered
        var before = asked.Count(IsPicture);
        await PassAsync(page, 3_000);
        Assert.Equal(before, asked.Count(IsPicture));
    }

    private static async Task PassAsync(IPage page, int milliseconds) =>
        await page.WaitForFunctionAsync($"since => performance.now() - since > {milliseconds}", await page.EvaluateAsync<double>("() => performance.now()"));

    private static bool IsPicture(string url) => url.Contains("/picture?watch=true", StringComparison.Ordinal);

    private static async Task LookAsync(ConsoleWindow window)
    {
        var screens = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screens")).FullName;
        await window.Page.ScreenshotAsync(new() { Path = Path.Combine(screens, "wall-live-1440.png") });
        await window.Page.SetViewportSizeAsync(390, 844);
        await window.Page.WaitForFunctionAsync("() => document.querySelector('main h1').getBoundingClientRect().left < 40");
        await window.Page.ScreenshotAsync(new() { Path = Path.Combine(screens, "wall-live-390.png") });
        Assert.Empty(await window.AxeAsync());
        await window.Page.SetViewportSizeAsync(1440, 900);
    }
}
