using SmartCity.Contracts;

namespace SmartCity.Edge.Recognition;

/// <summary>A reading of a plate: its text with the probability 0–1 that all of it is right, and the grammar that speaks for it most.</summary>
internal sealed record Decoded(string Plate, double Confidence, string? Country, string? Format, IReadOnlyList<double> Characters, IReadOnlyList<PlateAlternative> Alternatives);

/// <summary>
/// Bayes over grammars: each says which characters may stand where, the pixels say how probable each character is. A place that must be
/// a digit is read as one where the pixels allow it; a plate that fits no grammar is read as it stands, with the confidence that deserves.
/// </summary>
internal static class GrammarDecoder
{
    private const string Alphabet = CtcFolding.Alphabet;
    private const double NoGrammarPrior = 2;
    private const double AtHome = 20;
    private const double Confused = 0.004;
    private const double Alike = 0.6;
    private const double Floor = 1e-5;
    private const int MostAlternatives = 4;

    private static readonly (char, char)[] Pairs =
        [('O', '0'), ('I', '1'), ('B', '8'), ('S', '5'), ('Z', '2'), ('G', '6'), ('D', '0'), ('Q', '0'), ('O', 'D'), ('O', 'Q'), ('T', '1'), ('L', '1'), ('A', '4'), ('T', '7'), ('Z', '7'), ('C', '0')];

    /// <summary>The best reading; null when there are no places.</summary>
    /// <param name="grid">What the reader saw.</param>
    /// <param name="appearance">What the plate looks like.</param>
    /// <param name="homeCountry">Where the camera stands, so that most vehicles are from there; null when that is not known.</param>
    public static Decoded? Decode(CharacterGrid grid, PlateAppearance appearance, string? homeCountry = null)
    {
        var count = grid.Places.Count;
        if (count is 0 or > 12)
        {
            return null;
        }

        var places = grid.Places.Select(Smooth).ToArray();
        var plain = Text(places, i => ulong.MaxValue);
        var candidates = new Dictionary<string, (double Weight, double GrammarWeight, PlateGrammar? Grammar)>(StringComparer.Ordinal);
        var total = 0.0;

        void Add(double weight, string text, double sure, PlateGrammar? grammar)
        {
            total += weight;
            var (sum, best, of) = candidates.GetValueOrDefault(text);
            candidates[text] = grammar is not null && weight > best ? (sum + weight * sure, weight, grammar) : (sum + weight * sure, best, of);
        }

        Add(NoGrammarPrior, plain, Sure(places, plain, i => ulong.MaxValue), null);
        foreach (var grammar in PlateGrammar.All[count])
        {
            var likelihood = 1.0;
            for (var i = 0; i < count && likelihood > 1e-9; i++)
            {
                likelihood *= Mass(places[i], grammar.Places[i]);
            }

            if (likelihood > 1e-7)
            {
                var text = Text(places, i => grammar.Places[i]);
                Add(grammar.Prior * (grammar.Country == homeCountry ? AtHome : 1) * appearance.Favour(grammar.Country) * likelihood, text, Sure(places, text, i => grammar.Places[i]), grammar);
            }
        }

        var (chosen, chosenBy) = candidates.MaxBy(c => c.Value.Weight);
        var seen = grid.Places.Aggregate(1.0, (product, place) => product * Math.Min(1, place.Sum()));
        double Probability(string text) => Math.Clamp(candidates[text].Weight / total * seen, 0, 1);
        return new Decoded(
            chosen,
            Probability(chosen),
            chosenBy.Grammar?.Country,
            chosenBy.Grammar?.Id,
            [.. chosen.Select((c, i) => Math.Round(Character(places[i], c, chosenBy.Grammar?.Places[i] ?? ulong.MaxValue), 4))],
            [.. candidates.Keys.Where(t => t != chosen).Select(t => new PlateAlternative(t, Math.Round(Probability(t), 4))).Where(a => a.Confidence > 0.001).OrderByDescending(a => a.Confidence).Take(MostAlternatives)]);
    }

    // A character that is sure leaves its look-alikes a little room: the pixels of O and 0 are nearly the same.
    private static double[] Smooth(float[] place)
    {
        var smooth = new double[Alphabet.Length];
        for (var c = 0; c < smooth.Length; c++)
        {
            smooth[c] = place[c] + Floor;
        }

        foreach (var (a, b) in Pairs)
        {
            var (x, y) = (Alphabet.IndexOf(a, StringComparison.Ordinal), Alphabet.IndexOf(b, StringComparison.Ordinal));
            var share = Share(a, b);
            smooth[x] += share * place[y];
            smooth[y] += share * place[x];
        }

        var sum = smooth.Sum();
        for (var c = 0; c < smooth.Length; c++)
        {
            smooth[c] /= sum;
        }

        return smooth;
    }

    // Many faces draw O and 0, and I and 1, alike.
    private static double Share(char a, char b) => (a, b) is ('O', '0') or ('I', '1') ? Alike : Confused;

    private static double Mass(double[] place, ulong allowed)
    {
        var mass = 0.0;
        for (var c = 0; c < place.Length; c++)
        {
            if (((allowed >> c) & 1) == 1)
            {
                mass += place[c];
            }
        }

        return mass;
    }

    private static string Text(double[][] places, Func<int, ulong> allowed) => string.Create(places.Length, (places, allowed), static (text, state) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            var best = -1;
            for (var c = 0; c < Alphabet.Length; c++)
            {
                if (((state.allowed(i) >> c) & 1) == 1 && (best < 0 || state.places[i][c] > state.places[i][best]))
                {
                    best = c;
                }
            }

            text[i] = Alphabet[best];
        }
    });

    private static double Sure(double[][] places, string text, Func<int, ulong> allowed)
    {
        var sure = 1.0;
        for (var i = 0; i < text.Length; i++)
        {
            sure *= Character(places[i], text[i], allowed(i));
        }

        return sure;
    }

    private static double Character(double[] place, char c, ulong allowed)
    {
        // Without a grammar the look-alikes' share is not held against the character that was seen.
        var index = Alphabet.IndexOf(c, StringComparison.Ordinal);
        if (allowed != ulong.MaxValue)
        {
            return place[index] / Mass(place, allowed);
        }

        var others = Pairs.Where(p => p.Item1 == c || p.Item2 == c).Sum(p => Share(p.Item1, p.Item2) * place[index]);
        return Math.Min(1, place[index] + others);
    }
}
