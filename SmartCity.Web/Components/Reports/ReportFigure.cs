using System.Globalization;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Reports;

/// <summary>One figure of a whole report, to be set beside that of the period before.</summary>
/// <param name="Text">The figure in words.</param>
/// <param name="IsShare">It is a share from 0 to 1: its change is in percentage points.</param>
public sealed record ReportFigure(string Name, double Value, string Text, bool IsShare = false)
{
    /// <summary>The change since the period before, such as <c>+12.5 %</c>; a dash where there is nothing to compare with.</summary>
    public static string Change(ReportFigure now, ReportFigure? before) =>
        before is null || double.IsNaN(now.Value) || double.IsNaN(before.Value) ? "–"
        : now.IsShare ? Signed((now.Value - before.Value) * 100, change => Say("{0} points", change))
        : before.Value == 0 ? (now.Value == 0 ? Say("no change") : "–")
        : Signed((now.Value - before.Value) / Math.Abs(before.Value) * 100, change => change + " %");

    private static string Signed(double change, Func<string, string> inWords) =>
        Math.Round(change, 1) == 0 ? Say("no change") : inWords(change.ToString("+#,0.0;\u2212#,0.0", CultureInfo.CurrentCulture));
}
