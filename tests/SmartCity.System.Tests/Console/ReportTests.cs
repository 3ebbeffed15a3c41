using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SmartCity.System.Tests.Console;

[Collection(ConsoleCollection.Name)]
public sealed class ReportTests(ConsoleFixture console)
{
    [Fact]
    public async Task Figures_are_compared_a_bar_leads_to_its_list_and_a_report_is_sent_by_email()
    {
        await console.System.UntilAsync(async () => (await console.System.GetAsync<SmartCity.Contracts.Api.Page<SmartCity.Contracts.Api.ChargeView>>("/api/charges")).Items.Count > 0, "a charge");
        await using var window = await console.SignInAsync();
        var page = window.Page;
        await window.GoAsync("reports");
        await page.GetByLabel("Compare with the days before").CheckAsync();
        var compared = page.GetByRole(AriaRole.Table, new() { Name = "Charges compared" });
        await Expect(compared).ToContainTextAsync("Pollution, net");

        var mail = page.GetByRole(AriaRole.Form, new() { Name = "Report by e-mail" });
        await mail.GetByLabel("Name").FillAsync("Charges of the week");
        await mail.GetByLabel("Recipients").FillAsync("analyst@city.example.org");
        await mail.GetByRole(AriaRole.Button, new() { Name = "Add report" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Send Charges of the week now" }).ClickAsync();
        await console.System.UntilAsync(() => Task.FromResult(console.Mail.Received.Any(m => m.To.ToString() == "analyst@city.example.org" && m.Attachments.Any())), "the report by e-mail");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Reports by e-mail" })).ToContainTextAsync("analyst@city.example.org: sent");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove Charges of the week" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
        await Expect(page.GetByText("No report is sent by e-mail.")).ToBeVisibleAsync();

        // The tallest bar; the links in the table lead to the same lists.
        var chart = page.GetByRole(AriaRole.Region, new() { Name = "Charges", Exact = true }).Locator(".chart").First;
        await chart.ScrollIntoViewIfNeededAsync();
        var bar = await chart.EvaluateAsync<float[]>(
            """
            async e => {
              const chart = e.getBoundingClientRect();
              const tallest = () => [...e.querySelectorAll('path')].filter(p => /^(#|rgb)/.test(p.getAttribute('fill') ?? '')).map(p => p.getBoundingClientRect())
                .filter(b => b.height > 20 && b.width > 10 && b.width < 60).sort((x, y) => y.height - x.height)[0];
              for (let [before, same, frames] = [0, 0, 0]; same < 5; frames++) {
                if (frames > 2000) throw new Error(`The chart has no bar: ${e.innerHTML.slice(0, 2000)}`);
                await new Promise(requestAnimationFrame);
                const height = tallest()?.height ?? 0;
                [before, same] = [height, height > 0 && height === before ? same + 1 : 0];
              }
              const bar = tallest();
              return [bar.left - chart.left + bar.width / 2, bar.top - chart.top + bar.height / 2];
            }
            """);
        await chart.ClickAsync(new() { Position = new() { X = bar[0], Y = bar[1] } });
        await page.WaitForURLAsync(url => url.Contains("/charges?day=", StringComparison.Ordinal));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Charges");
        Assert.Empty(window.Errors);
    }
}
