using System.Net;
using System.Net.Http.Json;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

/// <summary>Two officers and two reviewers do in the console what takes two of each.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class FacesTests(ConsoleFixture console)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_officers_enrol_and_deploy_and_two_reviewers_confirm_a_match()
    {
        var portrait = Repository.Shared("data", "faces", "p01-1.jpg");
        Assert.SkipUnless(File.Exists(portrait), $"{portrait} is not there: there is nobody to enrol.");
        await using var first = await OpenAsync(Role.FacesOfficer);
        await using var second = await OpenAsync(Role.FacesOfficer);
        var camera = (await console.System.GetAsync<FacesView>("/api/faces")).Cameras[0];

        await first.GoAsync("faces/lists");
        await first.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("Console warrants");
        await first.Page.GetByLabel("Purpose", new() { Exact = true }).FillAsync("To try the console");
        await Button(first, "Create list").ClickAsync();
        await OpenListAsync(first);
        var form = first.Page.GetByRole(AriaRole.Form, new() { Name = "Propose somebody" });
        await form.GetByLabel("Name or reference").FillAsync("Walter Beispiel");
        await ChooseAsync(first, form, "Category", "court warrant");
        await form.GetByLabel("Reason").FillAsync("Warrant 2026/118");
        await form.GetByLabel("One to five pictures").SetInputFilesAsync(portrait);
        await Expect(form.GetByText("p01-1.jpg")).ToBeVisibleAsync();
        await form.GetByRole(AriaRole.Button, new() { Name = "Propose" }).ClickAsync();
        await Expect(form.GetByText("Another person must confirm it")).ToBeVisibleAsync();
        await Expect(Button(first, "Another person must confirm it")).ToBeDisabledAsync();

        await second.GoAsync("faces/lists");
        await OpenListAsync(second);
        await Expect(second.Page.GetByAltText("Picture 1 of Walter Beispiel")).ToHaveJSPropertyAsync("complete", true);
        await Button(second, "Confirm").ClickAsync();
        await Expect(second.Page.GetByRole(AriaRole.Article, new() { Name = "Walter Beispiel" })).ToContainTextAsync("confirmed by");

        await first.GoAsync("faces");
        await Button(first, "Write a deployment record").ClickAsync();
        var record = first.Page.GetByRole(AriaRole.Form, new() { Name = "Deployment record" });
        foreach (var (label, text) in new[] { ("Place", "Console Square"), ("Purpose", "To try the console"), ("Legal basis", "Section 30"), ("Authorised by", "Superintendent A. Example"), ("Impact assessment", "DPIA 2026-17"), ("Contact", "dpo@police.example") })
        {
            await record.GetByLabel(label, new() { Exact = true }).FillAsync(text);
        }

        await ChooseAsync(first, record, "Cameras", $"{camera.StationName}: {camera.CameraId}");
        await first.Page.Keyboard.PressAsync("Escape");
        await ChooseAsync(first, record, "Watch-list", "Console warrants");
        await Expect(record.GetByText("an hour are expected")).ToBeVisibleAsync();
        await record.GetByRole(AriaRole.Button, new() { Name = "Save the record" }).ClickAsync();
        await Expect(Record(first)).ToContainTextAsync("Draft");
        await Record(first).GetByRole(AriaRole.Button, new() { Name = "Sign" }).ClickAsync();
        await Expect(Record(first)).ToContainTextAsync("a second one must sign it");

        await second.GoAsync("faces");
        await Record(second).GetByRole(AriaRole.Button, new() { Name = "Sign" }).ClickAsync();
        await Expect(Record(second)).ToContainTextAsync("In force");

        await BringMatchAsync(camera, portrait);
        await AnswerAsync("Another reviewer must answer too");
        await AnswerAsync("Confirmed by two people");

        await first.GoAsync("faces/report");
        await Expect(first.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Console Square" })).ToBeVisibleAsync();
        await first.GoAsync("faces");
        await Record(first).GetByRole(AriaRole.Link, new() { Name = "Public notice" }).ClickAsync();
        await Expect(first.Page.GetByRole(AriaRole.Region, new() { Name = "Notice" })).ToContainTextAsync("FACIAL RECOGNITION IN USE");
        await second.GoAsync("faces");
        await Record(second).GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await second.Page.GetByRole(AriaRole.Dialog).GetByLabel("Reason").FillAsync("the test is over");
        await Button(second, "End the deployment").ClickAsync();
        await Expect(Record(second)).ToContainTextAsync("Revoked");
        Assert.Empty(first.Errors.Concat(second.Errors));
    }

    private static ILocator Button(ConsoleWindow window, string name) => window.Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    private static ILocator Record(ConsoleWindow window) => window.Page.GetByRole(AriaRole.Article, new() { Name = "Console Square" });

    private static async Task ChooseAsync(ConsoleWindow window, ILocator form, string label, string option)
    {
        await form.Locator(".mud-select").Filter(new() { Has = window.Page.GetByText(label, new() { Exact = true }) }).First.Locator(".mud-input").ClickAsync();
        await window.Page.Locator(".mud-popover-open .mud-list-item").Filter(new() { HasText = option }).ClickAsync();
    }

    private static async Task OpenListAsync(ConsoleWindow window)
    {
        await Button(window, "Open Console warrants").ClickAsync();
        var dialog = window.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Reason").FillAsync("to keep the list");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Open" }).ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
    }

    private async Task<ConsoleWindow> OpenAsync(string role)
    {
        var window = await console.OpenAsync();
        var (name, password) = await console.System.PersonAsync(role);
        await window.SignInAsync(name, password);
        return window;
    }

    // As an edge does.
    private async Task BringMatchAsync(FaceCamera camera, string portrait)
    {
        using var pair = new FaceKeyPair();
        using var asked = await console.System.Http.PostAsJsonAsync($"/api/edge/faces?station={camera.StationId}", new FaceExchange([], pair.PublicKey), Token);
        var order = Assert.Single((await asked.Content.ReadFromJsonAsync<FaceOrders>(Token))!.Orders);
        var match = new FaceMatch(Guid.CreateVersion7(), order.Deployment, camera.CameraId, TimeProvider.System.GetUtcNow(), order.Templates[0].Entry, 0.4, 3, await File.ReadAllBytesAsync(portrait, Token));
        using var taken = await console.System.Http.PostAsJsonAsync($"/api/edge/faces/matches?station={camera.StationId}", match, Token);
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
    }

    private async Task AnswerAsync(string says)
    {
        await using var reviewer = await OpenAsync(Role.FacesReviewer);
        await reviewer.GoAsync("faces/review");
        await Expect(reviewer.Page.GetByAltText("What the camera saw")).ToHaveJSPropertyAsync("complete", true);
        await Expect(reviewer.Page.GetByAltText("Picture 1 of Walter Beispiel on the watch-list")).ToBeVisibleAsync();
        await Button(reviewer, "Same person").ClickAsync();
        await Expect(reviewer.Page.GetByText(says)).ToBeVisibleAsync();
        Assert.Empty(reviewer.Errors);
    }
}
