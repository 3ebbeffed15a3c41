using Bunit;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Alerts;
using SmartCity.Web.Components.Pages;

namespace SmartCity.Web.Tests;

public sealed class AlertPagesTests : ConsoleContext
{

    public AlertPagesTests()
    {
        ComponentFactories.AddStub<AlertBell>();
        Core.Answers("GET /api/stations", () => Array.Empty<StationView>());
        this.AddAuthorization().SetAuthorized("you").SetPolicies(Scope.AlertsRead, Scope.AlertsWrite, Scope.ChargesRead, Scope.ReviewWrite);
    }

    [Fact]
    public void A_burst_comes_on_top_of_what_was_loaded_and_the_core_is_not_asked_again()
    {
        var asked = 0;
        Core.Answers("GET /api/alerts", () => ++asked == 1 ? new Page<AlertView>([Raised("SECOND", 2)], "more") : new Page<AlertView>([Raised("FIRST", 1)], null));
        var page = Render<AlertsPage>();
        page.FindAll("button").Single(b => b.TextContent.Trim() == "Older alerts").Click();
        page.WaitForAssertion(() => Assert.Equal(["SECOND", "FIRST"], Plates(page)));

        var live = Live;
        foreach (var second in (int[])[3, 5, 4, 5, 2])
        {
            live.Hand(new LiveEvent { Alert = Raised(second == 2 ? "SECOND" : $"A{second}", second) });
        }

        page.WaitForAssertion(() => Assert.Equal(["A5", "A4", "A3", "SECOND", "FIRST"], Plates(page)));
        Assert.Equal(2, asked);
    }

    [Fact]
    public void An_alert_whose_reading_was_taken_back_says_so_in_the_list_and_on_its_page()
    {
        var (kept, taken) = (Raised("KEPT", 1), Raised("TAKEN", 2) with { ReadingTakenBack = true });
        Core.Answers("GET /api/alerts", () => new Page<AlertView>([taken, kept], null));
        Core.Answers($"GET /api/alerts/{taken.Id}", () => new AlertDetail(taken, [], [], []));

        var list = Render<AlertsPage>();
        list.WaitForAssertion(() => Assert.Equal(["TAKEN", "KEPT"], Plates(list)));
        Assert.Contains("The reading was taken back", list.FindAll("a.alert")[0].TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("taken back", list.FindAll("a.alert")[1].TextContent, StringComparison.Ordinal);

        var page = Render<AlertPage>(p => p.Add(a => a.Id, taken.Id));
        page.WaitForAssertion(() => Assert.Contains("The reading was taken back", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public void Another_alert_that_cannot_be_loaded_leaves_nothing_of_the_one_before_to_act_on()
    {
        var first = Raised("FIRST", 1);
        Core.Answers($"GET /api/alerts/{first.Id}", () => new AlertDetail(first, [], [], []));
        var page = Render<AlertPage>(p => p.Add(a => a.Id, first.Id));
        page.WaitForAssertion(() => Assert.Contains(page.FindAll("button"), b => b.TextContent.Trim() == "Acknowledge"));

        page.Render(p => p.Add(a => a.Id, Guid.NewGuid()));

        page.WaitForAssertion(() => Assert.Contains("There is no such alert.", page.Markup, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("button"));
        Assert.DoesNotContain("FIRST", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_charge_that_cannot_be_loaded_leaves_nothing_of_the_one_before_to_act_on()
    {
        var charge = new ChargeView
        {
            Id = Guid.NewGuid(),
            Plate = "OWES",
            Scheme = "ulez",
            Day = new DateOnly(2026, 11, 23),
            Amount = 12.5m,
            Kind = "charge",
            Rule = "r",
            Why = "w",
            TariffVersion = "t",
        };
        Core.Answers($"GET /api/charges/{charge.Id}", () => new[] { charge });
        Core.Answers($"GET /api/charges/{charge.Id}/disputes", () => Array.Empty<DisputeView>());
        var page = Render<ChargePage>(p => p.Add(c => c.Id, charge.Id));
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll("button")));

        page.Render(p => p.Add(c => c.Id, Guid.NewGuid()));

        page.WaitForAssertion(() => Assert.Contains("There is no such charge.", page.Markup, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("button"));
        Assert.DoesNotContain("OWES", page.Markup, StringComparison.Ordinal);
    }

    private static List<string> Plates(IRenderedComponent<AlertsPage> page) => [.. page.FindAll("a.alert .plate").Select(p => p.TextContent.Replace(" ", "", StringComparison.Ordinal))];
}
