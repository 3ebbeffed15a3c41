using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Edge.Recognition;

/// <summary>
/// One shape of one country's plates: for each place the characters that may stand there. The shapes follow what the countries give out: for Northern Ireland
/// the county codes with I or Z of the Motor Car Act 1903 and the dateless marks of up to three letters and four figures (INF104, INF160, DVLA); for Greece,
/// Bulgaria and Ukraine the letters that Latin, Greek and Cyrillic share (Vienna Convention on Road Traffic, annex 2); for Türkiye the provinces 01–81 and no Q, W or X;
/// for Latvia, Lithuania, Estonia, Luxembourg, Malta and Cyprus Wikipedia, "Vehicle registration plates of Europe". Luxembourg's plates of figures alone are left out.
/// </summary>
/// <param name="Id">Such as <c>gb-current</c>.</param>
/// <param name="Prior">How common it is, relative to the others.</param>
/// <param name="Places">A bit for each character of <see cref="CtcFolding.Alphabet"/>.</param>
public sealed record PlateGrammar(string Id, string Country, double Prior, ImmutableArray<ulong> Places)
{
    private const string Alphabet = CtcFolding.Alphabet;
    private const ulong Letters = (1UL << 26) - 1;
    private const ulong Digits = ((1UL << 36) - 1) & ~Letters;

    private static readonly ImmutableArray<ImmutableArray<PlateGrammar>> ByLength = Arrange();

    /// <summary>Characters of the longest plate that any grammar has.</summary>
    public static int LongestPlate => ByLength.Length - 1;

    /// <summary>Every grammar of <c>grammars.json</c>.</summary>
    public static IEnumerable<PlateGrammar> All => ByLength.SelectMany(g => g);

    /// <summary>The country's place in <see cref="Countries"/>.</summary>
    internal int CountryIndex { get; } = Countries.IndexOf(Country);

    /// <summary>The grammars of so many places; none for a length that no plate has.</summary>
    public static ImmutableArray<PlateGrammar> OfLength(int places) => places < ByLength.Length ? ByLength[places] : [];

    /// <summary>Whether a plate (A–Z, 0–9) has this shape.</summary>
    public bool Fits(string plate) =>
        plate.Length == Places.Length && plate.Select((c, i) => (Places[i] >> Alphabet.IndexOf(c, StringComparison.Ordinal)) & 1).All(bit => bit == 1);

    /// <summary>The bit of a character (A–Z, 0–9) in <see cref="Places"/>.</summary>
    internal static int IndexOf(char character) => character >= 'A' ? character - 'A' : character - '0' + 26;

    private static ImmutableArray<ImmutableArray<PlateGrammar>> Arrange()
    {
        var all = Load().ToLookup(g => g.Places.Length);
        return [.. Enumerable.Range(0, all.Max(g => g.Key) + 1).Select(length => all[length].ToImmutableArray())];
    }

    private static IEnumerable<PlateGrammar> Load()
    {
        using var stream = typeof(PlateGrammar).Assembly.GetManifestResourceStream("grammars.json")!;
        foreach (var definition in JsonSerializer.Deserialize(stream, GrammarJson.Default.IReadOnlyListGrammarDefinition)!)
        {
            var shapes = definition.Patterns.SelectMany(Expand).ToArray();
            foreach (var places in shapes)
            {
                yield return new PlateGrammar(definition.Id, definition.Country, definition.Prior / definition.Patterns.Count, [.. places]);
            }
        }
    }

    /// <summary>
    /// L letter, D digit, [A-HK] a set, {n} repeats the place before, (AB|CD) one of several beginnings, another character itself.
    /// </summary>
    private static IEnumerable<ulong[]> Expand(string pattern)
    {
        if (pattern[0] == '(')
        {
            var end = pattern.IndexOf(')', StringComparison.Ordinal);
            return pattern[1..end].Split('|').Select(begin => (ulong[])[.. begin.Select(Bit), .. Shape(pattern[(end + 1)..])]);
        }

        return [[.. Shape(pattern)]];
    }

    private static List<ulong> Shape(string pattern)
    {
        var places = new List<ulong>();
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case 'L':
                    places.Add(Letters);
                    break;
                case 'D':
                    places.Add(Digits);
                    break;
                case '[':
                    var end = pattern.IndexOf(']', i);
                    places.Add(Set(pattern[(i + 1)..end]));
                    i = end;
                    break;
                case '{':
                    places.AddRange(Enumerable.Repeat(places[^1], pattern[i + 1] - '1'));
                    i += 2;
                    break;
                default:
                    places.Add(Bit(pattern[i]));
                    break;
            }
        }

        return places;
    }

    private static ulong Set(string characters)
    {
        var set = 0UL;
        for (var i = 0; i < characters.Length; i++)
        {
            if (i + 2 < characters.Length && characters[i + 1] == '-')
            {
                for (var c = characters[i]; c <= characters[i + 2]; c++)
                {
                    set |= Bit(c);
                }

                i += 2;
            }
            else
            {
                set |= Bit(characters[i]);
            }
        }

        return set;
    }

    private static ulong Bit(char c) => 1UL << Alphabet.IndexOf(c, StringComparison.Ordinal);
}

internal sealed record GrammarDefinition(string Id, string Country, double Prior, IReadOnlyList<string> Patterns);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<GrammarDefinition>))]
internal sealed partial class GrammarJson : JsonSerializerContext;
