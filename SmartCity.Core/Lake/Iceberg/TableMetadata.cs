using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SmartCity.Core.Lake.Iceberg;

/// <summary>
/// A table's <c>metadata.json</c>, which is never changed: what is to be another is a copy. What is in it that is not known here (statistics, tags,
/// properties of other engines) stays in the copies.
/// </summary>
internal sealed class TableMetadata
{
    /// <summary>How many earlier files a table names; those before them are swept.</summary>
    public const int MostPrevious = 100;

    private const long NoSnapshot = -1;

    private readonly JsonObject _json;

    private TableMetadata(JsonObject json) => _json = json;

    public string Location => Text("location");

    public Guid Id => Guid.Parse(Text("table-uuid"));

    public long LastSequence => _json["last-sequence-number"]!.GetValue<long>();

    public JsonNode Schema => Current("schemas", "schema-id", "current-schema-id");

    public int SchemaId => _json["current-schema-id"]!.GetValue<int>();

    /// <summary>The spec that new files are written with.</summary>
    public PartitionSpec Spec => PartitionSpec.Parse(Current("partition-specs", "spec-id", "default-spec-id"));

    public Snapshot? CurrentSnapshot => _json["current-snapshot-id"]?.GetValue<long>() is { } id and not NoSnapshot ? Snapshots.First(s => s.Id == id) : null;

    public IReadOnlyList<Snapshot> Snapshots => [.. Array("snapshots").Select(s => Snapshot.Parse(s!))];

    public string? Property(string name) => _json["properties"]?[name]?.GetValue<string>();

    /// <summary>Earlier metadata files that the table still names, oldest first.</summary>
    public IReadOnlyList<string> Previous => [.. Array("metadata-log").Select(e => e!["metadata-file"]!.GetValue<string>())];

    /// <summary>Files of statistics that other engines wrote.</summary>
    public IReadOnlyList<string> Statistics => [.. Array("statistics").Concat(Array("partition-statistics")).Select(s => s!["statistics-path"]!.GetValue<string>())];

    /// <summary>Snapshots that a branch or a tag names.</summary>
    public IReadOnlySet<long> Referenced => _json["refs"] is JsonObject refs ? refs.Select(r => r.Value!["snapshot-id"]!.GetValue<long>()).ToHashSet() : new HashSet<long>();

    public PartitionSpec SpecOf(int id) => PartitionSpec.Parse(Array("partition-specs").First(s => s!["spec-id"]!.GetValue<int>() == id)!);

    /// <summary>A new table.</summary>
    /// <param name="specs">The last one is that of new files.</param>
    public static TableMetadata Create(string location, JsonObject schema, int lastColumnId, IReadOnlyList<PartitionSpec> specs, JsonObject sortOrder, IReadOnlyDictionary<string, string> properties, DateTimeOffset now) => new(new JsonObject
    {
        ["format-version"] = 2,
        ["table-uuid"] = Guid.NewGuid().ToString(),
        ["location"] = location,
        ["last-sequence-number"] = 0,
        ["last-updated-ms"] = now.ToUnixTimeMilliseconds(),
        ["last-column-id"] = lastColumnId,
        ["current-schema-id"] = 0,
        ["schemas"] = new JsonArray(schema),
        ["default-spec-id"] = specs[^1].Id,
        ["partition-specs"] = new JsonArray([.. specs.Select(s => s.ToJson())]),
        ["last-partition-id"] = specs.SelectMany(s => s.Fields).Select(f => f.FieldId).DefaultIfEmpty(999).Max(),
        ["default-sort-order-id"] = sortOrder["order-id"]!.GetValue<int>(),
        ["sort-orders"] = new JsonArray(sortOrder),
        ["properties"] = new JsonObject(properties.Select(p => new KeyValuePair<string, JsonNode?>(p.Key, p.Value))),
        ["current-snapshot-id"] = NoSnapshot,
        ["refs"] = new JsonObject(),
        ["snapshots"] = new JsonArray(),
        ["statistics"] = new JsonArray(),
        ["snapshot-log"] = new JsonArray(),
        ["metadata-log"] = new JsonArray(),
    });

    /// <exception cref="InvalidDataException">It is no metadata of Iceberg v2; the message does not name the file.</exception>
    public static TableMetadata Parse(ReadOnlyMemory<byte> content)
    {
        try
        {
            var json = JsonNode.Parse(content.Span)!.AsObject();
            var version = json["format-version"]!.GetValue<int>();
            return version == 2 ? new TableMetadata(json) : throw new InvalidDataException($"The table is of Iceberg v{version}, and only v2 is read and written.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new InvalidDataException($"It is not a metadata file of Iceberg: {e.Message}", e);
        }
    }

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_json.ToJsonString());

    /// <summary>The metadata as JSON, for whoever asks over HTTP.</summary>
    public JsonObject ToJson() => (JsonObject)_json.DeepClone();

    /// <summary>The table with one more snapshot, which is the current one.</summary>
    /// <param name="from">Location of this metadata file.</param>
    public TableMetadata With(Snapshot snapshot, string from)
    {
        var next = Next(from, snapshot.At);
        next["last-sequence-number"] = snapshot.Sequence;
        next["current-snapshot-id"] = snapshot.Id;
        Of(next, "snapshots").Add(snapshot.ToJson(SchemaId));
        Of(next, "snapshot-log").Add(new JsonObject { ["timestamp-ms"] = snapshot.At.ToUnixTimeMilliseconds(), ["snapshot-id"] = snapshot.Id });
        var refs = next["refs"] as JsonObject ?? [];
        next["refs"] = refs;
        refs["main"] = new JsonObject { ["snapshot-id"] = snapshot.Id, ["type"] = "branch" };
        return new TableMetadata(next);
    }

    /// <summary>The table without the snapshots given.</summary>
    /// <inheritdoc cref="With(Snapshot, string)"/>
    public TableMetadata Without(IReadOnlySet<long> snapshots, string from, DateTimeOffset now)
    {
        var next = Next(from, now);
        foreach (var (list, id) in new[] { ("snapshots", "snapshot-id"), ("snapshot-log", "snapshot-id"), ("statistics", "snapshot-id"), ("partition-statistics", "snapshot-id") })
        {
            var kept = Of(next, list).Where(e => !snapshots.Contains(e![id]!.GetValue<long>())).Select(e => e!.DeepClone()).ToArray();
            next[list] = new JsonArray(kept);
        }

        return new TableMetadata(next);
    }

    private JsonObject Next(string from, DateTimeOffset now)
    {
        var next = (JsonObject)_json.DeepClone();
        var log = Of(next, "metadata-log");
        log.Add(new JsonObject { ["timestamp-ms"] = _json["last-updated-ms"]!.GetValue<long>(), ["metadata-file"] = from });
        while (log.Count > MostPrevious)
        {
            log.RemoveAt(0);
        }

        next["last-updated-ms"] = Math.Max(now.ToUnixTimeMilliseconds(), _json["last-updated-ms"]!.GetValue<long>());
        return next;
    }

    private static JsonArray Of(JsonObject json, string name)
    {
        if (json[name] is JsonArray known)
        {
            return known;
        }

        var array = new JsonArray();
        json[name] = array;
        return array;
    }

    private JsonArray Array(string name) => _json[name] as JsonArray ?? [];

    private JsonNode Current(string list, string id, string current) => Array(list).First(e => e![id]!.GetValue<int>() == _json[current]!.GetValue<int>())!;

    private string Text(string name) => _json[name]!.GetValue<string>();
}
