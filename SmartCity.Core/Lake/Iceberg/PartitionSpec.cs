using System.Text.Json.Nodes;

namespace SmartCity.Core.Lake.Iceberg;

/// <summary>How a table is partitioned. A table keeps each way that it ever was; every manifest says which one is its own.</summary>
internal sealed record PartitionSpec(int Id, IReadOnlyList<PartitionField> Fields)
{
    public JsonArray ToJsonFields() =>
        [.. Fields.Select(f => new JsonObject { ["name"] = f.Name, ["transform"] = f.Transform, ["source-id"] = f.SourceId, ["field-id"] = f.FieldId })];

    public JsonObject ToJson() => new() { ["spec-id"] = Id, ["fields"] = ToJsonFields() };

    public static PartitionSpec Parse(JsonNode spec) => new(
        spec["spec-id"]!.GetValue<int>(),
        [.. spec["fields"]!.AsArray().Select(f => new PartitionField(f!["field-id"]!.GetValue<int>(), f["source-id"]!.GetValue<int>(), f["name"]!.GetValue<string>(), f["transform"]!.GetValue<string>()))]);
}

/// <param name="Transform">day (an int: days since 1970), or identity of a text.</param>
internal sealed record PartitionField(int FieldId, int SourceId, string Name, string Transform);
