using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Sql;

namespace SmartCity.Web.Tests;

public sealed class SqlTests
{
    [Theory]
    [InlineData("select pund", 8, "Line 1, character 8: ")]
    [InlineData("select day,\n  pund", 15, "Line 2, character 3: ")]
    [InlineData("select '🚗', pund", 13, "Line 1, character 14: ")]
    [InlineData("select", 7, "Line 1, character 7: ")]
    [InlineData("select", null, "")]
    [InlineData("select", 0, "")]
    public void A_fault_has_a_place_that_an_editor_counts_to(string sql, int? position, string place) => Assert.Equal(place, SqlWording.Place(sql, position));

    [Fact]
    public void An_outcome_says_how_many_rows_how_long_and_where()
    {
        var result = Result(["n integer"], ["1"]) with { Milliseconds = 1234, Where = "lake" };
        Assert.Equal("1 row in 1.23 s, in the lake.", SqlWording.Outcome(result));
        Assert.Equal("1 row in 12 s, in Postgres, with data from the lake, with plates.", SqlWording.Outcome(result with { Milliseconds = 12_000, Where = "both", SawPlates = true }));
        Assert.Equal("Done in 1.23 s.", SqlWording.Outcome(result with { Columns = [], Rows = [], Where = "postgres" }));
    }

    [Fact]
    public void A_plan_says_who_does_what_and_nothing_is_explained_twice()
    {
        var result = Result(["QUERY PLAN text"], ["Lake"]);
        Assert.StartsWith("The lake does all of it", SqlWording.Plan(result with { Where = "lake" }), StringComparison.Ordinal);
        Assert.Equal("The lake does each Foreign Scan, by the statement that stands behind Remote SQL; Postgres does the rest.", SqlWording.Plan(result with { Where = "both" }));
        Assert.Equal("Postgres does all of it.", SqlWording.Plan(result));
        Assert.Equal(("explain verbose ", ""), (SqlWording.ExplainBefore("-- toll\nselect 1"), SqlWording.ExplainBefore("  EXPLAIN analyze select 1")));
    }

    [Fact]
    public void A_chart_is_of_names_along_the_axis_numbers_up_and_one_series_for_each_other_name()
    {
        var result = Result(["day date", "fuel text", "pounds numeric(10,2)"], ["2026-10-24", "diesel", "12.50"], ["2026-10-24", null, "1"], ["2026-10-25", "diesel", "3"], ["2026-10-25", "diesel", "4.5"], ["2026-10-26", "diesel", null]);
        var choice = SqlChartRules.Usual(result)!;
        Assert.Equal(new SqlChartChoice("stack", 0, 2, 1), choice);
        var (data, leftOut) = SqlChartRules.Draw(result, choice);
        Assert.Equal(["2026-10-24", "2026-10-25", "2026-10-26"], data.Categories);
        Assert.Equal(["diesel", "none"], data.Series.Select(s => s.Name));
        Assert.Equal([12.5, 7.5, null], data.Series[0].Values);
        Assert.Equal([1, null, null], data.Series[1].Values);
        Assert.Null(leftOut);
        Assert.Equal("line", SqlChartRules.Usual(Result(["day date", "n bigint"], ["2026-10-24", "1"]))!.Kind);
        Assert.Null(SqlChartRules.Usual(Result(["make text"], ["Ford"])));
        Assert.Null(SqlChartRules.Usual(Result(["n bigint"])));
    }

    [Fact]
    public void A_chart_of_too_much_says_what_it_leaves_out_and_a_map_sums_by_station()
    {
        var many = Result(["plate text", "n integer"], [.. Enumerable.Range(0, 1000).Select(i => new[] { $"p{i}", "1" })]);
        var (data, leftOut) = SqlChartRules.Draw(many, SqlChartRules.Usual(many)!);
        Assert.Equal((SqlChartRules.MostCategories, "The chart shows the first 400 of 1,000 values of plate."), (data.Categories.Count, leftOut));

        var stations = Result(["hour integer", "station_id text", "n integer"], ["1", "a", "2"], ["2", "a", "3"], ["2", "b", "NaN"], ["2", null, "4"]);
        Assert.Equal(1, SqlChartRules.StationColumn(stations));
        Assert.Equal([("a", 5d), ("b", 0d)], SqlChartRules.ByStation(stations, SqlChartRules.Usual(stations)!).Select(s => (s.Key, s.Value)));
    }

    private static SqlResult Result(string[] columns, params string?[][] rows) =>
        new([.. columns.Select(c => c.Split(' ', 2)).Select(c => new SqlColumn(c[0], c[1]))], rows, null, "postgres", null, 0, false);
}
