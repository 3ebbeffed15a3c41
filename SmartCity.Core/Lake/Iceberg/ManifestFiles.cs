using System.Globalization;
using System.Text.Json.Nodes;

namespace SmartCity.Core.Lake.Iceberg;

/// <summary>Manifests and manifest lists as Avro files of Iceberg v2, written with the fields that readers use and read whoever wrote them.</summary>
internal static class ManifestFiles
{
    private const string FormatVersion = "2";

    private static readonly string ListSchema = new JsonObject
    {
        ["type"] = "record",
        ["name"] = "manifest_file",
        ["fields"] = new JsonArray(
            Field("manifest_path", 500, "string"), Field("manifest_length", 501, "long"), Field("partition_spec_id", 502, "int"), Field("content", 517, "int"),
            Field("sequence_number", 515, "long"), Field("min_sequence_number", 516, "long"), Field("added_snapshot_id", 503, "long"),
            Field("added_files_count", 504, "int"), Field("existing_files_count", 505, "int"), Field("deleted_files_count", 506, "int"),
            Field("added_rows_count", 512, "long"), Field("existing_rows_count", 513, "long"), Field("deleted_rows_count", 514, "long"),
            OptionalField("partitions", 507, new JsonObject
            {
                ["type"] = "array",
                ["items"] = new JsonObject
                {
                    ["type"] = "record",
                    ["name"] = "r508",
                    ["fields"] = new JsonArray(Field("contains_null", 509, "boolean"), OptionalField("contains_nan", 518, "boolean"), OptionalField("lower_bound", 510, "bytes"), OptionalField("upper_bound", 511, "bytes")),
                },
                ["element-id"] = 508,
            })),
    }.ToJsonString();

    /// <summary>A manifest of files of one partition spec.</summary>
    /// <param name="schema">The table's schema as JSON.</param>
    public static byte[] Write(JsonNode schema, PartitionSpec spec, IReadOnlyCollection<ManifestEntry> entries)
    {
        var content = new AvroWriter();
        foreach (var entry in entries)
        {
            Write(content, entry);
        }

        var metadata = new Dictionary<string, string>
        {
            ["schema"] = schema.ToJsonString(),
            ["partition-spec"] = spec.ToJsonFields().ToJsonString(),
            ["partition-spec-id"] = spec.Id.ToString(CultureInfo.InvariantCulture),
            ["format-version"] = FormatVersion,
            ["content"] = "data",
        };
        return AvroFile.Write(EntrySchema(spec), metadata, entries.Count, content.Written);
    }

    /// <summary>The manifests of a snapshot.</summary>
    public static byte[] WriteList(long snapshotId, long? parentId, long sequence, IReadOnlyCollection<Manifest> manifests)
    {
        var content = new AvroWriter();
        foreach (var m in manifests)
        {
            content.Text(m.Location).Long(m.Bytes).Long(m.SpecId).Long(m.Content).Long(m.Sequence).Long(m.MinSequence).Long(m.SnapshotId)
                .Long(m.Files.Added).Long(m.Files.Existing).Long(m.Files.Deleted).Long(m.Rows.Added).Long(m.Rows.Existing).Long(m.Rows.Deleted)
                .Nullable(m.Partitions.Count == 0 ? null : m.Partitions, ranges => content.Array(ranges, range => content.Bool(range.HasNull).Nullable((long?)null)
                    .Nullable(range.Lower, bytes => content.Bytes(bytes)).Nullable(range.Upper, bytes => content.Bytes(bytes))));
        }

        var metadata = new Dictionary<string, string>
        {
            ["snapshot-id"] = snapshotId.ToString(CultureInfo.InvariantCulture),
            ["parent-snapshot-id"] = parentId?.ToString(CultureInfo.InvariantCulture) ?? "null",
            ["sequence-number"] = sequence.ToString(CultureInfo.InvariantCulture),
            ["format-version"] = FormatVersion,
        };
        return AvroFile.Write(ListSchema, metadata, manifests.Count, content.Written);
    }

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static List<Manifest> ReadList(ReadOnlyMemory<byte> file) => AvroFile.Read(file).Records.ConvertAll(r => new Manifest
    {
        Location = (string)r[500]!,
        Bytes = (long)r[501]!,
        SpecId = (int)r[502]!,
        Content = r.GetValueOrDefault(517) as int? ?? 0,
        Sequence = r.GetValueOrDefault(515) as long? ?? 0,
        MinSequence = r.GetValueOrDefault(516) as long? ?? 0,
        SnapshotId = (long)r[503]!,
        Files = (r.GetValueOrDefault(504) as int? ?? 0, r.GetValueOrDefault(505) as int? ?? 0, r.GetValueOrDefault(506) as int? ?? 0),
        Rows = (r.GetValueOrDefault(512) as long? ?? 0, r.GetValueOrDefault(513) as long? ?? 0, r.GetValueOrDefault(514) as long? ?? 0),
        Partitions = r.GetValueOrDefault(507) is List<object?> ranges
            ? ranges.ConvertAll(p => p is Dictionary<int, object?> range ? new PartitionRange((bool)range[509]!, range.GetValueOrDefault(510) as byte[], range.GetValueOrDefault(511) as byte[]) : throw new InvalidDataException("A partition summary is missing."))
            : [],
    });

    /// <summary>The entries of a manifest; those that it does not say itself take sequence numbers and snapshot from the list's line for it.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static List<ManifestEntry> Read(ReadOnlyMemory<byte> file, Manifest manifest, PartitionSpec spec) => AvroFile.Read(file).Records.ConvertAll(r =>
    {
        var status = (EntryStatus)(int)r[0]!;
        return new ManifestEntry(
            status,
            r.GetValueOrDefault(1) as long? ?? manifest.SnapshotId,
            r.GetValueOrDefault(3) as long? ?? manifest.Sequence,
            r.GetValueOrDefault(4) as long? ?? manifest.Sequence,
            ReadFile((Dictionary<int, object?>)r[2]!, spec));
    });

    /// <summary>The list's line for a manifest that is about to be written.</summary>
    public static Manifest Describe(string location, long bytes, PartitionSpec spec, long snapshotId, long sequence, IReadOnlyCollection<ManifestEntry> entries)
    {
        var live = entries.Where(e => e.Status != EntryStatus.Deleted).ToList();
        return new Manifest
        {
            Location = location,
            Bytes = bytes,
            SpecId = spec.Id,
            Sequence = sequence,
            MinSequence = live.Count == 0 ? sequence : live.Min(e => e.Status == EntryStatus.Added ? sequence : e.Sequence),
            SnapshotId = snapshotId,
            Files = (Count(EntryStatus.Added), Count(EntryStatus.Existing), Count(EntryStatus.Deleted)),
            Rows = (Rows(EntryStatus.Added), Rows(EntryStatus.Existing), Rows(EntryStatus.Deleted)),
            Partitions = [.. spec.Fields.Select((_, i) => Range([.. entries.Select(e => e.File.Partition[i])]))],
        };

        int Count(EntryStatus status) => entries.Count(e => e.Status == status);
        long Rows(EntryStatus status) => entries.Where(e => e.Status == status).Sum(e => e.File.Rows);
    }

    private static PartitionRange Range(IReadOnlyList<object?> values)
    {
        var known = values.OfType<object>().Order(Comparer<object>.Create((a, b) => a is int day ? day.CompareTo((int)b) : string.CompareOrdinal((string)a, (string)b))).ToList();
        return new PartitionRange(
            known.Count < values.Count, known.Count == 0 ? null : SingleValue.OfPartition(known[0]), known.Count == 0 ? null : SingleValue.OfPartition(known[^1]));
    }

    private static void Write(AvroWriter w, ManifestEntry entry)
    {
        var isAdded = entry.Status == EntryStatus.Added;
        var file = entry.File;
        w.Long((int)entry.Status).Nullable(entry.SnapshotId).Nullable(isAdded ? null : entry.Sequence).Nullable(isAdded ? null : entry.FileSequence);
        w.Long(file.Content).Text(file.Location).Text(file.Format);
        foreach (var value in file.Partition)
        {
            w.Nullable(value, v => _ = v is int day ? w.Long(day) : w.Text((string)v));
        }

        w.Long(file.Rows).Long(file.Bytes);
        Map(file.ColumnSizes, v => w.Long(v));
        Map(file.ValueCounts, v => w.Long(v));
        Map(file.NullCounts, v => w.Long(v));
        Map(file.Lower, v => w.Bytes(v));
        Map(file.Upper, v => w.Bytes(v));
        w.Nullable(file.SplitOffsets.Count == 0 ? null : file.SplitOffsets, offsets => w.Array(offsets, o => w.Long(o)));
        w.Nullable(file.SortOrder);

        void Map<T>(IReadOnlyDictionary<int, T> map, Action<T> write) => w.Nullable(map.Count == 0 ? null : map, m => w.Array(m, pair =>
        {
            w.Long(pair.Key);
            write(pair.Value);
        }));
    }

    private static DataFile ReadFile(Dictionary<int, object?> r, PartitionSpec spec)
    {
        var partition = (Dictionary<int, object?>)r[102]!;
        return new DataFile
        {
            Content = r.GetValueOrDefault(134) as int? ?? 0,
            Location = (string)r[100]!,
            Format = (string)r[101]!,
            Partition = [.. spec.Fields.Select(f => partition.GetValueOrDefault(f.FieldId))],
            Rows = (long)r[103]!,
            Bytes = (long)r[104]!,
            ColumnSizes = Map<long>(108, 117, 118),
            ValueCounts = Map<long>(109, 119, 120),
            NullCounts = Map<long>(110, 121, 122),
            Lower = Map<byte[]>(125, 126, 127),
            Upper = Map<byte[]>(128, 129, 130),
            SplitOffsets = r.GetValueOrDefault(132) is List<object?> offsets ? [.. offsets.OfType<long>()] : [],
            SortOrder = r.GetValueOrDefault(140) as int?,
        };

        Dictionary<int, T> Map<T>(int field, int key, int value) => r.GetValueOrDefault(field) is List<object?> pairs
            ? pairs.OfType<Dictionary<int, object?>>().ToDictionary(p => (int)p[key]!, p => (T)p[value]!)
            : [];
    }

    private static string EntrySchema(PartitionSpec spec)
    {
        var partition = spec.Fields.Select(f => (JsonNode)OptionalField(f.Name, f.FieldId, f.Transform == "day" ? new JsonObject { ["type"] = "int", ["logicalType"] = "date" } : "string"));
        var file = new JsonObject
        {
            ["type"] = "record",
            ["name"] = "r2",
            ["fields"] = new JsonArray(
                Field("content", 134, "int"), Field("file_path", 100, "string"), Field("file_format", 101, "string"),
                Field("partition", 102, new JsonObject { ["type"] = "record", ["name"] = "r102", ["fields"] = new JsonArray([.. partition]) }),
                Field("record_count", 103, "long"), Field("file_size_in_bytes", 104, "long"),
                MapField("column_sizes", 108, 117, 118, "long"), MapField("value_counts", 109, 119, 120, "long"), MapField("null_value_counts", 110, 121, 122, "long"),
                MapField("lower_bounds", 125, 126, 127, "bytes"), MapField("upper_bounds", 128, 129, 130, "bytes"),
                OptionalField("split_offsets", 132, new JsonObject { ["type"] = "array", ["items"] = "long", ["element-id"] = 133 }),
                OptionalField("sort_order_id", 140, "int")),
        };
        return new JsonObject
        {
            ["type"] = "record",
            ["name"] = "manifest_entry",
            ["fields"] = new JsonArray(
                Field("status", 0, "int"), OptionalField("snapshot_id", 1, "long"), OptionalField("sequence_number", 3, "long"), OptionalField("file_sequence_number", 4, "long"), Field("data_file", 2, file)),
        }.ToJsonString();
    }

    private static JsonObject Field(string name, int id, JsonNode type) => new() { ["name"] = name, ["type"] = type, ["field-id"] = id };

    private static JsonObject OptionalField(string name, int id, JsonNode type) => new() { ["name"] = name, ["type"] = new JsonArray("null", type), ["default"] = null, ["field-id"] = id };

    // A map with keys that are no text: Avro knows none, so it is an array of pairs that says what it stands for.
    private static JsonObject MapField(string name, int id, int key, int value, string type) => OptionalField(name, id, new JsonObject
    {
        ["type"] = "array",
        ["items"] = new JsonObject { ["type"] = "record", ["name"] = $"k{key}_v{value}", ["fields"] = new JsonArray(Field("key", key, "int"), Field("value", value, type)) },
        ["logicalType"] = "map",
    });
}
