using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace SmartCity.Core.Lake.Iceberg;

/// <summary>
/// Reads values in Avro's binary encoding by the schema that they were written with, whoever wrote them. A record becomes a dictionary by its fields'
/// <c>field-id</c>; fields without one are read over. An array becomes a list, a map of Avro's own a dictionary by text.
/// </summary>
internal sealed class AvroReader(ReadOnlyMemory<byte> bytes)
{
    private readonly Dictionary<string, JsonObject> _named = new(StringComparer.Ordinal);
    private int _at;

    public bool IsAtEnd => _at >= bytes.Length;

    /// <exception cref="InvalidDataException">The bytes end too early or are no such value.</exception>
    public object? Read(JsonNode schema) => schema switch
    {
        JsonArray union => Read(Branch(union)),
        JsonObject type => ReadComplex(type),
        _ => ReadNamed(schema.GetValue<string>()),
    };

    public long Long()
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)(value >> 1) ^ -(long)(value & 1);
            }

            shift += 7;
            if (shift > 63)
            {
                throw new InvalidDataException("A number of the Avro file is longer than 64 bits.");
            }
        }
    }

    public byte[] Bytes() => Take(Long()).ToArray();

    public string Text() => Encoding.UTF8.GetString(Take(Long()));

    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > bytes.Length - _at)
        {
            throw new InvalidDataException("The Avro file ends in the middle of a value.");
        }

        var taken = bytes.Span.Slice(_at, (int)count);
        _at += (int)count;
        return taken;
    }

    private JsonNode Branch(JsonArray union)
    {
        var index = Long();
        return index >= 0 && index < union.Count ? union[(int)index]! : throw new InvalidDataException($"The Avro file names branch {index} of a union of {union.Count}.");
    }

    private object? ReadNamed(string type) => type switch
    {
        "null" => null,
        "boolean" => Take(1)[0] != 0,
        "int" => (int)Long(),
        "long" => Long(),
        "float" => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float))),
        "double" => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double))),
        "bytes" => Bytes(),
        "string" => Text(),
        _ => _named.TryGetValue(type, out var known) ? ReadComplex(known) : throw new InvalidDataException($"The Avro schema names a type {type} that it does not define."),
    };

    private object? ReadComplex(JsonObject schema)
    {
        if (schema["name"] is { } name && schema["fields"] is not null | schema["size"] is not null)
        {
            _named[name.GetValue<string>()] = schema;
        }

        switch (schema["type"])
        {
            case JsonArray or JsonObject:
                return Read(schema["type"]!);
            case { } type when type.GetValue<string>() == "record":
                return Record(schema);
            case { } type when type.GetValue<string>() == "array":
                return Items(() => Read(schema["items"]!));
            case { } type when type.GetValue<string>() == "map":
                var map = new Dictionary<string, object?>(StringComparer.Ordinal);
                Items(() => map[Text()] = Read(schema["values"]!));
                return map;
            case { } type when type.GetValue<string>() == "fixed":
                return Take(schema["size"]!.GetValue<int>()).ToArray();
            case { } type when type.GetValue<string>() == "enum":
                return schema["symbols"]![(int)Long()]!.GetValue<string>();
            case { } type:
                return ReadNamed(type.GetValue<string>());
            default:
                throw new InvalidDataException("The Avro schema has a type without a name.");
        }
    }

    private Dictionary<int, object?> Record(JsonObject schema)
    {
        var record = new Dictionary<int, object?>();
        foreach (var field in schema["fields"]!.AsArray())
        {
            var value = Read(field!["type"]!);
            if (field["field-id"] is { } id)
            {
                record[id.GetValue<int>()] = value;
            }
        }

        return record;
    }

    private List<object?> Items(Func<object?> read)
    {
        var items = new List<object?>();
        for (var count = Long(); count != 0; count = Long())
        {
            // A block that says its size too has a negative count.
            if (count < 0)
            {
                count = -count;
                Long();
            }

            for (var i = 0L; i < count; i++)
            {
                items.Add(read());
            }
        }

        return items;
    }
}
