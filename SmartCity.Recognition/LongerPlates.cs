using System.Collections.Immutable;

namespace SmartCity.Recognition;

/// <summary>Where more characters would stand if a text were what is seen of a longer plate: LR33TEE can be no part of one in Britain, R33TEE can.</summary>
/// <param name="Left">Before the first character.</param>
/// <param name="Right">After the last.</param>
/// <param name="Within">Between two.</param>
internal readonly record struct LongerPlates(bool Left, bool Right, bool Within)
{
    // Where more of them are hidden within, the gap is wider than any between groups.
    private const int MostWithin = 2;

    // A plate that looks less like a country's is taken for none of it.
    private const double LeastLook = 0.05;

    /// <summary>By the grammars of the home country and of those that the plate looks like.</summary>
    public static LongerPlates Of(string text, in PlateAppearance look, string? homeCountry) => Of(text, look, homeCountry, LeastLook * Countries.Count);

    /// <summary>By the grammars of one country alone.</summary>
    public static LongerPlates Of(string text, string country) => Of(text, PlateAppearance.Neutral, country, double.PositiveInfinity);

    private static LongerPlates Of(string text, in PlateAppearance look, string? homeCountry, double leastFavour)
    {
        var found = default(LongerPlates);
        for (var length = text.Length + 1; length <= PlateGrammar.LongestPlate; length++)
        {
            foreach (var grammar in PlateGrammar.OfLength(length))
            {
                if (grammar.Country == homeCountry || look.Favour(grammar.CountryIndex) >= leastFavour)
                {
                    found = new LongerPlates(
                        found.Left || Fits(text, grammar.Places, 0),
                        found.Right || Fits(text, grammar.Places, text.Length),
                        found.Within || (length - text.Length <= MostWithin && FitsWithout(text, grammar.Places)));
                }
            }
        }

        return found;
    }

    private static bool FitsWithout(string text, ImmutableArray<ulong> places)
    {
        for (var before = 1; before < text.Length; before++)
        {
            if (Fits(text, places, before))
            {
                return true;
            }
        }

        return false;
    }

    // So many characters at the beginning of the plate, the others at its end.
    private static bool Fits(string text, ImmutableArray<ulong> places, int before)
    {
        var hidden = places.Length - text.Length;
        for (var i = 0; i < text.Length; i++)
        {
            if (((places[i < before ? i : i + hidden] >> PlateGrammar.IndexOf(text[i])) & 1) == 0)
            {
                return false;
            }
        }

        return true;
    }
}
