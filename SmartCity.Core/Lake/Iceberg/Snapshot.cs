using System.Globalization;
using System.Text.Json.Nodes;

namespace SmartCity.Core.Lake.Iceberg;

/// <summary>A state of a table.</summary>
/// <param name="Operation">append, replace (the same rows in other files), overwrite or delete.</param>
internal sealed record Snapshot(long Id, long? ParentId, long Sequence, DateTimeOffset At, string ManifestList, string Operation, IReadOnlyDictionary<string, string> Summary)
{
    /// <summary>A figure of the summary; 0 when the writer did not say it.</summary>
    public long Figure(string name) => long.TryParse(Summary.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var value) ? value : 0;

    public JsonObject ToJson(int schemaId)
    {
        var summary = new JsonObject { ["operation"] = Operation };
        foreach (var (name, value) in Summary)
        {
            summary[name] = value;
        }

        var json = new JsonObject { ["sequence-number"] = Sequence, ["snapshot-id"] = Id };
        if (ParentId is { } parent)
        {
            json["parent-snapshot-id"] = parent;
        }

        json["timestamp-ms"] = At.ToUnixTimeMilliseconds();
        json["summary"] = summary;
        json["manifest-list"] = ManifestList;
        json["schema-id"] = schemaId;
        return json;
    }

    public static Snapshot Parse(JsonNode json)
    {
        var summary = json["summary"]?.AsObject().ToDictionary(p => p.Key, p => p.Value!.GetValue<string>()) ?? [];
        var operation = summary.GetValueOrDefault("operation", "append");
        summary.Remove("operation");
        return new Snapshot(
            json["snapshot-id"]!.GetValue<long>(),
            json["parent-snapshot-id"]?.GetValue<long>(),
            json["sequence-number"]?.GetValue<long>() ?? 0,
            DateTimeOffset.FromUnixTimeMilliseconds(json["timestamp-ms"]!.GetValue<long>()),
            json["manifest-list"]?.GetValue<string>() ?? throw new InvalidDataException("A snapshot names no manifest list: the table is of Iceberg v1, and only v2 is read."),
            operation,
            summary);
    }
}
