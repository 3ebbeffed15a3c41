using System.Net.Http.Json;
using Microsoft.Playwright;
using SmartCity.Contracts.Api;
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

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "It shows no plate" }).ClickAsync();

        await Expect(lines).ToHaveCountAsync(2);
        await Expect(lines.Nth(1)).ToContainTextAsync("taken back");
        await Expect(window.Page.GetByText("nothing stands")).ToBeVisibleAsync();
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_dispute_is_raised_and_another_persons_is_upheld()
    {
        await using var window = await console.SignInAsync();
        await OpenAsync(window);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Dispute the charge" }).ClickAsync();
        await window.Page.GetByLabel("Why", new() { Exact = true }).FillAsync("sold long before");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Dispute", Exact = true }).ClickAsync();
        await Expect(window.Page.GetByText("The dispute is open.")).ToBeVisibleAsync();
        await Expect(window.Page.GetByText("another person must decide it")).ToBeVisibleAsync();
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Uphold" })).ToHaveCountAsync(0);

        // Somebody else rejects it and raises one that is right.
        var charge = window.Page.Url.Split('/')[^1];
        var own = (await console.System.GetAsync<List<DisputeView>>($"/api/charges/{charge}/disputes")).Single();
        using var rejected = await console.System.Http.PostAsJsonAsync($"/api/charges/disputes/{own.Id}", new DisputeDecision("rejected", "nobody sold it then"), TestContext.Current.CancellationToken);
        using var raised = await console.System.Http.PostAsJsonAsync($"/api/charges/{charge}/disputes", new NewDispute("sold the day before"), TestContext.Current.CancellationToken);
        Assert.True(rejected.IsSuccessStatusCode && raised.IsSuccessStatusCode);
        await window.GoAsync($"charges/{charge}");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Uphold" }).ClickAsync();
        await window.Page.GetByLabel("Why", new() { Exact = true }).FillAsync("the registry has the sale");
        await window.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Uphold" }).ClickAsync();
        await Expect(window.Page.GetByText("nothing stands")).ToBeVisibleAsync();

        var upheld = (await console.System.GetAsync<Page<DisputeView>>("/api/charges/disputes?state=upheld")).Items[0];
        Assert.Equal(("sold the day before", "the registry has the sale", "administrator"), (upheld.Reason, upheld.Note, upheld.DecidedBy));
        Assert.Empty(window.Errors);
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
