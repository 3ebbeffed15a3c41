using SmartCity.Contracts;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>What a decoder makes of what a reader would have seen.</summary>
internal sealed record Decoded(string Plate, double Confidence, string? Country, string? Format, IReadOnlyList<double> Characters, IReadOnlyList<PlateAlternative> Alternatives)
{
    public static Decoded? From(CharacterGrid grid, PlateAppearance appearance, string? homeCountry = null)
    {
        var rows = new float[grid.Count * CharacterGrid.Columns];
        grid.CopyTo(rows);
        var decoder = new GrammarDecoder();
        return decoder.Run(rows, appearance, homeCountry)
            ? new Decoded(decoder.Text(), decoder.Confidence, decoder.Country, decoder.Format, decoder.Characters(), decoder.Alternatives())
            : null;
    }
}
