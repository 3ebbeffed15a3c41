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

/// <summary>Reads the body of a message. What ends too early is an <see cref="InvalidDataException"/>.</summary>
internal ref struct BodyReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte()
    {
        return Bytes(1)[0];
    }

    public short Int16()
    {
        return BinaryPrimitives.ReadInt16BigEndian(Bytes(sizeof(short)));
    }

    public int Int32()
    {
        return BinaryPrimitives.ReadInt32BigEndian(Bytes(sizeof(int)));
    }

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > _rest.Length)
        {
            throw new InvalidDataException("insufficient data left in message");
        }

        var value = _rest[..count];
        _rest = _rest[count..];
        return value;
    }

    public string Text()
    {
        var end = _rest.IndexOf((byte)0);
        var value = Encoding.UTF8.GetString(Bytes(end));
        _rest = _rest[1..];
        return value;
    }

    /// <summary>Whether a text that was read was UTF-8 without zeros; Postgres refuses any other.</summary>
    public static bool IsSound(string text) => !text.AsSpan().ContainsAny('\0', '\uFFFD');
}
