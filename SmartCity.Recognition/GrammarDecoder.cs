using System.Numerics;
using SmartCity.Contracts;

namespace SmartCity.Recognition;

/// <summary>
/// Bayes over grammars: each says which characters may stand where, the pixels say how probable each character is and how much the plate
/// looks like each country's. A place that must be a digit is read as one where the pixels allow it; a plate that fits no grammar is read as
/// it stands, with the confidence that deserves. Keeps its memory from one decoding to the next; not thread-safe.
/// </summary>
internal sealed class GrammarDecoder
{
    private const string Alphabet = CtcFolding.Alphabet;
    private const int Columns = CharacterGrid.Columns;
    /// <summary>More characters than any plate has.</summary>
    internal const int MostPlaces = 12;

    private const int MostCandidates = 64;
    private const int MostAlternatives = 4;
    private const ulong Anything = (1UL << Columns) - 1;
    private const ulong Letters = (1UL << 26) - 1;
    private const ulong Figures = Anything & ~Letters;

    private const double NoGrammarPrior = 2;
    private const double AtHome = 20;
    private const double Confused = 0.004;
    private const double Alike = 0.6;
    private const double Floor = 1e-5;
    private const double LeastAlternative = 0.005;

    // A country is given where it is likelier than this; chosen on rendered pictures.
    private const double CountrySure = 0.8;

    // So many times more a plate looks like another country's; chosen on rendered pictures.
    private const double LooksForeign = 10;

    // A plate that looks less like one from home than this is not a part of one.
    private const double LeastHomeLook = 0.01;

    // Look-alikes. Many faces draw O and 0, and I and 1, alike.
    private static readonly (int A, int B, double Share)[] Pairs =
        [.. new[] { "O0", "I1", "B8", "S5", "Z2", "G6", "D0", "Q0", "OD", "OQ", "T1", "L1", "A4", "T7", "Z7", "C0" }
            .Select(pair => (Alphabet.IndexOf(pair[0], StringComparison.Ordinal), Alphabet.IndexOf(pair[1], StringComparison.Ordinal), pair is "O0" or "I1" ? Alike : Confused))];

    private readonly double[] _places = new double[MostPlaces * Columns];
    private readonly double[] _letters = new double[MostPlaces];
    private readonly double[] _digits = new double[MostPlaces];
    private readonly int[] _letter = new int[MostPlaces];
    private readonly int[] _digit = new int[MostPlaces];
    private readonly Candidate[] _candidates = new Candidate[MostCandidates];
    private readonly double[] _countries = new double[Countries.Count];

    private string? _home;
    private double _homeLook;
    private int _length;
    private int _count;
    private int _chosen;
    private double _total;
    private double _seen;

    /// <summary>Probability 0–1 that the whole text is right.</summary>
    public double Confidence => Probability(_chosen);

    /// <summary>The likeliest country; null where none is likely enough.</summary>
    public string? Country { get; private set; }

    /// <summary>The grammar that speaks most for the text; null where none does, or where the country is another's.</summary>
    public string? Format { get; private set; }

    /// <summary>Whether the text is one that some country gives out.</summary>
    public bool Fits => _candidates[_chosen].Grammar is not null;

    /// <summary>Whether it is not known whose the plate is: the home country and another give out such a text, or what is seen as another's may be a part of one from home.</summary>
    public bool MayBeAnyones => (Country is null && _candidates[_chosen] is { HomeLook: > 0, ForeignLook: > 0 })
        || (_home is { } home && Country != home && _homeLook >= LeastHomeLook && LongerPlates.Of(Text(), home) != default);

    public int Length => _length;

    /// <summary>How many characters of the text are digits.</summary>
    public int DigitCount => Digits(_candidates[_chosen].Text);

    /// <summary>Finds the best reading; false when there are no places, or more than any plate has.</summary>
    /// <param name="rows">What the reader saw: distributions over <see cref="CtcFolding.Alphabet"/>, one after another.</param>
    /// <param name="appearance">What the plate looks like.</param>
    /// <param name="homeCountry">Where the camera stands, so that most vehicles are from there; null when that is not known.</param>
    public bool Run(ReadOnlySpan<float> rows, in PlateAppearance appearance, string? homeCountry)
    {
        _length = rows.Length / Columns;
        if (_length is 0 or > MostPlaces)
        {
            return false;
        }

        (_count, _total, _seen) = (0, 0, 1);
        (_home, _homeLook) = (homeCountry, homeCountry is null ? 0 : appearance.Favour(Countries.IndexOf(homeCountry)) / Countries.Count);
        Array.Clear(_countries);
        for (var i = 0; i < _length; i++)
        {
            Look(i, rows.Slice(i * Columns, Columns));
        }

        WithoutGrammar(appearance);
        foreach (var grammar in PlateGrammar.OfLength(_length))
        {
            With(grammar, appearance, homeCountry);
        }

        Choose(homeCountry);
        return true;
    }

    /// <summary>The best reading.</summary>
    public string Text() => Text(_candidates[_chosen].Text);

    /// <summary>How sure each character of it is, 0–1.</summary>
    public double[] Characters()
    {
        var characters = new double[_length];
        var (text, grammar) = (_candidates[_chosen].Text, _candidates[_chosen].Grammar);
        for (var i = _length - 1; i >= 0; i--, text /= Columns)
        {
            characters[i] = Math.Round(Character(i, (int)(text % Columns), grammar is null ? Anything : grammar.Places[i]), 4);
        }

        return characters;
    }

    /// <summary>What else it may be, the likeliest first.</summary>
    public PlateAlternative[] Alternatives()
    {
        Span<int> best = stackalloc int[MostAlternatives];
        var found = 0;
        for (var i = 0; i < _count; i++)
        {
            if (i == _chosen || Probability(i) <= LeastAlternative)
            {
                continue;
            }

            var at = found;
            while (at > 0 && Probability(i) > Probability(best[at - 1]))
            {
                at--;
            }

            if (at < MostAlternatives)
            {
                found = Math.Min(found + 1, MostAlternatives);
                for (var k = found - 1; k > at; k--)
                {
                    best[k] = best[k - 1];
                }

                best[at] = i;
            }
        }

        if (found == 0)
        {
            return [];
        }

        var alternatives = new PlateAlternative[found];
        for (var i = 0; i < found; i++)
        {
            alternatives[i] = new PlateAlternative(Text(_candidates[best[i]].Text), Math.Round(Probability(best[i]), 4));
        }

        return alternatives;
    }

    private double Probability(int candidate) => Math.Clamp(_candidates[candidate].Weight / _total * _seen, 0, 1);

    // A character that is sure leaves its look-alikes a little room: the pixels of O and 0 are nearly the same.
    private void Look(int place, ReadOnlySpan<float> row)
    {
        var smooth = _places.AsSpan(place * Columns, Columns);
        var (seen, sum) = (0.0, 0.0);
        for (var c = 0; c < Columns; c++)
        {
            seen += row[c];
            smooth[c] = row[c] + Floor;
        }

        _seen *= Math.Min(1, seen);
        foreach (var (a, b, share) in Pairs)
        {
            smooth[a] += share * row[b];
            smooth[b] += share * row[a];
        }

        foreach (var value in smooth)
        {
            sum += value;
        }

        (_letters[place], _letter[place], _digits[place], _digit[place]) = (0, 0, 0, 26);
        for (var c = 0; c < Columns; c++)
        {
            smooth[c] /= sum;
            if (c < 26)
            {
                _letters[place] += smooth[c];
                _letter[place] = smooth[c] > smooth[_letter[place]] ? c : _letter[place];
            }
            else
            {
                _digits[place] += smooth[c];
                _digit[place] = smooth[c] > smooth[_digit[place]] ? c : _digit[place];
            }
        }
    }

    private void WithoutGrammar(in PlateAppearance appearance)
    {
        var (text, sure) = (0UL, 1.0);
        for (var i = 0; i < _length; i++)
        {
            var best = Best(i, Anything);
            text = text * Columns + (ulong)best;
            sure *= Character(i, best, Anything);
        }

        Add(text, NoGrammarPrior, sure, null);
        if (appearance.Shares is { } shares)
        {
            for (var c = 0; c < Countries.Count; c++)
            {
                _countries[c] += NoGrammarPrior * shares[c];
            }
        }
    }

    private void With(PlateGrammar grammar, in PlateAppearance appearance, string? homeCountry)
    {
        var places = grammar.Places.AsSpan();
        var likelihood = 1.0;
        for (var i = 0; i < _length; i++)
        {
            likelihood *= Mass(i, places[i]);
            if (likelihood <= 1e-7)
            {
                return;
            }
        }

        var (text, sure) = (0UL, 1.0);
        for (var i = 0; i < _length; i++)
        {
            var best = Best(i, places[i]);
            text = text * Columns + (ulong)best;
            sure *= _places[i * Columns + best];
        }

        var (atHome, look) = (grammar.Country == homeCountry, appearance.Favour(grammar.CountryIndex));
        var weight = grammar.Prior * (atHome ? AtHome : 1) * look * likelihood;
        _countries[grammar.CountryIndex] += weight;
        Add(text, weight, sure / likelihood, grammar, atHome ? look : 0, atHome ? 0 : look);
    }

    private void Add(ulong text, double weight, double sure, PlateGrammar? grammar, double homeLook = 0, double foreignLook = 0)
    {
        _total += weight;
        var at = 0;
        while (at < _count && _candidates[at].Text != text)
        {
            at++;
        }

        if (at == MostCandidates)
        {
            at = Weakest();
            if (_candidates[at].Weight >= weight * sure)
            {
                return;
            }

            _candidates[at] = default;
        }
        else if (at == _count)
        {
            _candidates[_count++] = default;
        }

        ref var candidate = ref _candidates[at];
        candidate.Text = text;
        candidate.Weight += weight * sure;
        candidate.HomeLook = Math.Max(candidate.HomeLook, homeLook);
        candidate.ForeignLook = Math.Max(candidate.ForeignLook, foreignLook);
        if (grammar is not null && weight > candidate.GrammarWeight)
        {
            (candidate.Grammar, candidate.GrammarWeight) = (grammar, weight);
        }
    }

    private int Weakest()
    {
        var weakest = 0;
        for (var i = 1; i < _count; i++)
        {
            weakest = _candidates[i].Weight < _candidates[weakest].Weight ? i : weakest;
        }

        return weakest;
    }

    private void Choose(string? homeCountry)
    {
        _chosen = 0;
        for (var i = 1; i < _count; i++)
        {
            _chosen = _candidates[i].Weight > _candidates[_chosen].Weight ? i : _chosen;
        }

        var best = 0;
        for (var c = 1; c < Countries.Other; c++)
        {
            best = _countries[c] > _countries[best] ? c : best;
        }

        // The look does not tell the others apart: of those only the home country is given.
        var grammarCountry = _candidates[_chosen].Grammar?.Country;
        Country = _countries[best] / _total >= CountrySure ? Countries.Code(best)
            : grammarCountry is not null && grammarCountry == homeCountry && Countries.IndexOf(grammarCountry) == Countries.Other && _countries[Countries.Other] / _total >= CountrySure ? grammarCountry
            : null;
        if (Country == homeCountry && _candidates[_chosen].ForeignLook > LooksForeign * _candidates[_chosen].HomeLook)
        {
            // That most vehicles are from home does not make one that looks foreign a home vehicle.
            Country = null;
        }

        Format = _candidates[_chosen].Grammar is { } grammar && grammar.Country == Country ? grammar.Id : null;
    }

    private int Digits(ulong text)
    {
        var count = 0;
        for (var i = 0; i < _length; i++, text /= Columns)
        {
            count += text % Columns >= 26 ? 1 : 0;
        }

        return count;
    }

    private double Mass(int place, ulong allowed)
    {
        if (allowed == Letters)
        {
            return _letters[place];
        }

        if (allowed == Figures)
        {
            return _digits[place];
        }

        var mass = 0.0;
        for (var left = allowed; left != 0; left &= left - 1)
        {
            mass += _places[place * Columns + BitOperations.TrailingZeroCount(left)];
        }

        return mass;
    }

    private int Best(int place, ulong allowed)
    {
        if (((allowed >> _letter[place]) & 1) == 1 && (allowed & Figures) == 0)
        {
            return _letter[place];
        }

        if (((allowed >> _digit[place]) & 1) == 1 && (allowed & Letters) == 0)
        {
            return _digit[place];
        }

        var best = -1;
        for (var left = allowed; left != 0; left &= left - 1)
        {
            var c = BitOperations.TrailingZeroCount(left);
            best = best < 0 || _places[place * Columns + c] > _places[place * Columns + best] ? c : best;
        }

        return best;
    }

    private double Character(int place, int c, ulong allowed)
    {
        var mine = _places[place * Columns + c];
        if (allowed != Anything)
        {
            return mine / Mass(place, allowed);
        }

        // Without a grammar the look-alikes' share is not held against the character that was seen.
        var others = 0.0;
        foreach (var (a, b, share) in Pairs)
        {
            others += a == c || b == c ? share * mine : 0;
        }

        return Math.Min(1, mine + others);
    }

    private string Text(ulong packed) => string.Create(_length, packed, static (text, left) =>
    {
        for (var i = text.Length - 1; i >= 0; i--, left /= Columns)
        {
            text[i] = Alphabet[(int)(left % Columns)];
        }
    });

    private struct Candidate
    {
        /// <summary>The characters as digits of a number of base 36.</summary>
        public ulong Text;
        public double Weight;
        public double GrammarWeight;
        public PlateGrammar? Grammar;

        /// <summary>How much it looks like the home country's, and the most that it looks like another's, of those that give out such a text.</summary>
        public double HomeLook;
        public double ForeignLook;
    }
}
