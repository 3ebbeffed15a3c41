using System.Text.Json.Nodes;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>What a table of the lake is like: its columns, the column whose day its files are apart by, and the order of rows in a file.</summary>
internal sealed class LakeTableDefinition
{
    private const int FirstPartitionField = 1000;
    private const int SortOrderId = 1;

    public required string Name { get; init; }

    public required IReadOnlyList<LakeColumn> Columns { get; init; }

    /// <summary>What a row needs in Postgres, in the order of the columns.</summary>
    public required string Select { get; init; }

    /// <summary>Column of a time or a day; null for a table that is not partitioned.</summary>
    public string? PartitionBy { get; init; }

    /// <summary>Whether the retention of the archive takes old days out.</summary>
    public bool IsRemovedByDay { get; init; }

    /// <summary>Rows that are the same in these columns are the same thing, of which one stays.</summary>
    public required IReadOnlyList<string> SortBy { get; init; }

    /// <summary>
    /// Column whose equal values lie together, once a day is over: what asks for one value reads a small part of the day's rows. Null for a table whose files keep the order
    /// of <see cref="SortBy"/>.
    /// </summary>
    public string? TogetherBy { get; init; }

    /// <summary>Of the same thing the row stays that is greatest in these columns, the first before the second.</summary>
    public IReadOnlyList<string> NewestBy { get; init; } = [];

    public LakeColumn this[string name] => Columns.First(c => c.Name == name);

    public int LastColumnId => Columns.Max(c => c.LastId);

    public JsonObject Schema => new() { ["type"] = "struct", ["schema-id"] = 0, ["fields"] = new JsonArray([.. Columns.Select(c => c.ToJson())]) };

    public JsonObject SortOrder => new()
    {
        ["order-id"] = SortOrderId,
        ["fields"] = new JsonArray([.. SortBy.Select(c => new JsonObject { ["transform"] = "identity", ["source-id"] = this[c].Id, ["direction"] = "asc", ["null-order"] = "nulls-first" })]),
    };

    public PartitionSpec Spec(int id = 0) => new(id, PartitionBy is { } by ? [new PartitionField(FirstPartitionField, this[by].Id, by + "_day", "day")] : []);

    /// <summary>By day and by a text that the files lack, which readers take from there.</summary>
    public PartitionSpec SpecBy(string text) => Spec() with { Fields = [.. Spec().Fields, new PartitionField(FirstPartitionField + 1, this[text].Id, text, "identity")] };

    public static IReadOnlyDictionary<string, string> Properties => new Dictionary<string, string>
    {
        ["write.parquet.compression-codec"] = "zstd",
        ["write.delete.mode"] = "copy-on-write",
        ["write.update.mode"] = "copy-on-write",
        ["write.merge.mode"] = "copy-on-write",
    };

    public int IndexOf(string column)
    {
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Name == column)
            {
                return i;
            }
        }

        throw new ArgumentException($"Table {Name} has no column {column}.", nameof(column));
    }
}
