using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class SignInTests(ConsoleFixture console)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_page_asks_to_sign_in_first_and_leads_back()
    {
        await using var window = await console.OpenAsync();
        await window.Page.GotoAsync("charges");
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();

        await window.Page.GetByLabel("Name").FillAsync("administrator");
        await window.Page.GetByLabel("Password").FillAsync("not the password");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Wrong name, password or code");

        await window.Page.GetByLabel("Password").FillAsync(Hosting.RunningSystem.AdministratorPassword);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Charges" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Whoever_chooses_a_language_reads_it_on_every_page_and_in_what_comes_live()
    {
        await using var window = await console.OpenAsync();
        await window.Page.GotoAsync("alerts");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Deutsch", Exact = true }).ClickAsync();
        await window.Page.GetByLabel("Kennwort").FillAsync(Hosting.RunningSystem.AdministratorPassword);
        await window.Page.GetByLabel("Name").FillAsync("administrator");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Anmelden", Exact = true }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Alarme", Exact = true })).ToBeVisibleAsync();

        // What the stream has the page draw anew.
        await console.AlertAsync("Language");
        await Expect(window.Page.Locator("a.bell")).ToHaveAttributeAsync("aria-label", new Regex("^([2-9]|\\d\\d+) offene Alarme$|^1 offener Alarm$"));
        await window.Page.GetByRole(AriaRole.Link, new() { Name = "Live", Exact = true }).ClickAsync();
        await Expect(window.Page.Locator(".feed .row").First).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Anhalten", Exact = true })).ToBeVisibleAsync();
        await Expect(window.Page.GetByText("Loading…")).ToHaveCountAsync(0);

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Konto von administrator" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "English", Exact = true }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true })).ToBeVisibleAsync();
        await Expect(window.Page.Locator("html")).ToHaveAttributeAsync("lang", "en");
    }

    [Fact]
    public async Task A_first_password_has_to_be_changed_and_a_viewer_sees_a_viewers_pages()
    {
        await using var window = await console.OpenAsync();
        using var answer = await console.System.Http.PostAsJsonAsync("/api/access/users", new NewUser("visitor", [Role.Viewer]), Token);
        var made = (await answer.Content.ReadFromJsonAsync<UserPassword>(Token))!;

        await window.SignInAsync("visitor", made.Password);
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Change the password" })).ToBeVisibleAsync();
        await window.Page.GetByLabel("Current password").FillAsync(made.Password);
        await window.Page.GetByLabel("New password, at least 12 characters").FillAsync("my very own words");
        await window.Page.GetByLabel("New password again").FillAsync("my very own words");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Change" }).ClickAsync();

        await Expect(window.Page.Locator(".feed .row").First).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link)).ToHaveTextAsync(["Live", "Wall"]);
        await window.GoAsync("audit");
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "No access" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Whoever_signs_out_is_out()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Account of administrator" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();

        await window.Page.GotoAsync("audit");
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Keys_lead_to_pages_and_searches()
    {
        await using var window = await console.SignInAsync();
        await window.GoAsync("");
        await window.Page.Locator("html[data-keys=on]").WaitForAsync();

        await window.Page.Keyboard.PressAsync("?");
        await Expect(window.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("this list");
        await window.Page.Keyboard.PressAsync("Escape");
        await Expect(window.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await window.Page.Keyboard.PressAsync("g");
        await window.Page.Keyboard.PressAsync("u");
        await Expect(window.Page.GetByRole(AriaRole.Heading, new() { Name = "Audit" })).ToBeFocusedAsync();
        await window.Page.Keyboard.PressAsync("/");
        await Expect(window.Page.GetByLabel("Plate, id or path")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_passkey_signs_in_without_password_until_it_is_removed()
    {
        var person = await console.System.PersonAsync(Role.Viewer);
        await using var window = await console.OpenAsync(host: "localhost");
        var page = window.Page;
        var device = await page.Context.NewCDPSessionAsync(page);
        await device.SendAsync("WebAuthn.enable");
        await device.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object> { ["protocol"] = "ctap2", ["transport"] = "internal", ["hasResidentKey"] = true, ["hasUserVerification"] = true, ["isUserVerified"] = true },
        });

        await window.SignInAsync(person.Name, person.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = $"Account of {person.Name}" }).ClickAsync();
        await page.GetByText("Passkeys", new() { Exact = true }).ClickAsync();
        await page.GetByLabel("Your password").FillAsync("not the password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("The password is wrong.");

        await page.GetByLabel("Your password").FillAsync(person.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();
        await page.GetByLabel("Name of the device or key").FillAsync("work laptop");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the passkey" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Your passkeys" })).ToContainTextAsync("work laptop");

        await SignOutAsync(page, person.Name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await Expect(page.Locator("main h1").First).ToBeAttachedAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = $"Account of {person.Name}" })).ToBeVisibleAsync();

        await page.GotoAsync("passkeys");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove work laptop" }).ClickAsync();
        await Expect(page.GetByText("You have no passkeys.")).ToBeVisibleAsync();
        await SignOutAsync(page, person.Name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("The passkey was not accepted.");
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task At_an_address_that_has_no_passkeys_nobody_is_offered_one()
    {
        await using var window = await console.OpenAsync();
        await window.Page.GotoAsync("sign-in");
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true })).ToBeVisibleAsync();
        await Expect(window.Page.GetByText("Sign in with a passkey")).ToHaveCountAsync(0);

        await window.SignInAsync("administrator", Hosting.RunningSystem.AdministratorPassword);
        await window.Page.GotoAsync("passkeys");
        await Expect(window.Page.GetByRole(AriaRole.Link, new() { Name = $"http://localhost:{console.System.Http.BaseAddress!.Port}" })).ToBeVisibleAsync();
    }

    private static async Task SignOutAsync(IPage page, string name)
    {
        await page.GotoAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Account of {name}" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }
}
