using SmartCity.Contracts;
using SmartCity.Contracts.Models;

namespace SmartCity.Recognition;

/// <summary>How sure a reading is, 0–1: the decoder's probability as it proved to be on rendered pictures, and no more than each rule allows.</summary>
internal static class Calibration
{
    /// <summary>The most of a plate of which not all is seen: what is hidden may be any character.</summary>
    public const double InPart = 0.7;

    // Telephone and fleet numbers look like plates of digits alone, words like personal plates, and two countries may give out the same
    // characters: a person looks at those before anyone is charged.
    private const double NeverSure = Sighting.LeastSure - 0.01;

    // F1 and RR1 are plates, and so much lettering: such a vehicle is seen, not read.
    private const double ShortAlone = 0.5;

    /// <param name="decoded">The text and its probability.</param>
    /// <param name="share">How probable it is that what was left out of it is no character.</param>
    /// <param name="appearance">What the plate looks like.</param>
    /// <param name="calibration">What the reader's probabilities are worth.</param>
    public static double Confidence(GrammarDecoder decoded, double share, in PlateAppearance appearance, ModelCalibration calibration)
    {
        var most = PlateRules.IsShort(decoded.Length) ? ShortAlone : OfOneKind(decoded) || decoded.MayBeAnyones ? NeverSure : 1;
        return Math.Min(calibration.Of(decoded.Confidence * share), appearance.SeenInPart ? Math.Min(most, InPart) : most);
    }

    private static bool OfOneKind(GrammarDecoder decoded) => decoded.DigitCount == 0 || decoded.DigitCount == decoded.Length;
}
