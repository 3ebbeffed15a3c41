using SmartCity.Recognition;

namespace SmartCity.Edge.Tracking;

/// <summary>How far two readings are from being of one plate.</summary>
internal static class PlateDifference
{
    // Two readings that are each so sure of a character do not take one character for two.
    private const double SureCharacter = 0.95;

    /// <summary>Doubtful characters that differ, a sure one counting as two. 0 when one reading holds the other: it saw a part of the plate.</summary>
    public static int Of(PlateRead a, PlateRead b)
    {
        var (p, q) = (a.Plate ?? a.BestGuess, b.Plate ?? b.BestGuess);
        if (p.Contains(q, StringComparison.Ordinal) || q.Contains(p, StringComparison.Ordinal))
        {
            return 0;
        }

        return p.Length != q.Length ? Edits(p, q) : Enumerable.Range(0, p.Length).Where(i => p[i] != q[i]).Sum(i => Math.Min(SureOf(a, i), SureOf(b, i)) >= SureCharacter ? 2 : 1);
    }

    private static double SureOf(PlateRead read, int place) => place < read.Characters.Count ? read.Characters[place] : 0;

    private static int Edits(string p, string q)
    {
        var row = Enumerable.Range(0, q.Length + 1).ToArray();
        for (var i = 1; i <= p.Length; i++)
        {
            var (corner, before) = (row[0], row[0] = i);
            for (var j = 1; j <= q.Length; j++)
            {
                before = Math.Min(Math.Min(row[j], before) + 1, corner + (p[i - 1] == q[j - 1] ? 0 : 1));
                (corner, row[j]) = (row[j], before);
            }
        }

        return row[^1];
    }
}
