using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SmartCity.Core.Lake.Iceberg;

/// <summary>Values in Avro's binary encoding, one after the other in the order of the schema that the caller follows.</summary>
internal sealed class AvroWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    /// <summary>An int or a long: zigzag, seven bits a byte.</summary>
    public AvroWriter Long(long value)
    {
        var rest = (ulong)((value << 1) ^ (value >> 63));
        var span = _bytes.GetSpan(10);
        var length = 0;
        for (; rest > 0x7F; rest >>= 7)
        {
            span[length++] = (byte)(rest | 0x80);
        }

        span[length++] = (byte)rest;
        _bytes.Advance(length);
        return this;
    }

    public AvroWriter Bool(bool value)
    {
        _bytes.Write([value ? (byte)1 : (byte)0]);
        return this;
    }

    public AvroWriter Float(float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(sizeof(float)), value);
        _bytes.Advance(sizeof(float));
        return this;
    }

    public AvroWriter Double(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(sizeof(double)), value);
        _bytes.Advance(sizeof(double));
        return this;
    }

    public AvroWriter Bytes(ReadOnlySpan<byte> value)
    {
        Long(value.Length);
        _bytes.Write(value);
        return this;
    }

    public AvroWriter Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    /// <summary>Bytes whose length the schema says.</summary>
    public AvroWriter Raw(ReadOnlySpan<byte> value)
    {
        _bytes.Write(value);
        return this;
    }

    /// <summary>A union of null and another type, in this order.</summary>
    public AvroWriter Nullable<T>(T? value, Action<T> write)
        where T : class
    {
        Long(value is null ? 0 : 1);
        if (value is not null)
        {
            write(value);
        }

        return this;
    }

    /// <inheritdoc cref="Nullable{T}(T, Action{T})"/>
    public AvroWriter Nullable(long? value)
    {
        Long(value is null ? 0 : 1);
        return value is { } known ? Long(known) : this;
    }

    /// <summary>An array in one block.</summary>
    public AvroWriter Array<T>(IReadOnlyCollection<T> items, Action<T> write)
    {
        if (items.Count > 0)
        {
            Long(items.Count);
            foreach (var item in items)
            {
                write(item);
            }
        }

        return Long(0);
    }
}
