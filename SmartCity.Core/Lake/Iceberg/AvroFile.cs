using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace SmartCity.Core.Lake.Iceberg;

/// <summary>
/// Avro's container: a header with the schema, then blocks of records. Written here because the .NET library drops attributes of a schema that readers
/// of Iceberg need (<c>logicalType: map</c> on an array). Codecs: <c>deflate</c> and <c>null</c>.
/// </summary>
internal static class AvroFile
{
    private const int SyncBytes = 16;
    private const string SchemaKey = "avro.schema";
    private const string CodecKey = "avro.codec";

    private static readonly byte[] Magic = [(byte)'O', (byte)'b', (byte)'j', 1];

    /// <summary>A file of one block.</summary>
    /// <param name="metadata">What stands in the header beside the schema and the codec.</param>
    public static byte[] Write(string schema, IReadOnlyDictionary<string, string> metadata, long records, ReadOnlyMemory<byte> content)
    {
        var sync = RandomNumberGenerator.GetBytes(SyncBytes);
        var header = new AvroWriter();
        header.Raw(Magic);
        header.Array([.. metadata, new(SchemaKey, schema), new(CodecKey, "deflate")], entry => header.Text(entry.Key).Bytes(Encoding.UTF8.GetBytes(entry.Value)));
        header.Raw(sync);
        if (records > 0)
        {
            header.Long(records).Bytes(Deflate(content.Span)).Raw(sync);
        }

        return header.Written.ToArray();
    }

    /// <exception cref="InvalidDataException">It is no Avro file, or not whole; the message does not name it.</exception>
    public static (IReadOnlyDictionary<string, string> Metadata, List<Dictionary<int, object?>> Records) Read(ReadOnlyMemory<byte> file)
    {
        var reader = new AvroReader(file);
        if (!reader.Take(Magic.Length).SequenceEqual(Magic))
        {
            throw new InvalidDataException("It is not an Avro file.");
        }

        var metadata = Metadata(reader);
        var schema = JsonNode.Parse(metadata[SchemaKey])!;
        var codec = metadata.GetValueOrDefault(CodecKey, "null");
        if (codec is not ("null" or "deflate"))
        {
            throw new InvalidDataException($"Its Avro codec is {codec}; deflate and null are read. Set the table's property write.avro.compression-codec to gzip.");
        }

        var sync = reader.Take(SyncBytes).ToArray();
        var records = new List<Dictionary<int, object?>>();
        while (!reader.IsAtEnd)
        {
            var count = reader.Long();
            var block = reader.Bytes();
            if (!reader.Take(SyncBytes).SequenceEqual(sync))
            {
                throw new InvalidDataException("A block of the Avro file does not end where it should.");
            }

            var content = new AvroReader(codec == "deflate" ? Inflate(block) : block);
            for (var i = 0L; i < count; i++)
            {
                records.Add((Dictionary<int, object?>)content.Read(schema)!);
            }
        }

        return (metadata, records);
    }

    private static Dictionary<string, string> Metadata(AvroReader reader)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var map = new JsonObject { ["type"] = "map", ["values"] = "bytes" };
        foreach (var (key, value) in (Dictionary<string, object?>)reader.Read(map)!)
        {
            metadata[key] = Encoding.UTF8.GetString((byte[])value!);
        }

        return metadata.ContainsKey(SchemaKey) ? metadata : throw new InvalidDataException("The Avro file has no schema.");
    }

    private static byte[] Deflate(ReadOnlySpan<byte> content)
    {
        using var target = new MemoryStream();
        using (var deflate = new DeflateStream(target, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(content);
        }

        return target.ToArray();
    }

    private static byte[] Inflate(byte[] block)
    {
        using var deflate = new DeflateStream(new MemoryStream(block), CompressionMode.Decompress);
        using var target = new MemoryStream();
        deflate.CopyTo(target);
        return target.ToArray();
    }
}
