using System.Text;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

/// <summary>On paper a table is whole, its header stands once on each page, and no row lies on another.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class PrintTests(ConsoleFixture console)
{
    [Fact]
    public async Task A_printed_report_has_every_row_once_and_nothing_overprints()
    {
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await console.System.UntilAsync(async () => (await console.System.GetAsync<Report<EmissionsRow>>("/api/reports/emissions")).Rows.Count > 15, "more kinds of vehicle than the page shows at first", 180);
        await page.AddInitScriptAsync("window.print = () => new Promise(done => { window.printed = done; })");
        await window.GoAsync("reports");
        await window.FilledAsync();
        var section = page.GetByRole(AriaRole.Region, new() { Name = "Emissions by zone", Exact = true });
        await Expect(section.GetByRole(AriaRole.Table)).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Print" }).ClickAsync();
        await page.WaitForFunctionAsync("() => window.printed");
        var words = await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('section.report tbody td')].flatMap(c => c.textContent.split(/\\s+/))");
        var rows = await page.Locator("section.report[aria-label='Emissions by zone'] tbody tr").CountAsync();
        using var paper = PdfDocument.Open(await page.PdfAsync(new() { Format = "A4", PrintBackground = true }));
        await page.EvaluateAsync("window.printed()");

        var text = string.Concat(paper.GetPages().SelectMany(p => p.GetWords()).Select(w => w.Text));
        Assert.True(rows > 15, "More rows than the page shows at first.");
        Assert.All(words.Distinct(), word => Assert.Contains(word, text, StringComparison.Ordinal));
        Assert.DoesNotContain("The first 15 of".Replace(" ", "", StringComparison.Ordinal), text, StringComparison.Ordinal);
        Assert.All(paper.GetPages(), p => Assert.Empty(Overprinted(p)));
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_printed_list_begins_each_page_with_its_header_and_has_no_controls()
    {
        var token = TestContext.Current.CancellationToken;
        var plates = Enumerable.Range(100, 45).Select(n => $"PR{n}").ToList();
        using var csv = new StringContent("pattern,reason,validTo\n" + string.Concat(plates.Select(p => $"{p},Printed,2020-01-31\n")) + "PR999,Not looked for,2020-01-31\n", Encoding.UTF8, "text/csv");
        using var imported = await console.System.Http.PostAsync("/api/hotlist/import", csv, token);
        Assert.True(imported.IsSuccessStatusCode, await imported.Content.ReadAsStringAsync(token));
        await using var window = await console.SignInAsync();
        await window.GoAsync("hotlist");
        await window.Page.GetByLabel("Plate, reason, requester or list").FillAsync("Printed");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Table, new() { Name = "Hot-list" }).GetByRole(AriaRole.Row)).ToHaveCountAsync(plates.Count + 1);
        using var paper = PdfDocument.Open(await window.Page.PdfAsync(new() { Format = "A4" }));

        var pages = paper.GetPages().Select(p => p.GetWords().Select(w => w.Text).ToList()).ToList();
        Assert.True(paper.NumberOfPages > 1, "So many lines take more than one page.");
        Assert.All(plates, plate => Assert.Single(pages.SelectMany(w => w), w => w == plate));
        Assert.All(pages.Where(p => p.Exists(plates.Contains)), p => Assert.Single(p, w => w == "Requested"));
        Assert.DoesNotContain("Search", pages.SelectMany(w => w));
        Assert.All(paper.GetPages(), p => Assert.Empty(Overprinted(p)));
    }

    // Words whose middles lie in another word: two things printed on one another.
    internal static List<string> Overprinted(UglyToad.PdfPig.Content.Page page)
    {
        var words = page.GetWords().Where(w => w.BoundingBox is { Width: > 2, Height: > 2 }).ToList();
        return [.. words.SelectMany((a, i) => words.Skip(i + 1).Where(b => IsOn(a, b)).Select(b => $"page {page.Number}: '{a.Text}' on '{b.Text}'"))];
    }

    private static bool IsOn(Word a, Word b)
    {
        var (x, y) = (b.BoundingBox.Centroid.X, b.BoundingBox.Centroid.Y);
        return x > a.BoundingBox.Left && x < a.BoundingBox.Right && y > a.BoundingBox.Bottom && y < a.BoundingBox.Top;
    }
}
