using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Reports;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Sql;

/// <summary>What is drawn of an answer. Pure.</summary>
/// <param name="Kind">bar, stack, line, or map.</param>
/// <param name="Along">Column along the axis.</param>
/// <param name="Value">Column of numbers.</param>
/// <param name="Split">Column whose values are drawn beside one another; -1 for none.</param>
public sealed record SqlChartChoice(string Kind, int Along, int Value, int Split)
{
    public const string Map = "map";
}

public static class SqlChartRules
{
    public const int MostCategories = 400;
    public const int MostSeries = 8;
    private const int SidewaysFrom = 12;
    private static readonly string[] Numbers = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
    private static readonly string[] Stations = ["station_id", "station"];

    public static bool IsNumber(string type) => Numbers.Any(n => type.StartsWith(n, StringComparison.Ordinal));

    /// <summary>What is likely meant; null if there is nothing to draw.</summary>
    public static SqlChartChoice? Usual(SqlResult result)
    {
        var numbers = Indexes(result, c => IsNumber(c.Type)).ToList();
        if (result.Rows.Count == 0 || numbers.Count == 0)
        {
            return null;
        }

        var value = numbers[^1];
        var names = Indexes(result, c => !IsNumber(c.Type)).ToList();
        var along = names.Count > 0 ? names[0] : numbers[0];
        var split = names.Skip(1).Append(-1).First();
        return new SqlChartChoice(split >= 0 ? "stack" : IsTime(result.Columns[along].Type) ? "line" : "bar", along, value, split);
    }

    /// <summary>The column with stations; -1 if there is none.</summary>
    public static int StationColumn(SqlResult result) => Indexes(result, c => Stations.Contains(c.Name)).Append(-1).First();

    /// <summary>The chart, and what is left out of it, as a sentence; null if nothing is.</summary>
    public static (ChartData Data, string? LeftOut) Draw(SqlResult result, SqlChartChoice choice)
    {
        string Category(IReadOnlyList<string?> row) => row[choice.Along] ?? Say("none|value");
        string Series(IReadOnlyList<string?> row) => choice.Split >= 0 ? row[choice.Split] ?? Say("none|value") : result.Columns[choice.Value].Name;
        var sums = result.Rows.GroupBy(r => (Category(r), Series(r))).ToDictionary(g => g.Key, g => g.Select(r => Number(r[choice.Value])).Aggregate((double?)null, (a, b) => b is null ? a : (a ?? 0) + b));
        var categories = result.Rows.Select(Category).Distinct().ToList();
        var series = result.Rows.Select(Series).Distinct().ToList();
        var leftOut = categories.Count > MostCategories ? Say("The chart shows the first {0} of {1:#,0} values of {2}.", MostCategories, categories.Count, result.Columns[choice.Along].Name)
            : series.Count > MostSeries ? Say("The chart shows the first {0} of {1:#,0} values of {2}.", MostSeries, series.Count, result.Columns[choice.Split].Name)
            : null;
        List<string> shown = [.. categories.Take(MostCategories)];
        var data = new ChartData(
            choice.Kind, shown, [.. series.Take(MostSeries).Select(s => new ChartSeries(s, shown.ConvertAll(c => sums.GetValueOrDefault((c, s)))))], "",
            Sideways: choice.Kind != "line" && shown.Count <= SidewaysFrom * 2 && shown.Any(c => c.Length > SidewaysFrom) && !IsTime(result.Columns[choice.Along].Type));
        return (data, leftOut);
    }

    /// <summary>Sums by station, for a map.</summary>
    public static IReadOnlyDictionary<string, double> ByStation(SqlResult result, SqlChartChoice choice)
    {
        var column = StationColumn(result);
        return result.Rows.Where(r => r[column] is not null).GroupBy(r => r[column]!, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(r => Number(r[choice.Value]) ?? 0), StringComparer.Ordinal);
    }

    private static double? Number(string? text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static bool IsTime(string type) => type.StartsWith("date", StringComparison.Ordinal) || type.StartsWith("time", StringComparison.Ordinal);

    private static IEnumerable<int> Indexes(SqlResult result, Func<SqlColumn, bool> of) => Enumerable.Range(0, result.Columns.Count).Where(i => of(result.Columns[i]));
}
