namespace SmartCity.Bench.Learning;

/// <summary>Whole plates read rightly, of how many.</summary>
internal sealed record Rightly(int Right, int Of)
{
    public double? Percent => Of == 0 ? null : 100.0 * Right / Of;
}

/// <param name="Signs">Live, of vehicles with plates in signs.</param>
/// <param name="Usual">Live, of vehicles with plates as the shipped reader knows them.</param>
/// <param name="HoldOut">Of the corrected readings that no training saw, the plate's picture alone.</param>
/// <param name="Rendered">Of the rendered plates by which the core judges.</param>
/// <param name="Photographs">Of photographs whose plates are known; null where there are none.</param>
internal sealed record LearningRates(string Version, Rightly Signs, Rightly Usual, Rightly HoldOut, Rightly Rendered, Rightly? Photographs);

/// <summary>When a ring was reached, and with which stations.</summary>
internal sealed record RingReached(string Ring, double Minutes, IReadOnlyList<string> Stations);

/// <param name="Decided">Readings that were decided on.</param>
/// <param name="Corrected">Those of them that were wrong or none.</param>
internal sealed record LearningFigures(
    int Decided, int Corrected, int Train, int Validation, int HoldOut, string Dataset, double TrainingMinutes, string? Environment, string Log, IReadOnlyList<string> Gates, string? Refused, IReadOnlyList<RingReached> Rings,
    LearningRates? Before, LearningRates? After)
{
    private const double LeastGain = 20;
    private const double MostLoss = 0.5;

    /// <summary>What of the proof does not hold, in plain English; empty if all of it does.</summary>
    public IEnumerable<string> Failures()
    {
        if (Refused is not null || Before is null || After is null)
        {
            yield return Refused ?? "Nothing was measured.";
            yield break;
        }

        if (After.Signs.Percent - Before.Signs.Percent is not >= LeastGain)
        {
            yield return $"The live read rate of plates in signs rose by less than {LeastGain} points.";
        }

        if (Before.Rendered.Percent - After.Rendered.Percent is not <= MostLoss)
        {
            yield return $"The rendered plates lost more than {MostLoss} points.";
        }

        if (Before.Photographs?.Percent - After.Photographs?.Percent > MostLoss)
        {
            yield return $"The photographs lost more than {MostLoss} points.";
        }
    }
}
