namespace SmartCity.Recognition;

/// <summary>What a reader saw in one patch, for voting over frames: for each character place the likeliest characters with their probabilities 0–1.</summary>
internal sealed class CharacterGrid
{
    /// <summary>The columns of a distribution: A–Z, then 0–9.</summary>
    internal const int Columns = 36;

    // What comes after these has a probability near nought.
    private const int KeptAPlace = 3;

    public static CharacterGrid Empty { get; } = new([]);

    private readonly (byte Character, Half Probability)[] _likeliest;

    /// <param name="rows">For each place, one after another, a probability for each of the 36 characters.</param>
    public CharacterGrid(ReadOnlySpan<float> rows)
    {
        _likeliest = new (byte, Half)[rows.Length / Columns * KeptAPlace];
        for (var place = 0; place < Count; place++)
        {
            var row = rows.Slice(place * Columns, Columns);
            var kept = _likeliest.AsSpan(place * KeptAPlace, KeptAPlace);
            for (var c = 0; c < Columns; c++)
            {
                var (at, probability) = (KeptAPlace, (Half)row[c]);
                while (at > 0 && probability > kept[at - 1].Probability)
                {
                    at--;
                }

                if (at < KeptAPlace)
                {
                    kept[at..^1].CopyTo(kept[(at + 1)..]);
                    kept[at] = ((byte)c, probability);
                }
            }
        }
    }

    /// <summary>How many characters were seen.</summary>
    public int Count => _likeliest.Length / KeptAPlace;

    /// <summary>Puts the probabilities into rows, as the constructor takes them.</summary>
    public void CopyTo(Span<float> rows)
    {
        rows[..(Count * Columns)].Clear();
        for (var i = 0; i < _likeliest.Length; i++)
        {
            var (character, probability) = _likeliest[i];
            if (probability > (Half)0)
            {
                rows[i / KeptAPlace * Columns + character] = (float)probability;
            }
        }
    }
}
