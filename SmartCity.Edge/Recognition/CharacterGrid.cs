namespace SmartCity.Edge.Recognition;

/// <summary>What a reader saw in one patch: for each character place a distribution over A–Z and 0–9, probabilities 0–1.</summary>
public sealed class CharacterGrid
{
    private readonly Half[] _values;

    /// <param name="places">One distribution a place, each with a value for each of the 36 characters.</param>
    public CharacterGrid(IReadOnlyList<float[]> places)
    {
        _values = new Half[places.Count * Columns];
        for (var place = 0; place < places.Count; place++)
        {
            for (var c = 0; c < Columns; c++)
            {
                _values[place * Columns + c] = (Half)places[place][c];
            }
        }
    }

    /// <param name="rows">The distributions one after another.</param>
    internal CharacterGrid(ReadOnlySpan<float> rows)
    {
        _values = new Half[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            _values[i] = (Half)rows[i];
        }
    }

    /// <summary>The columns: A–Z, then 0–9.</summary>
    internal const int Columns = 36;

    /// <summary>How many characters were seen.</summary>
    public int Count => _values.Length / Columns;

    /// <summary>The probability of a character (0 is A) at a place.</summary>
    public float this[int place, int character] => (float)_values[place * Columns + character];

    internal void CopyTo(Span<float> rows)
    {
        for (var i = 0; i < _values.Length; i++)
        {
            rows[i] = (float)_values[i];
        }
    }
}
