using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class HotlistTests(ConsoleFixture console)
{
    [Fact]
    public async Task A_list_with_columns_that_are_not_known_is_refused_before_anything_is_imported()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("hotlist");
        await window.FilledAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
        await Expect(window.Page.GetByLabel("File")).ToHaveJSPropertyAsync("_blazorInputFileNextFileId", 0);
        await window.Page.GetByLabel("File").SetInputFilesAsync(new FilePayload { Name = "own.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes("pattern,reason,requester,from,to\nBR02AAA,Stolen,met,2026-12-31,2026-01-01\n") });

        await Expect(window.Page.GetByText("Unknown columns: requester, from, to")).ToBeVisibleAsync();
        await Expect(window.Page.GetByText("validFrom, validTo. Nothing was imported.")).ToBeVisibleAsync();
        Assert.Empty((await console.System.GetAsync<Contracts.Api.Page<Contracts.Api.HotlistEntryView>>("/api/hotlist?text=BR02AAA")).Items);
    }

    [Fact]
    public async Task An_import_with_bad_rows_names_them_gives_them_back_as_a_file_and_takes_the_rest()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("hotlist");
        await window.FilledAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Import" }).ClickAsync();
        // The framework listens to the field once it says so.
        await Expect(window.Page.GetByLabel("File")).ToHaveJSPropertyAsync("_blazorInputFileNextFileId", 0);
        await window.Page.GetByLabel("File").SetInputFilesAsync(new FilePayload
        {
            Name = "police.csv",
            MimeType = "text/csv",
            Buffer = Encoding.UTF8.GetBytes("pattern,reason,priority\nBR01AAA,Stolen in Brent,1\n!!,Stolen,1\nBR01AAB,,1\n"),
        });

        await Expect(window.Page.GetByText("Nothing has been imported yet. 1 of 3 entries can be imported from police.csv; 2 cannot.")).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Table, new() { Name = "Entries as they would be saved" })).ToContainTextAsync("BR01AAA");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Import 1 entry" }).ClickAsync();
        await Expect(window.Page.GetByText("1 of 3 entries were imported from police.csv; 2 were left out.")).ToBeVisibleAsync();
        var wrong = window.Page.GetByRole(AriaRole.Table, new() { Name = "Lines left out" });
        await Expect(wrong.GetByRole(AriaRole.Row).Nth(1)).ToContainTextAsync("must have 1 to 12 of the characters A-Z");
        await Expect(wrong.GetByRole(AriaRole.Row).Nth(2)).ToContainTextAsync("reason must not be empty");
        var file = await window.Page.RunAndWaitForDownloadAsync(() => window.Page.GetByRole(AriaRole.Button, new() { Name = "Download the lines left out" }).ClickAsync());
        using var text = new StreamReader(await file.CreateReadStreamAsync());
        Assert.Contains("!!,Stolen,1,3,", await text.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await window.Page.GetByLabel("Plate, reason, requester or list").FillAsync("brent");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        var entries = window.Page.GetByRole(AriaRole.Table, new() { Name = "Hot-list" });
        await Expect(entries.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        await entries.GetByRole(AriaRole.Button, new() { Name = "Remove BR01AAA" }).ClickAsync();
        await window.Page.GetByLabel("Reason", new() { Exact = true }).FillAsync("recovered");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
        await Expect(window.Page.GetByText("BR01AAA was removed.")).ToBeVisibleAsync();
        Assert.Empty(window.Errors);
    }
}
