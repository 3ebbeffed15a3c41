using System.IO.Compression;
using System.Net.Http.Json;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;
using UglyToad.PdfPig;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class ChargeTests(ConsoleFixture console)
{
    [Fact]
    public async Task A_corrected_reading_takes_the_charge_back_before_ones_eyes()
    {
        await using var window = await console.SignInAsync();
        await OpenAsync(window);
        var lines = window.Page.GetByRole(AriaRole.List, new() { Name = "Lines of the ledger" }).GetByRole(AriaRole.Listitem);
        await Expect(lines).ToHaveCountAsync(1);

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "There is no plate" }).ClickAsync();
        var dialog = window.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("is reversed, unless another sighting supports the charge");
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Decide" })).ToBeDisabledAsync();
        await dialog.GetByLabel("Reason", new() { Exact = true }).FillAsync("the picture shows a wall");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Decide" }).ClickAsync();

        await Expect(lines).ToHaveCountAsync(2);
        await Expect(lines.Nth(1)).ToContainTextAsync("reversed");
        await Expect(lines.Nth(1)).ToContainTextAsync("the picture shows a wall");
        await Expect(window.Page.GetByText("administrator found no plate")).ToBeVisibleAsync();
        await Expect(window.Page.GetByText("% confidence")).ToHaveCountAsync(0);
        await Expect(window.Page.GetByText("no charge stands")).ToBeVisibleAsync();
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_dispute_is_raised_and_another_persons_is_upheld()
    {
        await using var window = await console.SignInAsync();
        await OpenAsync(window);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Dispute the charge" }).ClickAsync();
        await window.Page.GetByLabel("Reason", new() { Exact = true }).FillAsync("sold long before");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Dispute", Exact = true }).ClickAsync();
        await Expect(window.Page.GetByText("The dispute is open.")).ToBeVisibleAsync();
        await Expect(window.Page.GetByText("another person must decide it")).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Uphold" })).ToHaveCountAsync(0);

        // Somebody else rejects it and raises one that is right.
        var charge = window.Page.Url.Split('/')[^1];
        var own = (await console.System.GetAsync<List<DisputeView>>($"/api/charges/{charge}/disputes")).Single();
        var (name, password) = await console.System.PersonAsync(Role.Operator);
        using var somebody = await console.System.SignInAsync(name, password);
        using var rejected = await somebody.PostAsJsonAsync($"/api/charges/disputes/{own.Id}", new DisputeDecision("rejected", "nobody sold it then"), TestContext.Current.CancellationToken);
        using var raised = await somebody.PostAsJsonAsync($"/api/charges/{charge}/disputes", new NewDispute("sold the day before"), TestContext.Current.CancellationToken);
        Assert.True(rejected.IsSuccessStatusCode && raised.IsSuccessStatusCode);
        await window.GoAsync($"charges/{charge}");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Uphold" }).ClickAsync();
        await window.Page.GetByLabel("Reason", new() { Exact = true }).FillAsync("the registry has the sale");
        await window.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Uphold" }).ClickAsync();
        await Expect(window.Page.GetByText("no charge stands")).ToBeVisibleAsync();

        var upheld = (await console.System.GetAsync<Page<DisputeView>>("/api/charges/disputes?state=upheld")).Items[0];
        Assert.Equal(("sold the day before", "the registry has the sale", "administrator"), (upheld.Reason, upheld.Note, upheld.DecidedBy));
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task An_evidence_package_is_downloaded_and_holds_without_the_system()
    {
        await using var window = await console.SignInAsync();
        await OpenAsync(window);
        var charge = window.Page.Url.Split('/')[^1];
        var file = await DownloadAsync(window, "appeal 12 of the keeper");
        var path = Path.Combine(Directory.CreateTempSubdirectory("smartcity-package").FullName, file.SuggestedFilename);
        await file.SaveAsAsync(path);
        Assert.StartsWith("charge-", file.SuggestedFilename, StringComparison.Ordinal);

        var (status, output, errors) = await RunningSystem.RunAsync(["package", "verify", path, "--data", console.System.Data]);
        Assert.True((status, errors) == (0, ""), $"{output}{errors}");
        var folder = Path.ChangeExtension(path, null);
        await ZipFile.ExtractToDirectoryAsync(path, folder, TestContext.Current.CancellationToken);
        using var paper = PdfDocument.Open(Path.Combine(folder, "package.pdf"));
        var text = string.Join(' ', paper.GetPages().SelectMany(p => p.GetWords()).Select(w => w.Text));
        Assert.All((string[])[charge, "appeal 12 of the keeper", "administrator", "Other readings", "SHA-256", "charges.read"], expected => Assert.Contains(expected, text, StringComparison.Ordinal));
        Assert.All(paper.GetPages(), p => Assert.Empty(PrintTests.Overprinted(p)));
        Assert.True(paper.GetPages().Sum(p => p.GetImages().Count()) >= 2, "The frame and the plate are in the PDF.");

        // The page in it needs no network, and prints.
        await using var reader = await console.OpenAsync(colours: ColorScheme.Light);
        await reader.Page.GotoAsync(new Uri(Path.Combine(folder, "index.html")).AbsoluteUri);
        await Expect(reader.Page.GetByText(charge).First).ToBeVisibleAsync();
        Assert.True(await reader.Page.EvaluateAsync<bool>("() => [...document.images].length >= 2 && [...document.images].every(i => i.naturalWidth > 0)"));
        var screens = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screens")).FullName;
        await reader.Page.ScreenshotAsync(new() { Path = Path.Combine(screens, "evidence-package.png"), FullPage = true });
        await window.Page.ScreenshotAsync(new() { Path = Path.Combine(screens, "charge-package.png") });
        Assert.Empty(window.Errors);
    }

    private static async Task<IDownload> DownloadAsync(ConsoleWindow window, string reason)
    {
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Evidence package" }).ClickAsync();
        var dialog = window.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Download" })).ToBeDisabledAsync();
        await dialog.GetByLabel("Reason", new() { Exact = true }).FillAsync(reason);
        return await window.Page.RunAndWaitForDownloadAsync(() => dialog.GetByRole(AriaRole.Button, new() { Name = "Download" }).ClickAsync());
    }

    // A charge that stands on one sighting alone: another would call for it as well.
    private async Task OpenAsync(ConsoleWindow window)
    {
        ChargeView? standing = null;
        await console.System.UntilAsync(
            async () =>
            {
                var lines = (await console.System.GetAsync<Page<ChargeView>>("/api/charges?limit=500")).Items;
                foreach (var charge in lines.Where(c => c.Kind == "charge" && !lines.Any(r => r.Reverses == c.Id)))
                {
                    if ((await console.System.GetAsync<Page<SightingView>>($"/api/sightings?plate={charge.Plate}")).Items.Count == 1)
                    {
                        standing = charge;
                        return true;
                    }
                }

                return false;
            },
            "a charge that rests on one sighting");
        await window.GoAsync($"charges/{standing!.Id}");
        await window.FilledAsync();
    }
}
