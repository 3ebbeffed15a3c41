using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Contracts.Plates;

/// <summary>
/// One shape of one country's plates: for each place the characters that may stand there. The shapes follow what the countries give out: for Northern Ireland
/// the county codes with I or Z of the Motor Car Act 1903 and the dateless marks of up to three letters and four figures (INF104, INF160, DVLA); for Greece,
/// Bulgaria and Ukraine the letters that Latin, Greek and Cyrillic share (Vienna Convention on Road Traffic, annex 2); for Türkiye the provinces 01–81 and no Q, W or X;
/// for Latvia, Lithuania, Estonia, Luxembourg, Malta and Cyprus Wikipedia, "Vehicle registration plates of Europe". Luxembourg's plates of figures alone are left out.
/// </summary>
/// <param name="Id">Such as <c>gb-current</c>.</param>
/// <param name="Prior">How common it is, relative to the others.</param>
/// <param name="Places">A bit for each character of <see cref="Alphabet"/>.</param>
public sealed record PlateShape(string Id, string Country, double Prior, ImmutableArray<ulong> Places)
{
    /// <summary>The characters that plates may have, in the order of the bits.</summary>
    public const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    private const ulong Letters = (1UL << 26) - 1;
    private const ulong Digits = ((1UL << 36) - 1) & ~Letters;

    /// <summary>Every shape of <c>grammars.json</c>.</summary>
    public static ImmutableArray<PlateShape> All { get; } = [.. Load()];

    /// <summary>Whether a plate (A–Z, 0–9) has this shape.</summary>
    public bool Fits(string plate)
    {
        if (plate.Length != Places.Length)
        {
            return false;
        }

        for (var i = 0; i < plate.Length; i++)
        {
            if ((Places[i] & Bit(plate[i])) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static IEnumerable<PlateShape> Load()
    {
        using var stream = typeof(PlateShape).Assembly.GetManifestResourceStream("grammars.json")!;
        foreach (var definition in JsonSerializer.Deserialize(stream, GrammarJson.Default.IReadOnlyListGrammarDefinition)!)
        {
            foreach (var places in definition.Patterns.SelectMany(Expand))
            {
                yield return new PlateShape(definition.Id, definition.Country, definition.Prior / definition.Patterns.Count, [.. places]);
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
