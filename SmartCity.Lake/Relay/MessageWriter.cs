using System.Buffers.Binary;
using System.Text;

namespace SmartCity.Lake.Relay;

/// <summary>Puts messages of the Postgres protocol together.</summary>
internal sealed class MessageWriter
{
    private byte[] _buffer = new byte[4096];
    private int _messageAt = -1;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Takes back what was written after this length.</summary>
    public void Cut(int length) => Length = length;

    public MessageWriter Begin(char type)
    {
        _messageAt = Length;
        return Byte((byte)type).Int32(0);
    }

    public MessageWriter End()
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_messageAt + 1), Length - _messageAt - 1);
        return this;
    }

    public MessageWriter Byte(byte value)
    {
        Space(1)[0] = value;
        return this;
    }

    public MessageWriter Int16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(Space(sizeof(short)), value);
        return this;
    }

    public MessageWriter Int32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Space(sizeof(int)), value);
        return this;
    }

    public MessageWriter Int64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(Space(sizeof(long)), value);
        return this;
    }

    public MessageWriter Raw(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Space(value.Length));
        return this;
    }

    /// <summary>A text that ends with a zero.</summary>
    public MessageWriter Text(string value) => Utf8(value).Byte(0);

    public MessageWriter Utf8(string value)
    {
        Encoding.UTF8.GetBytes(value, Space(Encoding.UTF8.GetByteCount(value)));
        return this;
    }

    /// <summary>A value with its length before it.</summary>
    public MessageWriter Counted(string value) => Int32(Encoding.UTF8.GetByteCount(value)).Utf8(value);

    /// <summary>An error, as Postgres writes one.</summary>
    public MessageWriter Error(string state, string message, string? hint = null, string severity = "ERROR")
    {
        Begin('E').Byte((byte)'S').Text(severity).Byte((byte)'V').Text(severity).Byte((byte)'C').Text(state).Byte((byte)'M').Text(message);
        if (hint is not null)
        {
            Byte((byte)'H').Text(hint);
        }

        return Byte(0).End();
    }

    private Span<byte> Space(int count)
    {
        if (_buffer.Length < Length + count)
        {
            Array.Resize(ref _buffer, Math.Max(Length + count, _buffer.Length * 2));
        }

        var space = _buffer.AsSpan(Length, count);
        Length += count;
        return space;
    }
}
