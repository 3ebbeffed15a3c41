using System.Buffers.Binary;
using System.Text;

namespace SmartCity.Lake.Relay;

/// <summary>A message of the Postgres protocol, with its head. Only its beginning is there if it is too long to be kept.</summary>
internal readonly record struct Message(ReadOnlyMemory<byte> Bytes, int Missing)
{
    public const int HeadBytes = 5;

    public char Type => (char)Bytes.Span[0];

    public ReadOnlyMemory<byte> Body => Bytes[HeadBytes..];

    public Message Copy() => new(Bytes.ToArray(), Missing);
}

/// <summary>Reads the body of a message.</summary>
internal ref struct BodyReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte()
    {
        var value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public short Int16()
    {
        var value = BinaryPrimitives.ReadInt16BigEndian(_rest);
        _rest = _rest[sizeof(short)..];
        return value;
    }

    public int Int32()
    {
        var value = BinaryPrimitives.ReadInt32BigEndian(_rest);
        _rest = _rest[sizeof(int)..];
        return value;
    }

    public ReadOnlySpan<byte> Bytes(int count)
    {
        var value = _rest[..count];
        _rest = _rest[count..];
        return value;
    }

    public string Text()
    {
        var end = _rest.IndexOf((byte)0);
        var value = Encoding.UTF8.GetString(_rest[..end]);
        _rest = _rest[(end + 1)..];
        return value;
    }
}
