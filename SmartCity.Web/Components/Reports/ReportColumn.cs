namespace SmartCity.Web.Components.Reports;

/// <summary>A column of a report's table.</summary>
/// <param name="Wraps">Its words may take several lines.</param>
/// <param name="To">The lists behind a row, given the report's first and last day; the first that somebody may see is a link.</param>
public sealed record ReportColumn<T>(string Name, Func<T, string?> Text, bool IsNumber = true, bool Wraps = false, Func<T, DateOnly, DateOnly, IReadOnlyList<ReportTarget>>? To = null);
