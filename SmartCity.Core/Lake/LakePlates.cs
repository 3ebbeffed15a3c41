namespace SmartCity.Core.Lake;

/// <summary>Which columns of the lake's tables say whose vehicle a row is about.</summary>
internal static class LakePlates
{
    public static readonly IReadOnlyList<string> Names = ["plate", "read_plate"];

    /// <summary>Places of those columns in a table.</summary>
    public static int[] ColumnsOf(LakeTableDefinition table) => [.. table.Columns.Select((c, i) => (c.Name, Index: i)).Where(c => Names.Contains(c.Name)).Select(c => c.Index)];
}
