using SmartCity.Contracts;

namespace SmartCity.Edge.Recognition;

/// <summary>How sure a reading is, 0–1: the decoder's probability as it proved to be on rendered pictures, and no more than each rule allows.</summary>
internal static class Calibration
{
    private const double CalibratedFrom = 0.6;
    private const double NearlyCertain = 0.965;
    private const double NearlyCertainIs = 0.9;

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
    public static double Confidence(GrammarDecoder decoded, double share, in PlateAppearance appearance)
    {
        var most = PlateRules.IsShort(decoded.Length) ? ShortAlone : OfOneKind(decoded) || decoded.MayBeAnyones ? NeverSure : 1;
        return Math.Min(Calibrated(decoded.Confidence * share), appearance.SeenInPart ? Math.Min(most, InPart) : most);
    }

    private static bool OfOneKind(GrammarDecoder decoded) => decoded.DigitCount == 0 || decoded.DigitCount == decoded.Length;

    // What the grammars give as nearly certain is wrong more often than that on rendered pictures taken at night, in rain and out of focus.
    private static double Calibrated(double probability) => probability switch
    {
        <= CalibratedFrom => probability,
        <= NearlyCertain => CalibratedFrom + (probability - CalibratedFrom) * (NearlyCertainIs - CalibratedFrom) / (NearlyCertain - CalibratedFrom),
        _ => NearlyCertainIs + (probability - NearlyCertain) * (1 - NearlyCertainIs) / (1 - NearlyCertain),
    };
}
