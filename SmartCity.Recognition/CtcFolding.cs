using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using SmartCity.Contracts.Plates;

namespace SmartCity.Recognition;

/// <summary>Turns a model's CTC output into places over A–Z and 0–9: lower case and full-width forms fold to their capitals.</summary>
internal sealed class CtcFolding
{
    public const string Alphabet = PlateShape.Alphabet;
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

    /// <summary>Puts down one distribution over <see cref="Alphabet"/> for each character that is seen; what is missing to 1 was something else.</summary>
    /// <param name="probabilities">steps × classes.</param>
    /// <param name="steps">How many steps there are.</param>
    /// <param name="into">Gets the places after those that it has.</param>
    public void Fold(ReadOnlySpan<float> probabilities, int steps, SeenPlaces into)
    {
        var previous = 0;
        var open = false;
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

            if (best != previous)
            {
                open = Close(into, open, openWeight);
            }

            if (best != 0 && _columns[best] >= 0)
            {
                if (!open)
                {
                    into.Add();
                    (open, openWeight) = (true, 0);
                }

                // The surest step speaks for the character.
                if (row[best] > openWeight)
                {
                    openWeight = row[best];
                    var place = into[into.Count - 1];
                    place.Clear();
                    foreach (var (@class, folded) in _folds)
                    {
                        place[folded] += row[@class];
                    }
                }
            }

            previous = best;
        }

        Close(into, open, openWeight);
    }

    // One that was hardly seen is none. No place is open any more.
    private static bool Close(SeenPlaces into, bool open, float weight)
    {
        if (open && weight <= Present)
        {
            into.RemoveLast();
        }

        return false;
    }

    private static int Largest(ReadOnlySpan<float> row) => row.IndexOf(TensorPrimitives.Max(row));
}
