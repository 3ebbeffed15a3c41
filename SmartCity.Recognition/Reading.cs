namespace SmartCity.Recognition;

/// <summary>Makes the reading of what was decoded, in one picture or in a vote.</summary>
internal static class Reading
{
    /// <param name="decoded">The text and what speaks for it.</param>
    /// <param name="rows">What it was decoded from.</param>
    /// <param name="quad">Where it was seen.</param>
    /// <param name="appearance">What the plate looks like.</param>
    /// <param name="share">How probable it is that what was left out of <paramref name="rows"/> is no character.</param>
    /// <param name="abstainBelow">With less confidence, the text is only a guess.</param>
    /// <param name="by">The reader.</param>
    public static PlateRead Of(GrammarDecoder decoded, ReadOnlySpan<float> rows, PlateQuad quad, in PlateAppearance appearance, double share, double abstainBelow, ReaderTraits by)
    {
        var (text, confidence) = (decoded.Text(), Calibration.Confidence(decoded, share, appearance, by.Calibration));
        return new PlateRead
        {
            Plate = confidence >= abstainBelow ? text : null,
            BestGuess = text,
            Country = decoded.Country,
            Format = decoded.Format,
            MayBeAnyones = decoded.MayBeAnyones,
            Confidence = Math.Round(confidence, 4),
            Characters = decoded.Characters(),
            Alternatives = decoded.Alternatives(),
            Quad = quad,
            Grid = new CharacterGrid(rows),
            Appearance = appearance,
            Share = share,
            ReadBy = by,
        };
    }

    /// <summary>The same reading of a plate of which not all was seen: the text is the best guess, and a person looks.</summary>
    public static PlateRead InPart(PlateRead read, double abstainBelow = 0, float whole = PlateAppearance.CertainlyInPart)
    {
        var confidence = Math.Min(read.Confidence, Calibration.InPart);
        return read with
        {
            Plate = confidence >= abstainBelow ? read.Plate : null,
            Confidence = confidence,
            Appearance = read.Appearance with { Whole = whole },
        };
    }
}
