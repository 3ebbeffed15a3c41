using System.Text;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>Which columns of the lake's tables say whose vehicle a row is about.</summary>
internal static class LakePlates
{
    public static readonly IReadOnlyList<string> Names = ["plate", "read_plate"];

    /// <summary>Places of those columns in a table.</summary>
    public static int[] ColumnsOf(LakeTableDefinition table) => [.. table.Columns.Select((c, i) => (c.Name, Index: i)).Where(c => Names.Contains(c.Name)).Select(c => c.Index)];

    /// <summary>Whether a file may have a plate, by what its manifest says of it.</summary>
    public static bool MayHave(LakeTableDefinition table, DataFile file, string plate)
    {
        var text = Encoding.UTF8.GetBytes(plate);
        return Array.Exists(ColumnsOf(table), c => MayHave(file, table.Columns[c].Id, text));
    }

    // Bounds may be shortened, but never to the wrong side. A column without any may have whatever it likes.
    private static bool MayHave(DataFile file, int column, byte[] text) =>
        !(file.NullCounts.TryGetValue(column, out var nulls) && nulls == file.Rows)
        && !(file.Lower.TryGetValue(column, out var least) && text.AsSpan().SequenceCompareTo(least) < 0)
        && !(file.Upper.TryGetValue(column, out var most) && text.AsSpan().SequenceCompareTo(most) > 0);
}
