using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed partial class MannersTests(ConsoleFixture console)
{
    [Fact]
    public async Task A_page_that_loses_its_server_says_so_and_goes_on_where_it_was()
    {
        await using var window = await console.OpenAsync();
        IWebSocketRoute? line = null;
        var away = false;
        await window.Page.RouteAsync(Circuit(), route => away ? route.AbortAsync() : route.ContinueAsync());
        await window.Page.RouteWebSocketAsync(Circuit(), socket =>
        {
            line = socket;
            socket.ConnectToServer();
        });
        await window.SignInAsync("administrator", Hosting.RunningSystem.AdministratorPassword);
        await window.GoAsync("hotlist");
        await window.FilledAsync();
        var dialog = window.Page.GetByRole(AriaRole.Dialog, new() { Name = "Connection lost" });
        await Expect(dialog).ToBeHiddenAsync();

        away = true;
        await line!.CloseAsync();
        await Expect(dialog).ToContainTextAsync("The page is not updated until then");

        away = false;
        await Expect(dialog).ToBeHiddenAsync();
        await window.Page.GetByLabel("Plate, reason, requester or list").FillAsync("no such entry");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(window.Page.GetByText("No entry matches.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_page_in_light_colours_is_never_dark_while_it_loads()
    {
        await using var window = await console.SignInAsync(colours: ColorScheme.Light);
        await window.Page.AddInitScriptAsync(
            """
            window.bars = new Set();
            const look = () => {
              const bar = document.querySelector('.mud-appbar');
              if (bar) window.bars.add(getComputedStyle(bar).backgroundColor);
              requestAnimationFrame(look);
            };
            look();
            """);
        await window.GoAsync("alerts");
        await window.FilledAsync();
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Dark colours", Exact = true })).ToBeVisibleAsync();

        Assert.Single(await window.Page.EvaluateAsync<string[]>("() => [...window.bars]"));
    }

    [Fact]
    public async Task A_download_that_is_refused_says_why_in_words()
    {
        await using var window = await console.SignInAsync();
        var browser = window.Page.Context.APIRequest;
        var form = browser.CreateFormData();
        form.Append("api-path", "charges/export");
        form.Append("audit-reason", "x");

        var answer = await browser.PostAsync("download", new() { Form = form });

        Assert.Equal(400, answer.Status);
        Assert.StartsWith("text/html", answer.Headers["content-type"], StringComparison.Ordinal);
        var page = await answer.TextAsync();
        Assert.Contains("<p>This call needs a reason for the audit: 3 to 500 characters", page, StringComparison.Ordinal);
        Assert.DoesNotContain("\"detail\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_skip_link_leads_to_the_content_of_the_page_and_a_new_page_has_the_focus()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("alerts");
        await window.FilledAsync();
        await window.Page.Locator("html[data-keys=on]").WaitForAsync();
        await window.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to content" }).PressAsync("Enter");
        await Expect(window.Page.Locator("#main")).ToBeFocusedAsync();

        await window.Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = "Charges" }).PressAsync("Enter");
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Charges", Level = 1 })).ToBeFocusedAsync();
        Assert.Empty(window.Errors);
    }

    [GeneratedRegex("/_blazor")]
    private static partial Regex Circuit();
}
