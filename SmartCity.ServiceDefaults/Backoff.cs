namespace SmartCity.ServiceDefaults;

/// <summary>How long to wait after something failed.</summary>
public static class Backoff
{
    private const double Jitter = 0.2;

    /// <summary>Doubles up to a limit, with some randomness, so that what comes back does not get everything at once.</summary>
    /// <param name="failed">How many attempts in a row have failed, from 1.</param>
    public static TimeSpan After(int failed, TimeSpan first, TimeSpan longest)
    {
        var doubled = first * Math.Pow(2, Math.Min(failed - 1, 30));
        return (doubled < longest ? doubled : longest) * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble()));
    }
}
