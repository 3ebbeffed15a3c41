namespace SmartCity.Web.Components.Reports;

/// <summary>What a chart shows.</summary>
/// <param name="Kind">bar, stack (bars on one another) or line.</param>
/// <param name="Categories">Along the axis.</param>
/// <param name="Unit">Behind a number, or before it.</param>
/// <param name="IsBefore">The unit is a sign of money.</param>
/// <param name="Sideways">Bars lie, for long names.</param>
public sealed record ChartData(string Kind, IReadOnlyList<string> Categories, IReadOnlyList<ChartSeries> Series, string Unit, bool Sideways = false, bool IsBefore = false);

/// <param name="Values">One for each category; null for none.</param>
/// <param name="Keys">One for each value: what a click on its bar stands for; null where a click does nothing.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<double?> Values, IReadOnlyList<string?>? Keys = null);
