using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class ReviewTests(ConsoleFixture console, ITestOutputHelper output)
{
    private const int Cases = 12;
    private const double LeastAMinute = 20;
    private const int Stretch = 4; // the rate is that of the best of so many in a row: other work of the machine is not the console's

    [Fact]
    public async Task By_keyboard_alone_a_person_gets_through_the_queue_and_each_case_is_shown_with_its_picture()
    {
        await console.System.UntilAsync(
            async () => (await console.System.GetAsync<List<ReviewCount>>("/api/review/counts")).Where(c => c.Kind is not ("second-person" or "skipped")).Sum(c => c.Open) >= Cases, "a queue", 180);
        await using var window = await console.SignInAsync();
        await window.GoAsync("review");
        var (answer, keys) = (window.Page.GetByLabel("Correct plate"), window.Page.Keyboard);
        await Expect(answer).ToBeFocusedAsync();
        var decided = (await DecidedAsync()).Count;

        var times = new List<long> { Stopwatch.GetTimestamp() };
        for (var i = 0; i < Cases; i++)
        {
            var picture = window.Page.Locator(".picture-frame img");
            await Expect(picture).ToBeVisibleAsync();
            var shown = await picture.GetAttributeAsync("src");
            await SeenAsync(picture);
            await keys.PressAsync(i % 4 == 3 ? "." : "-");
            if (i < Cases - 1)
            {
                await Expect(picture).Not.ToHaveAttributeAsync("src", shown!);
            }

            times.Add(Stopwatch.GetTimestamp());
        }

        var rate = Cases / Stopwatch.GetElapsedTime(times[0], times[^1]).TotalMinutes;
        var best = Enumerable.Range(0, times.Count - Stretch).Max(i => Stretch / Stopwatch.GetElapsedTime(times[i], times[i + Stretch]).TotalMinutes);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Cases} cases by keyboard, each seen with its picture: {rate:0} a minute, {best:0} in the best stretch"));
        Assert.True(best >= LeastAMinute, string.Create(CultureInfo.InvariantCulture, $"{best:0.0} cases a minute; {LeastAMinute} are needed."));
        await console.System.UntilAsync(async () => (await DecidedAsync()).Count == decided + Cases - Cases / 4, "the decisions");
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task The_picture_is_enlarged_around_the_plate_and_a_decision_is_taken_back_without_a_mouse()
    {
        await console.System.UntilAsync(async () => (await console.System.GetAsync<List<ReviewCount>>("/api/review/counts")).Where(c => c.Kind is not ("second-person" or "skipped")).Sum(c => c.Open) >= 2, "two cases", 180);
        await using var window = await console.SignInAsync();
        await window.GoAsync("review");
        var (answer, keys, stage) = (window.Page.GetByLabel("Correct plate"), window.Page.Keyboard, window.Page.Locator(".picture-frame .stage"));
        await Expect(answer).ToBeFocusedAsync();
        await Expect(window.Page.Locator(".picture-frame .mark")).ToBeVisibleAsync();

        await keys.PressAsync("PageUp");
        await Expect(stage).Not.ToHaveCSSAsync("transform", "matrix(1, 0, 0, 1, 0, 0)");
        var enlarged = await stage.EvaluateAsync<string>("e => e.style.transform");
        await keys.PressAsync("Shift+ArrowRight");
        Assert.NotEqual(enlarged, await stage.EvaluateAsync<string>("e => e.style.transform"));
        await keys.PressAsync("Escape");
        await Expect(stage).ToHaveCSSAsync("transform", "matrix(1, 0, 0, 1, 0, 0)");

        var first = await window.Page.Locator(".picture-frame img").GetAttributeAsync("src");
        var decided = (await DecidedAsync()).Count;
        await keys.PressAsync("-");
        await console.System.UntilAsync(async () => (await DecidedAsync()).Count == decided + 1, "the decision");
        await Expect(window.Page.Locator($".picture-frame img[src='{first}']")).ToHaveCountAsync(0);
        await keys.PressAsync("Control+z");

        await Expect(window.Page.Locator(".picture-frame img")).ToHaveAttributeAsync("src", first!);
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task What_a_version_has_read_is_listed_on_its_page_and_reviewed_alone()
    {
        const string Version = "city-read-1";
        await console.System.UntilAsync(async () => (await console.System.GetAsync<List<ReviewCount>>($"/api/review/counts?version={Version}")).Any(c => c.Kind is not ("second-person" or "skipped")), "a case", 180);
        await using var window = await console.SignInAsync();
        await window.GoAsync($"models/{Version}");
        var rows = window.Page.GetByRole(AriaRole.Table, new() { Name = "Vehicles that it read last" }).Locator("tbody tr");
        await Expect(rows.First).ToBeVisibleAsync();
        var newest = (await console.System.GetAsync<Page<SightingView>>($"/api/sightings?version={Version}&limit=500")).Items.Select(s => $"sightings/{s.Id}").ToHashSet();
        Assert.Contains((await rows.Locator("a.thumbnail").First.GetAttributeAsync("href"))!, newest);

        await window.Page.GetByRole(AriaRole.Link, new() { Name = "Review what it is in doubt of" }).ClickAsync();
        await Expect(window.Page.GetByText($"Only what {Version} has read.")).ToBeVisibleAsync();
        await Expect(window.Page.GetByLabel("Correct plate")).ToBeFocusedAsync();

        await window.GoAsync("review?version=own-read-99");
        await Expect(window.Page.GetByText("No cases are waiting.")).ToBeVisibleAsync();
        await window.Page.GetByRole(AriaRole.Link, new() { Name = "Show what every version has read" }).ClickAsync();
        await Expect(window.Page.GetByLabel("Correct plate")).ToBeFocusedAsync();
        Assert.Empty(window.Errors);
    }

    private async Task<IReadOnlyList<AuditLine>> DecidedAsync() => [.. (await console.System.GetAsync<Page<AuditLine>>("/api/audit?action=review.decide&limit=500")).Items.Where(l => l.Details?.Contains("no-plate", StringComparison.Ordinal) == true)];

    private static async Task SeenAsync(ILocator picture)
    {
        while (!await picture.EvaluateAsync<bool>("i => i.complete && i.naturalWidth > 20"))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }
}
