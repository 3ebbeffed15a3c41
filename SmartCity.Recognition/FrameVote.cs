using System.Numerics.Tensors;

namespace SmartCity.Recognition;

/// <summary>One reading from several frames of the same plate: the grids of the commonest length, weighed by their confidence.</summary>
internal static class FrameVote
{
    /// <exception cref="ArgumentException">There are no reads.</exception>
    public static PlateRead Of(IReadOnlyList<PlateRead> reads, RecognitionOptions options)
    {
        var group = reads.Where(r => r.Grid.Count > 0)
            .GroupBy(r => r.Grid.Count)
            .MaxBy(g => g.Sum(r => r.Confidence + 0.01));
        var best = (group ?? reads.AsEnumerable()).MaxBy(r => (!r.SeenInPart, r.Confidence)) ?? throw new ArgumentException("There are no reads to fuse.", nameof(reads));
        if (group is null || group.Count() == 1)
        {
            return best;
        }

        var weights = group.Select(r => r.Confidence + 0.05).ToArray();
        var seen = group.Select(r =>
        {
            var rows = new float[group.Key * CharacterGrid.Columns];
            r.Grid.CopyTo(rows);
            return rows;
        }).ToArray();
        var fused = new float[group.Key * CharacterGrid.Columns];
        for (var place = 0; place < fused.Length; place += CharacterGrid.Columns)
        {
            // The mean of the logarithms: frames are different looks at the same characters. What each saw as no character is pooled as one more of them.
            var row = fused.AsSpan(place, CharacterGrid.Columns);
            for (var c = 0; c < row.Length; c++)
            {
                row[c] = Pooled(seen.Select(rows => rows[place + c]), weights);
            }

            var none = Pooled(seen.Select(rows => Math.Max(0, 1 - TensorPrimitives.Sum(rows.AsSpan(place, CharacterGrid.Columns)))), weights);
            TensorPrimitives.Divide(row, TensorPrimitives.Sum<float>(row) + none, row);
        }

        var decoder = new GrammarDecoder();
        var share = group.Zip(weights, (r, w) => w * r.Share).Sum() / weights.Sum();
        return decoder.Run(fused, best.Appearance, options.HomeCountry) ? Reading.Of(decoder, fused, best.Quad, best.Appearance, share, options.AbstainBelow, best.ReadBy ?? ReaderTraits.Shipped) : best;
    }

    private static float Pooled(IEnumerable<float> probabilities, double[] weights)
    {
        // Frames of one pass are alike: so many count as their square root.
        var mean = probabilities.Zip(weights, (p, w) => w * Math.Log(p + 1e-4)).Sum() / weights.Sum();
        return (float)Math.Exp(mean * Math.Sqrt(weights.Length));
    }
}
