using System.Globalization;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Relay;

/// <summary>What a statement reads in the lake, as the lines of a plan. Pure.</summary>
internal static class Explanation
{
    public static IEnumerable<string> Of(IReadOnlyList<PlannedRead> reads, Facts facts)
    {
        yield return "Lake";
        foreach (var read in reads)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"  ->  city.{read.Use.Table.Name}: {read.Files} of {read.AllFiles} files, {read.Rows} of {read.AllRows} rows, {read.Bytes} bytes");
            if (read.Span is var (first, last))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"        Days: {read.Days}, from {first:yyyy-MM-dd} to {last:yyyy-MM-dd}");
            }

            if (read.Use.Columns.Count > 0)
            {
                yield return $"        Columns: {string.Join(", ", read.Use.Columns)}";
            }

            foreach (var bound in read.Use.Bounds)
            {
                yield return $"        Bound: {bound.Column} {(bound.Values.Count == 1 ? $"{bound.Operator} {Written(bound.Values[0])}" : $"in ({string.Join(", ", bound.Values.Select(Written))})")}";
            }
        }

        string Written(object value) => value switch
        {
            BoundConstant constant when facts.Numbers[constant.Index] is { } number => Time(number),
            BoundConstant constant => facts.Constants[constant.Index] ?? "null",
            string text => Translator.Quote(text),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
    }

    // Days, or microseconds; what no calendar has is a number.
    private static string Time(long number)
    {
        const long MostDays = 10_000_000;
        const long MostMicroseconds = 200_000_000_000_000_000;
        return Math.Abs(number) switch
        {
            < 700_000 => DateTime.UnixEpoch.AddDays(number).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            > MostDays and < MostMicroseconds when number > -MostMicroseconds / 4 => DateTime.UnixEpoch.AddTicks(number * TimeSpan.TicksPerMicrosecond).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
            _ => number.ToString(CultureInfo.InvariantCulture),
        };
    }
}
