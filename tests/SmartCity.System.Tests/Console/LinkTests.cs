using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

/// <summary>A click on any link of any page shows what its address shows when it is loaded anew: title, current tab, filters and sections.</summary>
[Collection(ConsoleCollection.Name)]
public sealed partial class LinkTests(ConsoleFixture console, ITestOutputHelper output)
{
    private const float SettlesWithinMs = 60_000;

    // What a page says of itself. Plates and figures are of the moment.
    private const string LookScript =
        """
        () => JSON.stringify({
          title: document.title,
          heading: [...(document.querySelector('main h1')?.childNodes ?? [])].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join(' '),
          current: [...document.querySelectorAll('nav [aria-current=page], .mud-nav-link.active')].map(e => e.textContent.trim()),
          pressed: [...document.querySelectorAll('main .kinds [aria-pressed=true]')].map(e => e.childNodes[0].textContent.trim()),
          fields: [...document.querySelectorAll('main input:not([type=range]):not([type=file]):not([type=checkbox]), main .mud-select .mud-input-slot, main select')].filter(e => !e.closest('.decide, [role=dialog]')).map(e => e.tagName === 'SELECT' ? e.selectedOptions[0]?.textContent : e.value ?? e.textContent.trim()),
          sections: [...document.querySelectorAll('main > section[aria-label]')].map(e => e.getAttribute('aria-label')),
        })
        """;

    private const string LinksScript = "() => [...document.querySelectorAll('main a[href], nav a[href], header a[href]')].filter(a => !a.target && a.checkVisibility()).map(a => a.getAttribute('href'))";

    private const string MenuScript = "() => [...document.querySelectorAll('nav a[href]')].filter(a => !a.target && a.checkVisibility()).map(a => a.getAttribute('href'))";

    [Fact]
    public async Task Every_link_of_every_page_leads_to_what_its_address_shows()
    {
        await using var window = await console.SignInAsync();
        await using var anew = await console.SignInAsync();
        var page = window.Page;
        await console.System.UntilAsync(async () => (await console.System.GetAsync<Page<ChargeView>>("/api/charges")).Items.Count > 0, "a charge");
        await console.AlertAsync("Links");
        var (looks, seen, clicks) = (new Dictionary<string, string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), 0);
        await window.GoAsync("/");
        var menu = (await page.EvaluateAsync<string[]>(MenuScript)).Where(IsPage).Distinct().ToList();
        var waiting = new Queue<string>([""]);
        while (waiting.TryDequeue(out var from))
        {
            if (!seen.Add(Kind(from)))
            {
                continue;
            }

            await window.GoAsync(from.Length == 0 ? "/" : from);
            await window.FilledAsync();
            var links = (await page.EvaluateAsync<string[]>(LinksScript)).Where(IsPage).DistinctBy(Kind).ToList();
            foreach (var link in links)
            {
                waiting.Enqueue(link);
                if (menu.Contains(link) && PageOf(link) != PageOf(from))
                {
                    continue; // the tour below goes from page to page by the menu
                }

                if (!looks.TryGetValue(link, out var expected))
                {
                    await anew.GoAsync(link.Length == 0 ? "/" : link);
                    await anew.FilledAsync();
                    looks[link] = expected = await anew.Page.EvaluateAsync<string>(LookScript);
                }

                if (await ClickAsync(page, link))
                {
                    clicks++;
                    await ShowsAsync(page, expected, $"{link} from '{from}'");
                    await page.GoBackAsync();
                    await window.FilledAsync();
                }
            }
        }

        var here = "";
        await window.GoAsync("/");
        foreach (var link in menu.Concat(menu.AsEnumerable().Reverse()))
        {
            await window.FilledAsync();
            Assert.True(await ClickAsync(page, link), $"The menu of '{here}' has no {link}.");
            clicks++;
            await ShowsAsync(page, looks[link], $"{link} from the menu of '{here}'");
            here = link;
        }

        output.WriteLine($"{seen.Count} kinds of page, {clicks} clicks");
        Assert.True(seen.Count >= 20, string.Join(", ", seen));
        Assert.Empty(window.Errors.Concat(anew.Errors));
    }

    [Theory]
    [InlineData(Role.Operator)]
    [InlineData(Role.DataProtectionOfficer)]
    public async Task Signing_in_and_every_link_that_a_role_sees_lead_to_pages_that_it_may_see(string role)
    {
        var (name, password) = await console.System.PersonAsync(role);
        await using var window = await console.OpenAsync();
        await window.SignInAsync(name, password);
        var page = window.Page;
        await Expect(page.Locator("main h1").First).Not.ToHaveTextAsync("No access");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<string>((await page.EvaluateAsync<string[]>(MenuScript)).Where(IsPage));
        while (waiting.TryDequeue(out var address))
        {
            if (!seen.Add(Kind(address)))
            {
                continue;
            }

            await window.GoAsync(address.Length == 0 ? "/" : address);
            await window.FilledAsync();
            Assert.False(await page.GetByRole(AriaRole.Heading, new() { Name = "No access" }).IsVisibleAsync(), $"A link that {role} sees leads to no access: {address}");
            foreach (var link in (await page.EvaluateAsync<string[]>(LinksScript)).Where(IsPage))
            {
                waiting.Enqueue(link);
            }
        }

        output.WriteLine($"{role}: {string.Join(", ", seen)}");
        Assert.True(seen.Count >= 2, string.Join(", ", seen));
    }

    [Fact]
    public async Task An_address_that_no_page_has_is_answered_with_a_page_that_says_so()
    {
        await using var window = await console.SignInAsync();
        var answer = (await window.Page.GotoAsync("no/such/page"))!;
        Assert.Equal(404, answer.Status);
        await Expect(window.Page.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Page not found");
        await window.Page.GetByRole(AriaRole.Link, new() { Name = "Live" }).ClickAsync();
        await Expect(window.Page).ToHaveTitleAsync("Live · SmartCity");

        await window.GoAsync("administration/nothing");
        await Expect(window.Page.Locator("main h1")).ToHaveTextAsync("Page not found");
    }

    private static async Task<bool> ClickAsync(IPage page, string link)
    {
        var target = page.Locator($"main a[href='{link}'], nav a[href='{link}'], header a[href='{link}']").First;
        if (await target.CountAsync() == 0)
        {
            return false; // what was listed a moment ago has made room for something newer
        }

        try
        {
            await target.ClickAsync();
            return true;
        }
        catch (TimeoutException)
        {
            Assert.Equal(0, await target.CountAsync()); // what is there is clicked
            return false;
        }
    }

    private static async Task ShowsAsync(IPage page, string expected, string what)
    {
        try
        {
            await page.WaitForFunctionAsync($"expected => ({LookScript})() === expected", expected, new() { Timeout = SettlesWithinMs });
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{what}: expected {expected}, shown {await page.EvaluateAsync<string>(LookScript)}");
        }
    }

    private static bool IsPage(string link) => !link.StartsWith('#') && !NotAPage().IsMatch(link);

    private static string PageOf(string link) => link.Split('?', '#')[0];

    // Of a hundred alerts one is enough, and of the rows of a report.
    private static string Kind(string link) => Value().Replace(Id().Replace(link, "/{id}"), "$1");

    [GeneratedRegex("^(download/|/evidence/|sign-in|https?:)")]
    private static partial Regex NotAPage();

    [GeneratedRegex("/[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex Id();

    [GeneratedRegex("((?:alert|charge|case|plate|day|from|to|scheme|stations|station|class|report)=)[^&#]*")]
    private static partial Regex Value();
}
