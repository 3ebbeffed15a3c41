namespace SmartCity.Web.Components.Reports;

/// <summary>What a chart shows.</summary>
/// <param name="Kind">bar, stack (bars on one another) or line.</param>
/// <param name="Categories">Along the axis.</param>
/// <param name="Unit">Before a number (£) or behind it.</param>
/// <param name="Sideways">Bars lie, for long names.</param>
public sealed record ChartData(string Kind, IReadOnlyList<string> Categories, IReadOnlyList<ChartSeries> Series, string Unit, bool Sideways = false);

/// <param name="Values">One for each category; null for none.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<double?> Values);
