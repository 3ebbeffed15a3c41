using SmartCity.Contracts;

namespace SmartCity.Recognition;

/// <summary>What <see cref="CityWhole"/> answers, in log odds.</summary>
/// <param name="Left">The plate's left end is seen.</param>
/// <param name="Right">Its right end is.</param>
/// <param name="Clear">Nothing hides a character.</param>
/// <param name="Plate">It is a plate and no lettering.</param>
internal readonly record struct WholeLook(float Left, float Right, float Clear, float Plate)
{
    private const float Most = 6;
    private const float LeastProbability = 1e-6f;
    private const float MostConfidence = 0.9995f;
    private const float UsualConfidence = 0.99f;
    private const int FewCharacters = 5;
    private const int ManyCharacters = 7;

    // Fitted on rendered pictures (models/training/README.md): an end counts for more where by its text the plate may go on there.
    private const float AnEndInQuestion = 0.346f, PerEndInQuestion = -0.806f, AnyEnd = 0.059f;
    private const float ClearInQuestion = -0.046f, WithinInQuestion = -1.339f, ClearElse = -0.161f;
    private const float OfPlate = 0.296f, OfConfidence = 0.617f, OfTheLeast = 0.554f;
    private const float OfFewCharacters = -2.308f, OfManyCharacters = 0.681f;

    // Chosen on the same pictures; with less asked, more is given away to what is hidden.
    private const float Asked = 4.22f;

    public static WholeLook Of(ReadOnlySpan<float> probabilities) => new(LogOdds(probabilities[0]), LogOdds(probabilities[1]), LogOdds(probabilities[2]), LogOdds(probabilities[3]));

    public static WholeLook operator +(WholeLook a, WholeLook b) => new(a.Left + b.Left, a.Right + b.Right, a.Clear + b.Clear, a.Plate + b.Plate);

    public static WholeLook operator /(WholeLook a, float by) => new(a.Left / by, a.Right / by, a.Clear / by, a.Plate / by);

    /// <summary>How much more speaks for all of the plate being seen than is asked, in log odds.</summary>
    /// <param name="read">What was read.</param>
    /// <param name="more">Where there may be more characters by that.</param>
    public float Evidence(PlateRead read, LongerPlates more)
    {
        var (left, right, clear) = (Limited(Left), Limited(Right), Limited(Clear));
        // How well it was read speaks for what is sure alone: a blurred plate may be whole.
        var confidence = read.Confidence < Sighting.LeastSure ? UsualConfidence : Math.Min((float)read.Confidence, MostConfidence);
        var evidence = OfEnd(left, more.Left) + OfEnd(right, more.Right)
            + (more.Within ? ClearInQuestion * clear + WithinInQuestion : ClearElse * clear)
            + OfTheLeast * Math.Min(Math.Min(left, right), clear)
            + OfPlate * Limited(Plate)
            + OfConfidence * LogOdds(confidence);
        return evidence - Asked + read.BestGuess.Length switch
        {
            <= FewCharacters => OfFewCharacters,
            >= ManyCharacters => OfManyCharacters,
            _ => 0,
        };
    }

    private static float OfEnd(float seen, bool inQuestion) => inQuestion ? AnEndInQuestion * seen + PerEndInQuestion : AnyEnd * seen;

    private static float Limited(float logOdds) => Math.Clamp(logOdds, -Most, Most);

    private static float LogOdds(float probability)
    {
        var p = Math.Clamp(probability, LeastProbability, 1 - LeastProbability);
        return MathF.Log(p / (1 - p));
    }
}
