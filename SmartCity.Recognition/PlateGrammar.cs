using System.Collections.Immutable;
using SmartCity.Contracts.Plates;

namespace SmartCity.Recognition;

/// <summary>A <see cref="PlateShape"/> as the decoder looks it up.</summary>
/// <param name="Id">Such as <c>gb-current</c>.</param>
/// <param name="Prior">How common it is, relative to the others.</param>
/// <param name="Places">A bit for each character of <see cref="PlateShape.Alphabet"/>.</param>
internal sealed record PlateGrammar(string Id, string Country, double Prior, ImmutableArray<ulong> Places)
{
    private static readonly ImmutableArray<ImmutableArray<PlateGrammar>> ByLength = Arrange();

    /// <summary>Characters of the longest plate that any grammar has.</summary>
    public static int LongestPlate => ByLength.Length - 1;

    /// <summary>The country's place in <see cref="Countries"/>.</summary>
    internal int CountryIndex { get; } = Countries.IndexOf(Country);

    /// <summary>The grammars of so many places; none for a length that no plate has.</summary>
    public static ImmutableArray<PlateGrammar> OfLength(int places) => places < ByLength.Length ? ByLength[places] : [];

    /// <summary>The bit of a character (A–Z, 0–9) in <see cref="Places"/>.</summary>
    internal static int IndexOf(char character) => character >= 'A' ? character - 'A' : character - '0' + 26;

    private static ImmutableArray<ImmutableArray<PlateGrammar>> Arrange()
    {
        var all = PlateShape.All.Select(s => new PlateGrammar(s.Id, s.Country, s.Prior, s.Places)).ToLookup(g => g.Places.Length);
        return [.. Enumerable.Range(0, all.Max(g => g.Key) + 1).Select(length => all[length].ToImmutableArray())];
    }
}
