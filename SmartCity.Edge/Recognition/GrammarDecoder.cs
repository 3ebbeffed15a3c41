using SmartCity.Contracts;

namespace SmartCity.Edge.Recognition;

/// <summary>A reading of a plate: its text with the probability 0–1 that all of it is right, and the country and grammar that speak for it most.</summary>
internal sealed record Decoded(string Plate, double Confidence, string? Country, string? Format, IReadOnlyList<double> Characters, IReadOnlyList<PlateAlternative> Alternatives);

/// <summary>
/// Bayes over grammars: each says which characters may stand where, the pixels say how probable each character is and how much the plate
/// looks like each country's. A place that must be a digit is read as one where the pixels allow it; a plate that fits no grammar is read as
/// it stands, with the confidence that deserves.
/// </summary>
internal static class GrammarDecoder
{
    /// <summary>The best reading; null when there are no places, or more than any plate has.</summary>
    /// <param name="grid">What the reader saw.</param>
    /// <param name="appearance">What the plate looks like.</param>
    /// <param name="homeCountry">Where the camera stands, so that most vehicles are from there; null when that is not known.</param>
    public static Decoded? Decode(CharacterGrid grid, PlateAppearance appearance, string? homeCountry = null)
    {
        var rows = new float[grid.Count * CharacterGrid.Columns];
        grid.CopyTo(rows);
        var decoding = new Decoding();
        return decoding.Run(rows, appearance, homeCountry) ? decoding.Take() : null;
    }
}
