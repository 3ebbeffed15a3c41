using Bunit;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Reports;

namespace SmartCity.Web.Tests;

public sealed class ReportSectionTests : ConsoleContext
{
    private static readonly DateOnly Today = new(2026, 11, 23);

    public ReportSectionTests() => this.AddAuthorization().SetAuthorized("somebody");

    [Fact]
    public void A_report_of_other_days_than_were_asked_for_is_shown_and_not_waited_for_for_ever()
    {
        Core.Answers("GET /api/reports/stations", () => Of(Today.AddDays(-6), Today, "Angel"));

        var section = Section(Today.AddDays(-7), Today.AddDays(-1));

        section.WaitForAssertion(() => Assert.Equal("Angel", section.Find("tbody td").TextContent));
        Assert.Equal("false", section.Find(".report").GetAttribute("aria-busy"));
    }

    [Fact]
    public void Of_two_questions_the_first_is_ended_and_only_the_second_is_answered()
    {
        var asked = new List<CancellationToken>();
        var first = new TaskCompletionSource<object>();
        Core.Waits("GET /api/reports/stations", left =>
        {
            asked.Add(left);
            return asked.Count == 1 ? first.Task.WaitAsync(left) : Task.FromResult<object>(Of(Today, Today, "Borough"));
        });
        var section = Section(Today.AddDays(-6), Today);
        Assert.Equal("true", section.Find(".report").GetAttribute("aria-busy"));

        section.Render(p => p.Add(s => s.From, Today));

        section.WaitForAssertion(() => Assert.Equal("Borough", section.Find("tbody td").TextContent));
        Assert.True(asked[0].IsCancellationRequested, "The core still works for a question that nobody waits for.");
        Assert.Equal("false", section.Find(".report").GetAttribute("aria-busy"));
    }

    [Fact]
    public void A_report_that_does_not_come_can_be_asked_for_again()
    {
        var asked = 0;
        Core.Waits("GET /api/reports/stations", left => ++asked == 1 ? new TaskCompletionSource<object>().Task.WaitAsync(left) : Task.FromResult<object>(Of(Today, Today, "Angel")));
        var section = Section(Today, Today);
        Assert.DoesNotContain(section.FindAll("button"), b => b.TextContent.Contains("Try again", StringComparison.Ordinal));

        Time.Advance(TimeSpan.FromSeconds(15));
        section.WaitForAssertion(() => Assert.Contains(section.FindAll("button"), b => b.TextContent.Contains("Try again", StringComparison.Ordinal)));
        section.FindAll("button").Single(b => b.TextContent.Contains("Try again", StringComparison.Ordinal)).Click();

        section.WaitForAssertion(() => Assert.Equal("Angel", section.Find("tbody td").TextContent));
    }

    [Fact]
    public void A_core_that_fails_is_said_and_the_next_days_are_asked_for_again()
    {
        var section = Section(Today, Today);
        section.WaitForAssertion(() => Assert.Equal("false", section.Find(".report").GetAttribute("aria-busy")));
        Assert.NotNull(section.Find(".mud-alert"));

        Core.Answers("GET /api/reports/stations", () => Of(Today.AddDays(-1), Today, "Angel"));
        section.Render(p => p.Add(s => s.From, Today.AddDays(-1)));

        section.WaitForAssertion(() => Assert.Equal("Angel", section.Find("tbody td").TextContent));
        Assert.Empty(section.FindAll(".mud-alert"));
    }

    [Fact]
    public void Figures_stand_beside_those_of_as_many_days_before_with_the_change()
    {
        var asked = new List<string>();
        Core.Answers("GET /api/reports/stations", () =>
        {
            asked.Add("asked");
            return new Report<StationRow>(Today.AddDays(-6), Today, [new StationRow("a1", "Angel", asked.Count == 1 ? 90 : 120, 2, 8)], []);
        });

        var section = Render<ReportSection<StationRow>>(p => p
            .Add(s => s.Title, "Busiest stations").Add(s => s.Name, "stations").Add(s => s.From, Today.AddDays(-6)).Add(s => s.To, Today).Add(s => s.Compare, true)
            .Add(s => s.Columns, [new ReportColumn<StationRow>("Station", r => r.Station, false)])
            .Add(s => s.Figures, rows => [new ReportFigure("Stations", rows.Count, "1"), new ReportFigure("Passages", rows.Sum(r => r.Passages), $"{rows.Sum(r => r.Passages)}")]));

        section.WaitForAssertion(() => Assert.Equal(["Passages", "90", "120", "\u221225.0 %"], section.FindAll(".compared tbody tr")[1].Children.Select(c => c.TextContent)));
        Assert.Equal("no change", section.FindAll(".compared tbody tr")[0].LastElementChild!.TextContent);
    }

    [Theory]
    [InlineData(3, 2, false, "+50.0 %")]
    [InlineData(0.75, 0.5, true, "+25.0 points")]
    [InlineData(1, 0, false, "–")]
    [InlineData(2, 2, false, "no change")]
    [InlineData(double.NaN, 0.5, true, "–")]
    public void A_change_is_in_percent_and_of_shares_in_points(double now, double before, bool isShare, string change) =>
        Assert.Equal(change, ReportFigure.Change(new ReportFigure("x", now, "", isShare), new ReportFigure("x", before, "", isShare)));

    private IRenderedComponent<ReportSection<StationRow>> Section(DateOnly from, DateOnly to) => Render<ReportSection<StationRow>>(p => p
        .Add(s => s.Title, "Busiest stations").Add(s => s.Name, "stations").Add(s => s.From, from).Add(s => s.To, to)
        .Add(s => s.Columns, [new ReportColumn<StationRow>("Station", r => r.Station, false)]));

    private static Report<StationRow> Of(DateOnly from, DateOnly to, string station) => new(from, to, [new StationRow("a1", station, 3, 2, 8)], []);
}
