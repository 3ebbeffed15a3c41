using System.Text.Json.Nodes;
using CsCheck;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Tests.Lake;

public sealed class AvroTests
{
    private static readonly PartitionSpec Spec = new(3, [new PartitionField(1000, 2, "at_day", "day"), new PartitionField(1001, 4, "station", "identity")]);

    [Fact]
    public void Numbers_of_every_size_come_back()
    {
        Gen.Long.Array.Sample(values =>
        {
            var writer = new AvroWriter();
            Array.ForEach(values, v => writer.Long(v));
            var reader = new AvroReader(writer.Written);
            return Array.TrueForAll(values, v => reader.Long() == v) && reader.IsAtEnd;
        });
        Assert.Equal([0x01], new AvroWriter().Long(-1).Written.ToArray());
        Assert.Equal([0x80, 0x01], new AvroWriter().Long(64).Written.ToArray());
    }

    [Fact]
    public void Every_type_that_other_writers_use_is_read()
    {
        var schema = JsonNode.Parse(
            """
            {"type":"record","name":"r","fields":[
              {"name":"a","type":["null","string"],"field-id":1},
              {"name":"b","type":{"type":"array","items":{"type":"record","name":"pair","fields":[{"name":"key","type":"int","field-id":2},{"name":"value","type":"bytes","field-id":3}]},"logicalType":"map"},"field-id":4},
              {"name":"c","type":"pair","field-id":5},
              {"name":"d","type":{"type":"fixed","name":"f","size":2},"field-id":6},
              {"name":"e","type":{"type":"map","values":"boolean"},"field-id":7},
              {"name":"f","type":{"type":"enum","name":"en","symbols":["x","y"]},"field-id":8},
              {"name":"g","type":"float","field-id":9},
              {"name":"h","type":"double","field-id":10},
              {"name":"without an id","type":"long"}]}
            """)!;
        var writer = new AvroWriter().Long(1).Text("é");
        writer.Long(-1).Long(5).Long(7).Bytes([1, 2]).Long(0); // an array in a block that says its size
        writer.Long(9).Bytes([3]).Raw([4, 5]).Long(1).Text("yes").Bool(true).Long(0).Long(1).Float(1.5f).Double(-2.5).Long(99);

        var record = (Dictionary<int, object?>)new AvroReader(writer.Written).Read(schema)!;

        Assert.Equal("é", record[1]);
        var pair = Assert.IsType<Dictionary<int, object?>>(Assert.Single(Assert.IsType<List<object?>>(record[4])));
        Assert.Equal(7, pair[2]);
        Assert.Equal(9, ((Dictionary<int, object?>)record[5]!)[2]);
        Assert.Equal([4, 5], Assert.IsType<byte[]>(record[6]));
        Assert.Equal(true, ((Dictionary<string, object?>)record[7]!)["yes"]);
        Assert.Equal(("y", 1.5f, -2.5), ((string)record[8]!, (float)record[9]!, (double)record[10]!));
        Assert.Equal(8, record.Count);
    }

    [Fact]
    public void A_manifest_says_the_same_when_it_is_read_again()
    {
        var added = new DataFile
        {
            Location = "file:///lake/data/a.parquet",
            Partition = [20152, "london-a1"],
            Rows = 7,
            Bytes = 1234,
            ColumnSizes = new Dictionary<int, long> { [1] = 10, [2] = 20 },
            ValueCounts = new Dictionary<int, long> { [1] = 7 },
            NullCounts = new Dictionary<int, long> { [1] = 1 },
            Lower = new Dictionary<int, byte[]> { [2] = SingleValue.Of(1L) },
            Upper = new Dictionary<int, byte[]> { [2] = SingleValue.Of(2L), [4] = SingleValue.Of("london-a1") },
            SplitOffsets = [4],
            SortOrder = 1,
        };
        var bare = new DataFile { Location = "s3://b/c", Partition = [20152, null], Rows = 1, Bytes = 2 };
        List<ManifestEntry> entries = [new(EntryStatus.Added, 5, 9, 9, added), new(EntryStatus.Existing, 3, 2, 1, bare), new(EntryStatus.Deleted, 5, 4, 4, bare)];

        var file = ManifestFiles.Write(JsonNode.Parse("""{"type":"struct","schema-id":0,"fields":[]}""")!, Spec, entries);
        var described = ManifestFiles.Describe("s3://b/m.avro", file.Length, Spec, 5, 9, entries);
        var listed = Assert.Single(ManifestFiles.ReadList(ManifestFiles.WriteList(5, null, 9, [described])));
        var read = ManifestFiles.Read(file, listed, Spec);

        Assert.Equal((1, 1, 1), listed.Files);
        Assert.Equal((7, 1, 1), listed.Rows);
        Assert.Equal((9, 2, 3), (listed.Sequence, listed.MinSequence, listed.SpecId));
        Assert.Equal(SingleValue.Of(20152), listed.Partitions[0].Lower);
        Assert.Equal((true, "london-a1"), (listed.Partitions[1].HasNull, System.Text.Encoding.UTF8.GetString(listed.Partitions[1].Upper!)));
        Assert.Equal(entries.Select(e => (e.Status, e.SnapshotId, e.Sequence, e.FileSequence, e.File.Location)), read.Select(e => (e.Status, e.SnapshotId, e.Sequence, e.FileSequence, e.File.Location)));
        Assert.Equivalent(added, read[0].File, strict: true);
        Assert.Equivalent(bare, read[1].File, strict: true);
    }

    [Fact]
    public void A_damaged_file_is_refused_wherever_it_is_cut_off()
    {
        var whole = ManifestFiles.WriteList(1, null, 1, [ManifestFiles.Describe("s3://b/m.avro", 1, Spec, 1, 1, [])]);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.True(IsRefused(whole[..length]), $"{length} of {whole.Length} bytes were read as if they were whole.");
        }

        Assert.True(IsRefused([.. whole[..^1], (byte)~whole[^1]]));

        // A header alone is a file without records.
        static bool IsRefused(byte[] file)
        {
            try
            {
                return ManifestFiles.ReadList(file).Count == 0;
            }
            catch (Exception e) when (e is InvalidDataException or System.Text.Json.JsonException)
            {
                return true;
            }
        }
    }

    [Theory]
    [InlineData("AB00XYZ-a-rather-long-plate", "AB00XYZ-a-rather", "AB00XYZ-a-rathes")]
    [InlineData("short", "short", "short")]
    [InlineData("éééééééééééééééé-", "éééééééééééééééé", "éééééééééééééééê")]
    public void Bounds_of_long_texts_are_short_and_hold(string value, string lower, string upper)
    {
        Assert.Equal((lower, upper), (SingleValue.LowerText(value), SingleValue.UpperText(value)));
        Assert.True(string.CompareOrdinal(lower, value) <= 0 && string.CompareOrdinal(upper, value) >= 0);
    }

    [Fact]
    public void A_text_above_which_there_is_nothing_has_no_upper_bound() => Assert.Null(SingleValue.UpperText(string.Concat(Enumerable.Repeat("\U0010FFFF", 17))));
}
