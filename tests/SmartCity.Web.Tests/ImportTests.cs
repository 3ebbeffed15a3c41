using Bunit;
using Microsoft.AspNetCore.Components.Forms;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Administration;
using SmartCity.Web.Components.Pages;
using SmartCity.Web.Components.Reports;

namespace SmartCity.Web.Tests;

/// <summary>What people are told of files that they bring, and of what was brought or sent before.</summary>
public sealed class ImportTests : ConsoleContext
{
    private bool _preview = true;

    public ImportTests() => this.AddAuthorization().SetAuthorized("you").SetPolicies(Scope.CityWrite, Scope.HotlistWrite, Scope.HotlistRead);

    [Fact]
    public void A_vehicle_import_shows_plates_that_were_probably_typed_wrong_before_it_saves_anything()
    {
        Core.Answers("POST /api/vehicles/import", () => new ImportReport(3, 2, 1, [new ImportError(4, "class 'spaceship' is none of car.")], Doubtful: 1, Doubts: [new ImportDoubt(2, "AB1OCDE", "AB10CDE")]) { Preview = _preview });
        var section = Render<VehiclesSection>();

        section.FindComponent<InputFile>().UploadFiles(InputFileContent.CreateFromText("plate,class,fuel\nAB1OCDE,car,diesel\n", "vehicles.csv"));

        section.WaitForAssertion(() => Assert.Equal(["2", "AB1OCDE", "AB10CDE"], section.FindAll("table[aria-label='Plates that were probably typed wrong'] tbody td").Select(c => c.TextContent)));
        Assert.Contains("Nothing has been imported yet. 2 of 3 vehicles can be imported from vehicles.csv; 1 cannot.", section.Markup, StringComparison.Ordinal);
        Assert.Contains("class 'spaceship'", section.Find("table[aria-label='Lines left out']").TextContent, StringComparison.Ordinal);
        Assert.Equal("/api/vehicles/import?preview=true", Core.Addresses.Single());

        _preview = false;
        section.FindAll("button").Single(b => b.TextContent.Contains("Import 2 vehicles", StringComparison.Ordinal)).Click();

        section.WaitForAssertion(() => Assert.Contains("2 of 3 vehicles were imported from vehicles.csv; 1 were left out.", section.Markup, StringComparison.Ordinal));
        Assert.Equal("/api/vehicles/import", Core.Addresses.Last());
    }

    [Fact]
    public void An_entry_of_the_hot_list_whose_pattern_matches_too_much_says_so()
    {
        Core.Answers("GET /api/hotlist", () => new Page<HotlistEntryView>(
            [
                new() { Id = Guid.NewGuid(), Pattern = "AB*", Reason = "A series", State = "active", TooWide = "pattern 'AB*' would have matched 900 of the 5,000 newest passages" },
                new() { Id = Guid.NewGuid(), Pattern = "AB12CDE", Reason = "Stolen", State = "active" },
            ],
            null));

        var page = Render<HotlistPage>();

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("table[aria-label='Hot-list'] tbody tr").Count));
        var said = Assert.Single(page.FindAll(".too-wide"));
        Assert.Contains("900 of the 5,000", said.GetAttribute("title"), StringComparison.Ordinal);
        Assert.Contains("AB*", said.ParentElement!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_whose_mail_was_given_up_says_when_it_was_tried_last_and_what_was_wrong()
    {
        var mailing = new ReportMailing("duty@example.org", new DateOnly(2026, 11, 16), new DateOnly(2026, 11, 22), "dead", 74, At, "550 No such mailbox");
        Core.Answers("GET /api/reports/schedules", () => new[] { new ReportScheduleView(Guid.NewGuid(), "weekly", "charges", "week", [mailing.Recipient, "second@example.org"], "you", At, [mailing, mailing with { Recipient = "second@example.org", State = "waiting", Attempts = 1, FinishedAt = null, Fault = "421 Try later" }]) });

        var section = Render<ReportMailSection>();

        section.WaitForAssertion(() => Assert.Contains("after 74 attempts, the last on 23 Nov, 08:15: 550 No such mailbox", section.Markup, StringComparison.Ordinal));
        Assert.Contains("waiting after one attempt: 421 Try later", section.Markup, StringComparison.Ordinal);
    }
}
