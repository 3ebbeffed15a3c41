using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Plates;

namespace SmartCity.Core.Models;

/// <summary>What two versions read of the same plates, and what that says. Pure.</summary>
internal static class PairedPlates
{
    private const int Resamples = 1_000;
    private const int Seed = 17;
    private const int Bins = 10;

    /// <summary>All of a set and every slice of it that has enough plates.</summary>
    /// <param name="plates">Not empty.</param>
    public static IEnumerable<ModelFigures> Figures(string set, IReadOnlyList<PairedPlate> plates, int leastSlice)
    {
        var (low, high) = Bootstrap(plates, p => Right(p.After, p.Truth) - Right(p.Before, p.Truth));
        yield return new ModelFigures(set, "all", plates.Count, Measure(plates, p => p.Before, true), Measure(plates, p => p.After, true), low, high, Bootstrap(plates, p => Right(p.Before, p.Truth)).Low);
        foreach (var slice in plates.SelectMany(p => p.Slices.Select(s => (Slice: s, Plate: p))).GroupBy(p => p.Slice, p => p.Plate).Where(g => g.Count() >= leastSlice).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            PairedPlate[] of = [.. slice];
            yield return new ModelFigures(set, slice.Key, of.Length, Measure(of, p => p.Before, false), Measure(of, p => p.After, false), null, null, null);
        }
    }

    /// <summary>Whether a plate was read rightly, O and 0 and I and 1 being the same.</summary>
    public static bool IsRight(PlateAnswer answer, string truth) => Fold(answer.Text) == Fold(truth);

    private static int Right(PlateAnswer answer, string truth) => IsRight(answer, truth) ? 1 : 0;

    private static string Fold(string text) => text.Replace('O', '0').Replace('I', '1');

    private static ModelMeasure Measure(IReadOnlyList<PairedPlate> plates, Func<PairedPlate, PlateAnswer> of, bool timed)
    {
        double n = plates.Count;
        return new ModelMeasure(
            Math.Round(plates.Sum(p => Right(of(p), p.Truth)) / n, 4),
            Math.Round(plates.Count(p => of(p).Confidence >= Sighting.LeastSure && Right(of(p), p.Truth) == 0) / n, 4),
            Math.Round(plates.Count(p => of(p).Abstained) / n, 4),
            Math.Round(plates.GroupBy(p => Math.Min((int)(of(p).Confidence * Bins), Bins - 1)).Sum(bin => Math.Abs(bin.Sum(p => of(p).Confidence - Right(of(p), p.Truth)))) / n, 4),
            timed ? Math.Round(plates.Select(p => of(p).Time.TotalMilliseconds).Order().ElementAt((int)Math.Ceiling(n * 0.95) - 1), 2) : null,
            Math.Round(plates.Count(p => PlateShape.All.Any(s => s.Fits(of(p).Text))) / n, 4));
    }

    // The middle 95 % of the mean, over plates drawn with replacement.
    private static (double Low, double High) Bootstrap(IReadOnlyList<PairedPlate> plates, Func<PairedPlate, int> value)
    {
        var values = plates.Select(value).ToArray();
#pragma warning disable CA5394 // No secret: the same plates give the same interval.
        var random = new Random(Seed);
        var means = new double[Resamples];
        for (var i = 0; i < Resamples; i++)
        {
            var sum = 0;
            for (var k = 0; k < values.Length; k++)
            {
                sum += values[random.Next(values.Length)];
            }

            means[i] = (double)sum / values.Length;
        }
#pragma warning restore CA5394

        Array.Sort(means);
        return (Math.Round(means[(int)(Resamples * 0.025)], 4), Math.Round(means[(int)(Resamples * 0.975) - 1], 4));
    }
}

/// <summary>A plate of a set.</summary>
/// <param name="Slices">Such as <c>country GB</c> or <c>camera a1-n1</c>.</param>
/// <param name="Sighting">Null for a rendered plate.</param>
internal sealed record PairedPlate(string Truth, IReadOnlyList<string> Slices, PlateAnswer Before, PlateAnswer After, Guid? Sighting = null);
