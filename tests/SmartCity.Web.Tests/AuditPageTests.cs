using Bunit;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Pages;

namespace SmartCity.Web.Tests;

public sealed class AuditPageTests : ConsoleContext
{
    [Fact]
    public void The_chain_is_checked_when_somebody_asks_and_what_came_of_it_stands_with_its_time()
    {
        var checks = 0;
        Core.Answers("GET /api/audit", () => new Page<AuditLine>([], null));
        Core.Answers("GET /api/audit/check", () => ++checks == 1 ? new AuditVerdict(1234, null) : new AuditVerdict(7, "line 8 was changed"));
        this.AddAuthorization().SetAuthorized("you").SetPolicies(Scope.AuditRead);
        var page = Render<AuditPage>();
        page.WaitForAssertion(() => Assert.Contains("No line matches.", page.Markup, StringComparison.Ordinal));
        Assert.Equal(0, checks);

        Check(page);
        page.WaitForAssertion(() => Assert.Equal("Chain intact: 1,234 lines, none changed or missing, 23 Nov 08:15:00.", page.Find(".chain [role=status]").TextContent));

        Time.Advance(TimeSpan.FromMinutes(1));
        Check(page);
        page.WaitForAssertion(() => Assert.Contains("Chain broken: line 8 was changed.", page.Find(".chain [role=status]").TextContent, StringComparison.Ordinal));
        Assert.Contains("08:16:00", page.Find(".chain [role=status]").TextContent, StringComparison.Ordinal);
    }

    private static void Check(IRenderedComponent<AuditPage> page) => page.FindAll("button").Single(b => b.TextContent.Contains("Check the chain", StringComparison.Ordinal)).Click();
}
