using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class NotificationTests(ConsoleFixture console)
{
    [Fact]
    public async Task Who_is_put_on_the_rota_is_told_of_an_alert_by_email_and_the_alert_says_so()
    {
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync("administration/notifications");
        var recipient = page.GetByRole(AriaRole.Form, new() { Name = "Recipient" });
        await recipient.GetByLabel("Name").FillAsync("Duty officer");
        await recipient.GetByLabel("Address").FillAsync("duty@city.example.org");
        await recipient.GetByRole(AriaRole.Button, new() { Name = "Add recipient" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Test Duty officer" }).ClickAsync();
        await Expect(page.GetByText("Test of Duty officer")).ToContainTextAsync("the message was taken");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add shift" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Rota" })).ToContainTextAsync("every day");
        await Expect(page.GetByText("On the first line now")).ToContainTextAsync("Duty officer");
        await page.GetByLabel("The first line is told of priority 1").CheckAsync();
        await page.GetByLabel("Second line of priority 1").SelectOptionAsync("10");
        await console.System.UntilAsync(async () => (await console.System.GetAsync<NotificationSettings>("/api/notifications")).Rules[0] == new NotificationRule(1, true, 10), "the rule is set");

        var alert = await console.AlertAsync("told by e-mail");
        await console.System.UntilAsync(() => Task.FromResult(console.Mail.Received.Any(m => m.ToString().Contains(alert.Id.ToString(), StringComparison.Ordinal))), "an e-mail about the alert");
        var message = console.Mail.Received.First(m => m.ToString().Contains(alert.Id.ToString(), StringComparison.Ordinal));
        Assert.Contains("of priority 1", message.Subject, StringComparison.Ordinal);
        Assert.DoesNotContain(alert.Plate, message.ToString(), StringComparison.Ordinal);

        await window.GoAsync($"alerts/{alert.Id}");
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Who was told" })).ToContainTextAsync("Duty officer (first line), delivered");
        await Expect(page.GetByText("The second line is told at")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await Expect(page.GetByText("The second line is told at")).ToHaveCountAsync(0);

        await window.GoAsync("administration/notifications");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Messages" })).ToContainTextAsync("delivered");
        await LookAsync(window);
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove Duty officer" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
        await Expect(page.GetByText("There are no recipients yet")).ToBeVisibleAsync();
        Assert.Empty(window.Errors);
    }

    private static async Task LookAsync(ConsoleWindow window)
    {
        var screens = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screens")).FullName;
        foreach (var (width, height) in ((int, int)[])[(390, 844), (1440, 900)])
        {
            await window.Page.SetViewportSizeAsync(width, height);
            await window.Page.ScreenshotAsync(new() { Path = Path.Combine(screens, $"notifications-filled-{width}.png"), FullPage = true });
        }
    }
}
