namespace SmartCity.Recognition;

/// <summary>Room for what a reader sees in one patch, filled anew for each; a <see cref="CharacterGrid"/> keeps it.</summary>
internal sealed class SeenPlaces
{
    private const int Most = 48;

    private readonly float[] _values = new float[Most * CharacterGrid.Columns];

    public int Count { get; private set; }

    /// <summary>The distributions one after another.</summary>
    public ReadOnlySpan<float> Rows => _values.AsSpan(0, Count * CharacterGrid.Columns);

    public Span<float> this[int place] => _values.AsSpan(place * CharacterGrid.Columns, CharacterGrid.Columns);

    public void Clear() => Count = 0;

    /// <summary>One more place, all nought; the last one again where there is no more room.</summary>
    public Span<float> Add()
    {
        Count = Math.Min(Count + 1, Most);
        this[Count - 1].Clear();
        return this[Count - 1];
    }

    public void RemoveLast() => Count--;

    /// <summary>The places of another without one of them.</summary>
    public void CopyWithout(SeenPlaces other, int place)
    {
        Count = other.Count - 1;
        other._values.AsSpan(0, place * CharacterGrid.Columns).CopyTo(_values);
        other._values.AsSpan((place + 1) * CharacterGrid.Columns, (Count - place) * CharacterGrid.Columns).CopyTo(_values.AsSpan(place * CharacterGrid.Columns));
    }
}
