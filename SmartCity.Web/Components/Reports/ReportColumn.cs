namespace SmartCity.Web.Components.Reports;

/// <summary>A column of a report's table.</summary>
/// <param name="Wraps">Its words may take several lines.</param>
public sealed record ReportColumn<T>(string Name, Func<T, string?> Text, bool IsNumber = true, bool Wraps = false);
