using System.IO.Hashing;
using System.Text;

namespace SmartCity.Core.Vehicles;

/// <summary>Rows of one file that say something else of the same: the first is imported, and the other is refused, or nobody would know which holds.</summary>
internal sealed class SaidBefore
{
    // A file may have millions of rows, so that only digests are kept.
    private readonly Dictionary<UInt128, (long Line, UInt128 Facts)> _rows = [];

    /// <param name="line">Of the row.</param>
    /// <param name="of">What the row is about.</param>
    /// <param name="facts">What it says of it.</param>
    /// <param name="same">The columns that tell what it is about, for people.</param>
    /// <returns>What is wrong with the row; null when nothing is.</returns>
    public string? Add(long line, string of, string facts, string same)
    {
        var said = Digest(facts);
        return _rows.TryAdd(Digest(of), (line, said)) || _rows[Digest(of)] is var first && first.Facts == said
            ? null
            : $"Line {_rows[Digest(of)].Line} has the same {same} and says something else. Keep one of them.";
    }

    private static UInt128 Digest(string text) => XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(text));
}
