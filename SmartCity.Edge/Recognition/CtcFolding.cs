using System.Globalization;
using System.Numerics.Tensors;
using System.Text;

namespace SmartCity.Edge.Recognition;

/// <summary>Turns a model's CTC output into places over A–Z and 0–9: lower case and full-width forms fold to their capitals.</summary>
internal sealed class CtcFolding
{
    public const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private const float Present = 0.05f;

    private readonly (int Class, int Column)[] _folds;
    private readonly int[] _columns;

    /// <param name="keys">The model's characters from class 1 on; class 0 is the blank.</param>
    /// <param name="space">Whether one more class, the space, comes last.</param>
    public CtcFolding(IReadOnlyList<string> keys, bool space)
    {
        Classes = keys.Count + (space ? 2 : 1);
        _columns = new int[Classes];
        Array.Fill(_columns, -1);
        for (var k = 0; k < keys.Count; k++)
        {
            var folded = keys[k].Normalize(NormalizationForm.FormKC).ToUpper(CultureInfo.InvariantCulture);
            if (folded.Length == 1)
            {
                _columns[k + 1] = Alphabet.IndexOf(folded[0], StringComparison.Ordinal);
            }
        }

        _folds = [.. _columns.Select((column, index) => (index, column)).Where(f => f.column >= 0)];
    }

    public int Classes { get; }

    /// <summary>One distribution over <see cref="Alphabet"/> for each character that is seen; what is missing to 1 was something else.</summary>
    /// <param name="probabilities">steps × classes.</param>
    public List<float[]> Places(ReadOnlySpan<float> probabilities, int steps)
    {
        var places = new List<float[]>();
        var previous = 0;
        float[]? open = null;
        var openWeight = 0f;
        for (var step = 0; step < steps; step++)
        {
            var row = probabilities.Slice(step * Classes, Classes);
            var best = Largest(row);
            // A character that the blank only just beats still counts where it stands alone.
            if (best == 0 && row[0] < 0.9f && Largest(row[1..]) + 1 is var second && row[second] > 0.3f && previous == 0)
            {
                best = second;
            }

            var column = best == 0 ? -1 : _columns[best];
            if (column >= 0)
            {
                if (best != previous || open is null)
                {
                    Close(places, open, openWeight);
                    (open, openWeight) = (new float[Alphabet.Length], 0);
                }

                // The surest step speaks for the character.
                if (row[best] > openWeight)
                {
                    openWeight = row[best];
                    Array.Clear(open);
                    foreach (var (@class, folded) in _folds)
                    {
                        open[folded] += row[@class];
                    }
                }
            }
            else if (best != previous)
            {
                Close(places, open, openWeight);
                open = null;
            }

            previous = best;
        }

        Close(places, open, openWeight);
        return places;
    }

    private static int Largest(ReadOnlySpan<float> row) => row.IndexOf(TensorPrimitives.Max(row));

    private static void Close(List<float[]> places, float[]? open, float weight)
    {
        if (open is not null && weight > Present)
        {
            places.Add(open);
        }
    }
}
