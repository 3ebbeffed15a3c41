using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class InvestigationTests(ConsoleFixture console)
{
    [Fact]
    public async Task A_sighting_and_a_charge_are_gathered_with_notes_and_files_and_the_whole_is_packed_and_closed()
    {
        ChargeView? charge = null;
        await console.System.UntilAsync(async () => (charge = (await console.System.GetAsync<Page<ChargeView>>("/api/charges")).Items.FirstOrDefault(c => c is { Kind: "charge", Evidence: not null })) is not null, "a charge");
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync("");
        await page.GetByRole(AriaRole.Link, new() { Name = "Investigations" }).ClickAsync();
        await page.GetByLabel("Title").FillAsync("Burglary in Angel");
        await page.GetByLabel("Purpose").FillAsync("To find the van that the witness saw");
        await page.GetByRole(AriaRole.Button, new() { Name = "Open investigation" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Investigation: Burglary in Angel");
        var address = new Uri(page.Url).PathAndQuery.TrimStart('/');

        foreach (var path in (string[])[$"charges/{charge!.Id}", $"sightings/{charge.SightingId}"])
        {
            await window.GoAsync(path);
            await page.GetByRole(AriaRole.Button, new() { Name = "Add to an investigation" }).ClickAsync();
            var dialog = page.GetByRole(AriaRole.Dialog);
            await dialog.GetByLabel("Investigation", new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = "Burglary in Angel" });
            await dialog.GetByLabel("Note (optional)").FillAsync("near the shop");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "Added to" })).ToContainTextAsync("Burglary in Angel");
        }

        await window.GoAsync(address);
        var items = page.GetByRole(AriaRole.Table, new() { Name = "Items" }).Locator("tbody tr");
        await Expect(items).ToHaveCountAsync(2);
        await Expect(items.First).ToContainTextAsync("near the shop");
        await Expect(items.First.Locator("img")).Not.ToHaveJSPropertyAsync("naturalWidth", 0);
        await page.GetByLabel("Note", new() { Exact = true }).FillAsync("The witness rang back.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Notes" })).ToContainTextAsync("administrator");
        await page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "statement.txt", MimeType = "text/plain", Buffer = "I saw it."u8.ToArray() });
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Files" })).ToContainTextAsync("statement.txt");
        await LookAsync(window);
        var when = (await items.First.Locator("td.when time").BoundingBoxAsync())!;
        var remove = (await items.First.Locator(".row-actions").BoundingBoxAsync())!;
        Assert.True(when.X + when.Width <= remove.X + 1, $"'When' ends at {when.X + when.Width} and the button Remove begins at {remove.X}.");

        await page.GetByRole(AriaRole.Button, new() { Name = "Evidence package" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Reason", new() { Exact = true }).FillAsync("for the court");
        var file = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Download" }).ClickAsync());
        var path2 = Path.Combine(Directory.CreateTempSubdirectory("smartcity-package").FullName, file.SuggestedFilename);
        await file.SaveAsAsync(path2);
        var (status, output, errors) = await RunningSystem.RunAsync(["package", "verify", path2, "--data", console.System.Data]);
        Assert.True((status, errors) == (0, ""), $"{output}{errors}");

        await page.GetByRole(AriaRole.Button, new() { Name = "Close the investigation" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Reason", new() { Exact = true }).FillAsync("solved");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Reopen" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Add note" })).ToHaveCountAsync(0);
        Assert.Contains((await console.System.GetAsync<Page<AuditLine>>("/api/audit?action=investigations.change")).Items, l => l.Reason == "solved");
        Assert.Empty(window.Errors);
    }

    private static async Task LookAsync(ConsoleWindow window)
    {
        var screens = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screens")).FullName;
        foreach (var (width, height) in ((int, int)[])[(390, 844), (1440, 900)])
        {
            await window.Page.SetViewportSizeAsync(width, height);
            await window.Page.ScreenshotAsync(new() { Path = Path.Combine(screens, $"investigation-filled-{width}.png") });
        }
    }
}
