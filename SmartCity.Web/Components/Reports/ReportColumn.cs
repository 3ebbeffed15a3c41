namespace SmartCity.Web.Components.Reports;

/// <summary>A column of a report's table.</summary>
public sealed record ReportColumn<T>(string Name, Func<T, string?> Text, bool IsNumber = true);
