using System.Globalization;
using Spectre.Console;

namespace SmartCity.Bench;

/// <summary>What was measured, side by side: a column for each figure and a line for each of its measures, so that it fits a terminal.</summary>
internal static class FigureTable
{
    public static void Write<T>(string title, IEnumerable<T> figures, Func<T, string> column, params (string Measure, Func<T, double?> Value, int Digits)[] lines)
    {
        T[] columns = [.. figures];
        var table = new Table().AddColumn(new TableColumn(Markup.Escape(title)).NoWrap());
        foreach (var figure in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column(figure))).RightAligned());
        }

        foreach (var (measure, value, digits) in lines)
        {
            table.AddRow([measure, .. columns.Select(f => value(f)?.ToString($"N{digits}", CultureInfo.InvariantCulture) ?? "")]);
        }

        AnsiConsole.Write(table);
    }
}
