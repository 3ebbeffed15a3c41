namespace SmartCity.Bench;

internal static class Percentile
{
    /// <summary>The value below which a share of the values lies, 0 for none.</summary>
    public static double Of(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[(int)Math.Min(sorted.Count - 1, share * sorted.Count)];
    }
}
