using System.Security.Claims;
using Bunit;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Alerts;
using SmartCity.Web.Components.Pages;

namespace SmartCity.Web.Tests;

public sealed class AlertPagesTests : ConsoleContext
{
    private static readonly string[] Lists = ["police"];

    public AlertPagesTests()
    {
        ComponentFactories.AddStub<AlertBell>();
        Core.Answers("GET /api/stations", () => Array.Empty<StationView>()).Answers("GET /api/alerts/lists", () => Lists);
        this.AddAuthorization().SetAuthorized("you").SetPolicies(Scope.AlertsRead, Scope.AlertsWrite, Scope.ChargesRead, Scope.ReviewWrite).SetClaims(new Claim(Scope.Claim, Scope.AlertsWrite));
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
    public void The_alerts_of_one_vehicle_within_an_hour_are_one_incident_and_are_acknowledged_together()
    {
        var incident = (AlertView[])[Raised("TWICE", 9), Raised("OTHER", 8), Raised("TWICE", 7) with { CapturedAt = At.AddMinutes(-50) }, Raised("TWICE", 6) with { CapturedAt = At.AddMinutes(-61) }];
        Core.Answers("GET /api/alerts", () => new Page<AlertView>(incident, null));
        Core.Answers("POST /api/alerts/actions", () => new AlertsDecided(1, [new AlertRefusal(incident[2].Id, "dismissed")]));
        var page = Render<AlertsPage>();
        page.WaitForAssertion(() => Assert.Equal(["TWICE", "OTHER", "TWICE"], Plates(page)));
        Assert.Equal("1 more alert of this vehicle within the hour", page.FindComponents<IncidentCard>()[0].Find("details summary").TextContent);

        page.Find("input[aria-label='Select TWICE, 2 alerts']").Change(true);
        page.WaitForAssertion(() => Assert.Contains("2 alerts selected", page.Markup, StringComparison.Ordinal));
        page.FindAll("button").Single(b => b.TextContent.Trim() == "Acknowledge").Click();

        page.WaitForAssertion(() => Assert.Contains("1 alert was acknowledged. 1 could not be: 1 already dismissed.", page.Markup, StringComparison.Ordinal));
        var (path, body) = Assert.Single(Core.Posted);
        Assert.Equal("/api/alerts/actions", path);
        Assert.Equal([incident[0].Id, incident[2].Id], body.GetProperty("ids").EnumerateArray().Select(i => i.GetGuid()));
        Assert.DoesNotContain("selected", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_just_raised_goes_where_the_order_puts_it()
    {
        var alerts = (List<AlertView>)[Raised("A", 5) with { Priority = 1 }, Raised("B", 3) with { Priority = 2 }, Raised("C", 4) with { Priority = 4 }];
        var raised = Raised("NEW", 9) with { Priority = 2 };

        Assert.Equal(1, new AlertFilter(Urgent: true).PlaceIn(alerts, raised));
        Assert.Equal(3, new AlertFilter(Urgent: true).PlaceIn(alerts, raised with { Priority = 5 }));
        Assert.Equal(0, new AlertFilter().PlaceIn(alerts, raised));
        Assert.False(new AlertFilter(List: "police").Has(raised));
        Assert.True(new AlertFilter(List: "police").Has(raised with { List = "police" }));
    }

    [Fact]
    public void An_alert_whose_reading_was_taken_back_says_so_in_the_list_and_on_its_page()
    {
        var (kept, taken) = (Raised("KEPT", 1), Raised("TAKEN", 2) with { ReadingTakenBack = true });
        Core.Answers("GET /api/alerts", () => new Page<AlertView>([taken, kept], null));
        Core.Answers($"GET /api/alerts/{taken.Id}", () => new AlertDetail(taken, [], [], []));
        Core.Answers($"GET /api/alerts/{taken.Id}/notifications", () => new AlertNotifications(null, []));

        var list = Render<AlertsPage>();
        list.WaitForAssertion(() => Assert.Equal(["TAKEN", "KEPT"], Plates(list)));
        Assert.Contains("The reading was withdrawn", list.FindAll("a.alert")[0].TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("withdrawn", list.FindAll("a.alert")[1].TextContent, StringComparison.Ordinal);

        var page = Render<AlertPage>(p => p.Add(a => a.Id, taken.Id));
        page.WaitForAssertion(() => Assert.Contains("The reading was withdrawn", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public void An_alert_says_who_was_told_of_it_and_when_the_second_line_will_be()
    {
        var alert = Raised("TOLD", 1);
        Core.Answers($"GET /api/alerts/{alert.Id}", () => new AlertDetail(alert, [], [], []));
        Core.Answers($"GET /api/alerts/{alert.Id}/notifications", () => new AlertNotifications(
            At.AddMinutes(10), [new NotificationDelivery(Guid.NewGuid(), alert.Id, 1, "Duty officer", RecipientKind.Email, "waiting", 2, At, At, null, "The mail server did not take the message.")]));

        var page = Render<AlertPage>(p => p.Add(a => a.Id, alert.Id));

        page.WaitForAssertion(() => Assert.Contains("Duty officer (first line), waiting", page.Find("ul[aria-label='Who was told']").TextContent, StringComparison.Ordinal));
        Assert.Contains("The mail server did not take the message.", page.Markup, StringComparison.Ordinal);
        Assert.Contains(page.FindAll("p.quiet"), p => p.TextContent.Contains("The second line is told at 08:25:00", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_alert_that_cannot_be_loaded_leaves_nothing_of_the_one_before_to_act_on()
    {
        var first = Raised("FIRST", 1);
        Core.Answers($"GET /api/alerts/{first.Id}", () => new AlertDetail(first, [], [], []));
        Core.Answers($"GET /api/alerts/{first.Id}/notifications", () => new AlertNotifications(null, []));
        var page = Render<AlertPage>(p => p.Add(a => a.Id, first.Id));
        page.WaitForAssertion(() => Assert.Contains(page.FindAll("button"), b => b.TextContent.Trim() == "Acknowledge"));

        page.Render(p => p.Add(a => a.Id, Guid.NewGuid()));

        page.WaitForAssertion(() => Assert.Contains("Alert not found.", page.Markup, StringComparison.Ordinal));
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

        page.WaitForAssertion(() => Assert.Contains("Charge not found.", page.Markup, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("button"));
        Assert.DoesNotContain("OWES", page.Markup, StringComparison.Ordinal);
    }

    private static List<string> Plates(IRenderedComponent<AlertsPage> page) => [.. page.FindAll("a.alert .plate").Select(p => p.TextContent.Replace(" ", "", StringComparison.Ordinal))];
}
